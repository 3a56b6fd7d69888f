/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `protostar init`: the first node of a cluster gets its disk's key, and what it needs to be the
 * service, from an operator's machine.
 */
#ifndef TOOLS_OPERATOR_INIT_H
#define TOOLS_OPERATOR_INIT_H

#include "tools/operator/process.h"
#include "tools/serve/keys/key_link.h"

struct init_request {
	struct operator_options common; /* first: its rows' struct */
	const char *state, *policy;
	struct key_place keys; /* without kek: in the state folder */
};

struct init_result {
	struct dialled node;
	uint8_t service_pin[32];
};

/*
 * Makes what is missing of the state folder, runs the exchange and keeps its record there. Can be
 * given again after any end of it, with the same folder.
 */
struct failure init_node(const struct init_request *r, const struct key_pair *key,
	struct init_result *out) MUST_CHECK;

extern const struct command init_command;

#endif
