/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All endpoints of the configuration tried at once; the first service that says a whole message
 * wins, the others are closed. An endpoint that never answers delays nobody.
 */
#ifndef EARLY_JOIN_RACE_H
#define EARLY_JOIN_RACE_H

#include "early/join/peer.h"

struct race {
	struct peer peers[CONFIG_SERVICES_MAX];
	bool every_pin_differs; /* after a failure: each endpoint answered with another key */
};

/*
 * Runs one round, until deadline_ms at the latest. *out_winner is open and has its first message
 * ready (peer_frame). On failure all peers are closed and the status is that of the endpoint that
 * failed last.
 */
struct status race_run(struct race *r, const struct config *config, uint64_t deadline_ms,
	struct peer **out_winner) MUST_CHECK;
/* Closes whatever is open. */
void race_close(struct race *r);
/*
 * Whether time may heal what a round, or the exchange after it, ended with: as the tables of errors
 * say. Of its own denials the service decides by the time that it names, 0 for none, whether this
 * node knows their codes or not.
 */
bool race_worth_retrying(const struct race *r, struct status cause, uint32_t retry_after_ms);

#endif
