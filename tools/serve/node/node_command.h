/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of `protostar node`: what looks (node_show.c), what changes (node_change.c) and what
 * copies (node_backup.c). Private to this room. Each works beside a running service: the store's
 * transactions keep them apart.
 */
#ifndef TOOLS_SERVE_NODE_NODE_COMMAND_H
#define TOOLS_SERVE_NODE_NODE_COMMAND_H

#include "tools/serve/join/state.h"

struct node_request {
	const char *state; /* folder */
	const char *kek;   /* file; NULL: in the state folder */
	bool json;
	bool full;	   /* whole names in the list */
	const char *name;  /* of a node or disk, or a folder: the first word behind the verb */
	const char *other; /* the second; NULL when there is none */
};

struct failure node_list(const struct node_request *r) MUST_CHECK;
struct failure node_show(const struct node_request *r) MUST_CHECK;
struct failure node_forget(const struct node_request *r) MUST_CHECK;
struct failure node_rebind(const struct node_request *r) MUST_CHECK;
struct failure node_accept(const struct node_request *r) MUST_CHECK;
struct failure node_allow_format(const struct node_request *r) MUST_CHECK;
struct failure node_backup(const struct node_request *r) MUST_CHECK;

/* Opens the store of the request's folder. */
struct failure node_store(
	const struct node_request *r, enum store_mode mode, struct store **out) MUST_CHECK;

#endif
