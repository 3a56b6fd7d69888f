/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage join: proves to a join service what has booted, receives the disk key, prepares the state
 * disk with it, commits, and mounts. Rounds over all endpoints, with back-off, until one succeeds,
 * a final answer comes or protostar.join.timeout has passed. An operator may come in between.
 */
#include "crypto/random.h"
#include "early/boot.h"
#include "early/console.h"
#include "early/clock.h"
#include "early/contract/errors.h"
#include "early/join/join_exchange.h"
#include "early/join/race.h"
#include "early/disk/state_disk.h"

#define BACKOFF_FIRST_MS 250u
#define BACKOFF_LAST_MS	 15000u

/* Half the step and a random part of the other half, so that a thousand nodes do not come at once.
 */
static struct status backoff_ms(unsigned round, uint32_t *out)
{
	uint32_t step = BACKOFF_LAST_MS, jitter;

	if (round < 6)
		step = BACKOFF_FIRST_MS << round;
	TRY(random_bytes(&jitter, sizeof(jitter)));
	*out = step / 2 + jitter % (step / 2 + 1);
	return OK;
}

/* What became of a try. */
struct attempt {
	uint32_t retry_after_ms; /* a service's word; 0: none */
	bool by_operator;
};

/* The quickest service, or else an operator, and the whole exchange with it. */
static struct status join_once(
	struct boot *b, struct race *race, bool dial, uint64_t until_ms, struct attempt *out)
{
	struct peer *peer;
	struct status s;

	*out = (struct attempt){0};
	TRY(race_run(race, &b->config, dial, until_ms, &peer));
	out->by_operator = peer->accepted;
	s = join_exchange(b, peer, &out->retry_after_ms);
	race_end(race);
	if (failed(s))
		state_disk_close();
	return s;
}

/* When the next round begins; false when there is no time for one. */
static bool plan_round(struct status cause, unsigned round, uint32_t retry_after_ms,
	uint64_t deadline_ms, uint64_t *out_ms)
{
	uint32_t ms;

	if (failed(backoff_ms(round, &ms)))
		return false;
	if (retry_after_ms > ms)
		ms = retry_after_ms;
	*out_ms = clock_ms() + ms;
	if (*out_ms >= deadline_ms)
		return false;
	console_say("retry E%u phase=join %s%s in %ums", cause.code, error_text(cause.code),
		console_detail_note(), ms);
	return true;
}

/*
 * Lets the time pass until the next round; only an operator comes in between. True when one has
 * served this node: one that cannot leaves everything as it is.
 */
static bool wait_for_round(struct boot *b, struct race *race, uint64_t round_ms)
{
	struct attempt a;

	while (clock_ms() < round_ms) {
		struct status s = join_once(b, race, false, round_ms, &a);

		if (!failed(s))
			return true;
		if (a.by_operator)
			console_say("operator E%u phase=join %s%s", s.code, error_text(s.code),
				console_detail_note());
	}
	return false;
}

/* Rounds until one of them joins, or fails for good. */
static struct status join_rounds(struct boot *b, struct race *race, uint64_t deadline_ms)
{
	struct status s, before = OK;
	struct attempt a;
	uint64_t next_ms;

	for (unsigned round = 0;; round++, before = s) {
		s = join_once(b, race, true, deadline_ms, &a);
		if (!failed(s))
			return OK;
		/* The end of the time is no reason of its own: the round before it had one. */
		if ((s.code == E_JOIN_NO_TIME || s.code == E_JOIN_NO_OPERATOR) && failed(before))
			return before;
		if (!a.by_operator && !race_worth_retrying(race, s, a.retry_after_ms))
			return s;
		if (!plan_round(s, round, a.retry_after_ms, deadline_ms, &next_ms))
			return s;
		if (wait_for_round(b, race, next_ms))
			return OK;
	}
}

struct status stage_join(struct boot *b)
{
	static struct race race;
	struct status s;

	race_open(&race, &b->config);
	s = join_rounds(b, &race, clock_ms() + (uint64_t)b->config.join_timeout_s * 1000);
	race_close(&race);
	return failed(s) ? s : state_disk_mount(b);
}
