/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exchange with one join service, from its HELLO to its ACK (early/contract/PROTOCOL.md,
 * section 5).
 */
#ifndef EARLY_JOIN_JOIN_EXCHANGE_H
#define EARLY_JOIN_JOIN_EXCHANGE_H

#include "early/boot.h"
#include "early/join/peer.h"

/*
 * Answers the message that waits in p, gets the grant, prepares the state disk and commits. On
 * success the disk is open, not yet mounted, and b holds what was granted. On failure the disk may
 * be open; a DENY sets *out_retry_after_ms. Where the protocol lets the node speak, the service is
 * told of a failure by ABORT.
 */
struct status join_exchange(
	struct boot *b, struct peer *p, uint32_t *out_retry_after_ms) MUST_CHECK;

#endif
