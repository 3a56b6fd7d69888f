/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All endpoints of the configuration tried at once, and operators listened to beside them; the
 * first that says a whole message wins, the others are closed. An endpoint that never answers
 * delays nobody.
 *
 * Order: race_open() once, rounds of race_run() with race_end() after each winner, race_close().
 */
#ifndef EARLY_JOIN_RACE_H
#define EARLY_JOIN_RACE_H

#include "early/join/listen.h"
#include "early/join/peer.h"

struct race {
	struct peer peers[CONFIG_SERVICES_MAX];
	struct listener listener;
	/* After a failure: each endpoint answered with another key, and nobody else can come. */
	bool every_pin_differs;
};

/* When operators are let in follows from the configuration and the time. */
void race_open(struct race *r, const struct config *config);
/*
 * Runs one round, until until_ms at the latest. With `dial` it tries the services, and is over when
 * the last of them has failed; without, or where there are none, it waits for an operator.
 * *out_winner is open and has its first message ready (peer_frame). On failure the status is that
 * of the endpoint that failed last, E_JOIN_NO_TIME or E_JOIN_NO_OPERATOR; the services' peers are
 * closed then, and those that operators may have made go on in the next round.
 */
struct status race_run(struct race *r, const struct config *config, bool dial, uint64_t until_ms,
	struct peer **out_winner) MUST_CHECK;
/* Closes the winner. The listener goes on. */
void race_end(struct race *r);
/* Closes whatever is open. */
void race_close(struct race *r);
/*
 * Whether time may heal what a round, or the exchange after it, ended with: as the tables of errors
 * say. Of its own denials the service decides by the time that it names, 0 for none, whether this
 * node knows their codes or not.
 */
bool race_worth_retrying(const struct race *r, struct status cause, uint32_t retry_after_ms);

#endif
