/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one turn of the event loop works on: connections that are watched, have a deadline, or are
 * given up. Private to server.c, which runs the turns, and acceptor.c, which takes new connections.
 */
#ifndef TOOLS_SERVE_NET_LOOP_H
#define TOOLS_SERVE_NET_LOOP_H

#include "tools/serve/net/deadlines.h"
#include "tools/serve/net/limits.h"
#include "tools/serve/join/service.h"

struct server {
	struct service *service;
	const char *policy_path;
	struct server_limits limits;
	int epoll, listen, signals;
	bool listening; /* false while file descriptors are short, and at the end */
	bool draining;
	uint64_t drain_until_ms;
	struct slots *slots;
	struct deadline_list steps, commits, endings;
	struct list_node ready;	  /* connections with work that no event will tell of */
	struct list_node dropped; /* closed when the events of this turn are all done */
};

/* Begins or stops to take new connections. */
void loop_listen(struct server *s, bool on);
/* After a connection came in or moved on: its stage, its deadline, the event that it waits for. */
void loop_settle(struct server *s, struct connection *c);
/* Gives a connection up. Its memory stays until the turn ends: an event for it may be waiting. */
void loop_drop(struct server *s, struct connection *c);
/* Writes why a connection is given up, once its time is up or its slot is needed. */
void loop_log(struct server *s, enum refusal reason, const struct connection *c);
/* Releases what was given up; nothing may hold on to it any more. */
void loop_close_dropped(struct server *s);

#endif
