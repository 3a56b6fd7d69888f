/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs of `protostar node` that change something share; private to this room. */
#ifndef TOOLS_SERVE_NODE_NODE_WORD_H
#define TOOLS_SERVE_NODE_NODE_WORD_H

#include "tools/serve/node/node_command.h"

#define NODE_DIGITS_MIN 8u /* of a name's beginning: a slip must not hit another node */
#define NODE_NAME_HEX	(2 * TPM_NAME_LEN + 1)
#define NODE_DISK_HEX	(2 * DISK_ID_LEN + 1)

/* Puts down what was done, for the audit record. */
__attribute__((format(printf, 3, 4))) struct failure node_put_change(
	struct store *s, const char *what, const char *format, ...) MUST_CHECK;
/* Opens the store of the request's folder, and does `act` in one transaction of it. */
struct failure node_in_transaction(const struct node_request *r,
	struct failure (*act)(struct store *s, const struct node_request *r)) MUST_CHECK;

#endif
