/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage join: proves to a join service what has booted, receives the disk key, prepares the state
 * disk with it, commits, and mounts. Rounds over all endpoints, with back-off, until one succeeds,
 * a final answer comes or protostar.join.timeout has passed.
 */
#include <string.h>
#include <time.h>

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

static void sleep_ms(uint32_t ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&t, &t))
		;
}

/* One round: the quickest service, and the whole exchange with it. */
static struct status join_once(
	struct boot *b, struct race *race, uint64_t deadline_ms, uint32_t *out_retry_after_ms)
{
	struct peer *service;
	struct status s;

	*out_retry_after_ms = 0;
	TRY(race_run(race, &b->config, deadline_ms, &service));
	s = join_exchange(b, service, out_retry_after_ms);
	race_close(race);
	if (failed(s))
		state_disk_close();
	return s;
}

/* Waits before the next round; false when there is no time for one. */
static bool wait_for_round(
	struct status cause, unsigned round, uint32_t retry_after_ms, uint64_t deadline_ms)
{
	uint32_t ms;

	if (failed(backoff_ms(round, &ms)))
		return false;
	if (retry_after_ms > ms)
		ms = retry_after_ms;
	if (clock_ms() + ms >= deadline_ms)
		return false;
	console_say("retry E%u phase=join %s%s in %ums", cause.code, error_text(cause.code),
		console_detail_note(), ms);
	sleep_ms(ms);
	return true;
}

struct status stage_join(struct boot *b)
{
	static struct race race;
	uint64_t deadline_ms = clock_ms() + (uint64_t)b->config.join_timeout_s * 1000;
	struct status s, before = OK;
	uint32_t retry_after_ms;

	for (unsigned round = 0;; round++, before = s) {
		s = join_once(b, &race, deadline_ms, &retry_after_ms);
		if (!failed(s))
			return state_disk_mount(b);
		/* The end of the time is no reason of its own: the round before it had one. */
		if (s.code == E_JOIN_NO_TIME && failed(before))
			return before;
		if (!race_worth_retrying(&race, s, retry_after_ms))
			return s;
		if (!wait_for_round(s, round, retry_after_ms, deadline_ms))
			return s;
	}
}
