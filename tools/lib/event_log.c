#include "tools/lib/event_log.h"

#include <string.h>

#define SPEC_ID_SIGNATURE "Spec ID Event03" /* NUL included: 16 bytes */
#define SPEC_ID_LEN	  16u
#define LOCALITY_TEXT	  "StartupLocality" /* NUL included: 16 bytes */
#define LOCALITY_TEXT_LEN 16u
#define PCR_OF_NO_ACTION  0xFFFFFFFFu /* the profile lets EV_NO_ACTION name no PCR */

/* A little-endian cursor whose failure sticks, so that fields read as a list. */
struct cursor {
	const uint8_t *bytes;
	size_t left;
	bool failed;
};

static const uint8_t *take(struct cursor *c, size_t n)
{
	const uint8_t *at = c->bytes;

	if (c->failed || n > c->left) {
		c->failed = true;
		return NULL;
	}
	c->bytes += n;
	c->left -= n;
	return at;
}

static uint32_t take_number(struct cursor *c, size_t width)
{
	const uint8_t *b = take(c, width);
	uint32_t v = 0;

	for (size_t i = 0; b && i < width; i++)
		v |= (uint32_t)b[i] << (8 * i);
	return v;
}

static bool refuse(struct event_log *log, const char *problem)
{
	if (!log->problem)
		log->problem = problem;
	return false;
}

const char *event_log_problem(const struct event_log *log)
{
	return log->problem;
}

static size_t alg_len(const struct event_log *log, uint16_t alg)
{
	for (size_t i = 0; i < log->alg_count; i++)
		if (log->algs[i].alg == alg)
			return log->algs[i].len;
	return 0;
}

/* TCG_EfiSpecIDEvent: which digest algorithms the events carry, and how long each digest is. */
static bool read_algorithms(struct event_log *log, struct cursor *c)
{
	uint32_t count = take_number(c, 4);

	if (c->failed || count == 0 || count > EVENT_LOG_ALGS_MAX)
		return refuse(log, "the header names no digest algorithm or too many");
	for (uint32_t i = 0; i < count; i++) {
		uint16_t alg = (uint16_t)take_number(c, 2);
		uint16_t len = (uint16_t)take_number(c, 2);
		size_t known = digest_len(alg);

		if (c->failed || len == 0 || len > DIGEST_MAX || (known && known != len))
			return refuse(log, "the header gives a digest algorithm a wrong length");
		if (alg_len(log, alg))
			return refuse(log, "the header names a digest algorithm twice");
		log->algs[log->alg_count].alg = alg;
		log->algs[log->alg_count].len = len;
		log->alg_count++;
	}
	return true;
}

static bool read_spec_id(struct event_log *log, const uint8_t *data, size_t len)
{
	struct cursor c = {data, len, false};
	const uint8_t *signature = take(&c, SPEC_ID_LEN);

	if (!signature || memcmp(signature, SPEC_ID_SIGNATURE, SPEC_ID_LEN) != 0)
		return refuse(log, "the log does not begin with a crypto-agile header");
	take(&c, 4 + 1); /* platform class, minor version */
	if (take_number(&c, 1) != 2)
		return refuse(log, "the header is of another specification than TPM 2.0");
	take(&c, 1 + 1); /* errata, width of the platform's integers */
	if (!read_algorithms(log, &c))
		return false;
	take(&c, take_number(&c, 1)); /* vendor information */
	if (c.failed || c.left)
		return refuse(log, "the header's length does not fit its contents");
	return true;
}

bool event_log_open(struct event_log *log, const uint8_t *bytes, size_t len)
{
	struct cursor c = {bytes, len, false};
	uint32_t size;
	const uint8_t *data;

	memset(log, 0, sizeof(*log));
	log->bytes = bytes;
	log->len = len;
	if (len > EVENT_LOG_BYTES_MAX)
		return refuse(log, "the log is larger than 1 MiB");
	take(&c, 4); /* the header's PCR index extends nothing */
	if (take_number(&c, 4) != EVENT_NO_ACTION)
		return refuse(log, "the log does not begin with a crypto-agile header");
	take(&c, 20); /* a SHA-1 digest of zeros */
	size = take_number(&c, 4);
	data = take(&c, size);
	if (c.failed)
		return refuse(log, "the log ends inside its header");
	if (!read_spec_id(log, data, size))
		return false;
	log->pos = len - c.left;
	return true;
}

static bool read_digests(struct event_log *log, struct cursor *c, struct event *e)
{
	uint32_t count = take_number(c, 4);

	if (c->failed || count == 0 || count > log->alg_count)
		return refuse(log, "an event has no digest or more than the header allows");
	for (uint32_t i = 0; i < count; i++) {
		uint16_t alg = (uint16_t)take_number(c, 2);
		size_t len = alg_len(log, alg);
		const uint8_t *data;

		if (c->failed || !len)
			return refuse(log, "an event has a digest the header does not name");
		if (event_digest_in(e, alg))
			return refuse(log, "an event has two digests of one algorithm");
		data = take(c, len);
		if (!data)
			return refuse(log, "the log ends inside an event");
		e->digests[e->digest_count++] = (struct event_digest){alg, data, len};
	}
	return true;
}

enum event_log_step event_log_next(struct event_log *log, struct event *out)
{
	struct cursor c = {log->bytes + log->pos, log->len - log->pos, false};
	struct event e = {0};

	if (log->problem)
		return EVENT_LOG_BAD;
	if (c.left == 0)
		return EVENT_LOG_END;
	if (log->events == EVENT_LOG_EVENTS_MAX) {
		refuse(log, "the log has more than 4096 events");
		return EVENT_LOG_BAD;
	}
	e.pcr = take_number(&c, 4);
	e.type = take_number(&c, 4);
	if (!read_digests(log, &c, &e))
		return EVENT_LOG_BAD;
	e.data_len = take_number(&c, 4);
	e.data = take(&c, e.data_len);
	if (c.failed) {
		refuse(log, "the log ends inside an event");
		return EVENT_LOG_BAD;
	}
	if (e.pcr >= EVENT_LOG_PCRS && !(e.type == EVENT_NO_ACTION && e.pcr == PCR_OF_NO_ACTION)) {
		refuse(log, "an event names a PCR that does not exist");
		return EVENT_LOG_BAD;
	}
	log->pos = log->len - c.left;
	log->events++;
	*out = e;
	return EVENT_LOG_EVENT;
}

const struct event_digest *event_digest_in(const struct event *e, uint16_t alg)
{
	for (size_t i = 0; i < e->digest_count; i++)
		if (e->digests[i].alg == alg)
			return &e->digests[i];
	return NULL;
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
		return refuse(log, "the start-up locality comes after the first event of PCR 0");
	if (locality != 0 && locality != 3 && locality != 4)
		return refuse(log, "the start-up locality is not 0, 3 or 4");
	r->pcr[0][r->digest_len - 1] = locality;
	return true;
}

static bool replay_event(struct event_log *log, const struct event *e, struct event_replay *r)
{
	const struct event_digest *digest = event_digest_in(e, r->bank);

	if (e->type == EVENT_NO_ACTION)
		return replay_no_action(log, e, r);
	if (!digest)
		return refuse(log, "an event has no digest in the bank asked for");
	if (!pcr_extend(r->bank, r->pcr[e->pcr], digest->data))
		return refuse(log, "the bank asked for is not supported");
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

bool event_log_replay(const uint8_t *bytes, size_t len, uint16_t bank, struct event_replay *out,
	const char **problem)
{
	struct event_log log;
	struct event_replay replay;
	struct event e;
	enum event_log_step step = EVENT_LOG_BAD;
	bool good = event_log_open(&log, bytes, len);

	replay_reset(&replay, bank);
	if (good && !alg_len(&log, bank))
		good = refuse(&log, "the log carries no digests of the bank asked for");
	if (good && !replay.digest_len)
		good = refuse(&log, "the bank asked for is not supported");
	while (good && (step = event_log_next(&log, &e)) == EVENT_LOG_EVENT)
		good = replay_event(&log, &e, &replay);
	if (!good || step == EVENT_LOG_BAD) {
		*problem = event_log_problem(&log);
		return false;
	}
	*out = replay;
	return true;
}
