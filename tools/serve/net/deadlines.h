/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deadlines of connections. All connections in one list have the same allowance, so the list is in
 * the order of its deadlines by itself: adding, removing and finding the first take constant time
 * however many thousands wait.
 */
#ifndef TOOLS_SERVE_NET_DEADLINES_H
#define TOOLS_SERVE_NET_DEADLINES_H

#include "tools/serve/log/clock.h"
#include "tools/serve/net/connection_data.h"

struct deadline_list {
	uint64_t allowance_ms;
	struct list_node members; /* the next to end stands first */
};

void deadline_list_open(struct deadline_list *list, uint64_t allowance_ms);
/* Moves the connection to the end of a list, out of the one it is in, with a fresh deadline. */
void deadline_set(struct deadline_list *list, struct connection *c, uint64_t now);
/* The connection whose deadline is next; NULL in an empty list. */
struct connection *deadline_next(const struct deadline_list *list);

#endif
