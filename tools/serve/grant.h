/*
 * Giving a key and taking its commit: the two places where the store changes.
 */
#ifndef TOOLS_SERVE_GRANT_H
#define TOOLS_SERVE_GRANT_H

#include "tools/serve/exchange.h"

/*
 * Judges binding once more inside a transaction, stores node and disk, writes the audit line, and
 * then the GRANT. `activated`: the node has just proven that EK and AK are in one TPM. 0, or the
 * code of a denial with *why for the log; then nothing was stored and reply is as it was.
 */
uint16_t grant_key(struct exchange *x, struct service *s, bool activated, struct wire_writer *reply,
	struct why *why) MUST_CHECK;

/* Stores what the node committed. 0, or the code of a denial; then nothing was stored. */
uint16_t grant_commit(struct exchange *x, struct service *s, const struct msg_commit *commit,
	struct why *why) MUST_CHECK;

#endif
