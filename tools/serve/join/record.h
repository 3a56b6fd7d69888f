/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is written down about an exchange: the audit record's lines and the log's. Neither ever
 * holds a secret; the functions here see none.
 */
#ifndef TOOLS_SERVE_JOIN_RECORD_H
#define TOOLS_SERVE_JOIN_RECORD_H

#include "tools/serve/join/exchange_data.h"

/* A grant: node, disk, keys' version, quoted PCRs. Durable. */
struct failure record_grant(struct service *s, const struct exchange *x) MUST_CHECK;
/* A commit, with the MAC and generation to be stored. Durable. */
struct failure record_commit(
	struct service *s, const struct exchange *x, const struct store_disk *disk) MUST_CHECK;
/*
 * What operators did with `protostar node` since the last call: a durable line each, and out of the
 * store in the caller's transaction.
 */
struct failure record_changes(struct service *s) MUST_CHECK;
/*
 * The line of that number, the last grant or commit, did not come true: the store has not taken it.
 * Durable; what cannot be written now is written before any other line.
 */
void record_void(struct service *s, uint64_t of);
/* A grant that is on record and did not leave: its connection ended first. */
void record_unsent(struct service *s, const struct exchange *x);
/*
 * A denial or a node's ABORT. Goes to disk with the next durable record at the latest. Recorded
 * only when the evidence named node and disk, and within denial_budget.h, but for what ends a
 * grant. The log has those of other evidence too, within refusal.h.
 */
void record_denial(struct service *s, const struct exchange *x, const struct denial *d);
void record_abort(struct service *s, const struct exchange *x, uint16_t node_code);

/* Puts the record's last line into the store, in the caller's transaction. */
struct failure record_position(struct service *s) MUST_CHECK;
/* Lets the audit record go on in a new file when somebody has moved the old one away. */
void record_reopen(struct service *s);

#endif
