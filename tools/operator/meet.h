/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An exchange with one node, begun by the operator's side: dials until the node answers and the
 * exchange has come to an end that waiting does not change.
 */
#ifndef TOOLS_OPERATOR_MEET_H
#define TOOLS_OPERATOR_MEET_H

#include "tools/serve/net/dialled.h"

struct meeting {
	struct sockaddr_in6 node;
	uint64_t wait_s;	    /* how long it may take until there is a grant */
	const struct key_pair *key; /* that the node pins: TLS is the key's alone */
};

/*
 * Runs the exchange by `s`, whose purpose says which; s->tls is made of the meeting's key and gone
 * again afterwards. No failure: the node has committed, and *out tells of it. What a failure says
 * is why not, and what to do.
 */
struct failure meet(const struct meeting *m, struct service *s, struct dialled *out) MUST_CHECK;

#endif
