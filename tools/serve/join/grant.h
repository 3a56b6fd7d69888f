/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving a key and taking its commit: the two places where the store changes.
 */
#ifndef TOOLS_SERVE_JOIN_GRANT_H
#define TOOLS_SERVE_JOIN_GRANT_H

#include "tools/serve/join/exchange_data.h"

/*
 * Judges binding once more inside a transaction, stores node and disk, writes the audit line, and
 * then the GRANT. `activated`: the node has just proven that EK and AK are in one TPM. After a
 * denial nothing was stored and reply is as it was.
 */
struct denial grant_key(struct exchange *x, struct service *s, bool activated,
	struct wire_writer *reply) MUST_CHECK;

/* Stores what the node committed; nothing after a denial. */
struct denial grant_commit(
	struct exchange *x, struct service *s, const struct msg_commit *commit) MUST_CHECK;

#endif
