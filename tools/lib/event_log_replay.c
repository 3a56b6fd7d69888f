/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/event_log.h"

#include <string.h>

#define LOCALITY_TEXT	  "StartupLocality" /* NUL included: 16 bytes */
#define LOCALITY_TEXT_LEN 16u
#define CC_FIRST	  1u /* the measurement register that is RTMR 0 */

/* The event that was read last. */
static bool refuse(struct event_log *log, size_t offset, const char *reason)
{
	return log->events ? flaw_in_part(&log->flaw, offset, "event", log->events, reason)
			   : flaw_at(&log->flaw, offset, reason);
}

/* Where TPM2_Startup came from decides PCR 0's first value; the log says so in an event of its own.
 */
static bool replay_no_action(struct event_log *log, const struct event *e, struct event_replay *r)
{
	uint8_t locality;

	if (e->data_len != LOCALITY_TEXT_LEN + 1 ||
		memcmp(e->data, LOCALITY_TEXT, LOCALITY_TEXT_LEN) != 0)
		return true;
	locality = e->data[LOCALITY_TEXT_LEN];
	if (r->extended & 1)
		return refuse(log, e->offset,
			"the start-up locality comes after the first event of PCR 0");
	if (locality != 0 && locality != 3 && locality != 4)
		return refuse(log, e->offset, "the start-up locality is not 0, 3 or 4");
	r->pcr[0][r->digest_len - 1] = locality;
	return true;
}

static bool replay_event(struct event_log *log, const struct event *e, struct event_replay *r)
{
	const struct event_digest *digest = event_digest_in(e, r->bank);

	if (e->type == EVENT_NO_ACTION)
		return replay_no_action(log, e, r);
	if (!digest)
		return refuse(log, e->offset, "an event has no digest in the bank asked for");
	if (!pcr_extend(r->bank, r->pcr[e->pcr], digest->data))
		return refuse(log, e->offset, "the bank asked for is not supported");
	r->extended |= 1u << e->pcr;
	r->events++;
	return true;
}

static void replay_reset(struct event_replay *r, uint16_t bank)
{
	memset(r, 0, sizeof(*r));
	r->bank = bank;
	r->digest_len = digest_len(bank);
	for (size_t pcr = 17; pcr <= 22; pcr++)
		memset(r->pcr[pcr], 0xff, r->digest_len);
}

static bool has_bank(const struct event_log *log, uint16_t bank)
{
	for (size_t i = 0; i < log->alg_count; i++)
		if (log->algs[i].alg == bank)
			return true;
	return false;
}

bool event_log_replay_rest(struct event_log *log, uint16_t bank, struct event_replay *out)
{
	struct event_replay replay;
	struct event e;
	enum event_log_step step;

	replay_reset(&replay, bank);
	if (log->flaw.reason)
		return false;
	if (!has_bank(log, bank))
		return refuse(log, 0,
			log->older ? "the log is " EVENT_LOG_OLDER ": it leads to no value of "
				     "another bank"
				   : "the log carries no digests of the bank asked for");
	if (!replay.digest_len)
		return refuse(log, 0, "the bank asked for is not supported");
	while ((step = event_log_next(log, &e)) == EVENT_LOG_EVENT)
		if (!replay_event(log, &e, &replay))
			return false;
	if (step == EVENT_LOG_BAD)
		return false;
	*out = replay;
	return true;
}

bool event_log_replay(const uint8_t *bytes, size_t len, uint16_t bank, struct event_replay *out,
	const char **problem)
{
	struct event_log log;

	if (event_log_open(&log, bytes, len) && event_log_replay_rest(&log, bank, out))
		return true;
	*problem = event_log_problem(&log);
	return false;
}

static bool replay_cc_event(struct event_log *log, const struct event *e, struct event_cc_replay *r)
{
	const struct event_digest *digest = event_digest_in(e, DIGEST_SHA384);
	uint32_t n = e->pcr - CC_FIRST;

	if (e->type == EVENT_NO_ACTION)
		return true;
	if (!digest || !pcr_extend(DIGEST_SHA384, r->rtmr[n], digest->data))
		return refuse(log, e->offset, "an event has no SHA-384 digest");
	r->extended |= 1u << n;
	r->events++;
	return true;
}

bool event_log_replay_cc(struct event_log *log, struct event_cc_replay *out)
{
	struct event_cc_replay replay = {0};
	struct event e;
	enum event_log_step step;

	if (log->flaw.reason)
		return false;
	if (!log->cc)
		return refuse(log, 0, "the log is not a confidential VM's");
	while ((step = event_log_next(log, &e)) == EVENT_LOG_EVENT)
		if (!replay_cc_event(log, &e, &replay))
			return false;
	if (step == EVENT_LOG_BAD)
		return false;
	*out = replay;
	return true;
}
