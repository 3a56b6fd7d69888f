#include "tools/lib/event_log.h"

#include <string.h>

#define SPEC_ID_SIGNATURE  "Spec ID Event03" /* NUL included: 16 bytes */
#define SPEC_ID_LEN	   16u
#define NO_ACTION_REGISTER 0xFFFFFFFFu /* the profile lets EV_NO_ACTION name no PCR */
#define CC_END		   0xFFFFFFFFu /* where a register would stand: nothing follows */
#define CC_FIRST	   1u	       /* the register that a CC log's header names, and RTMR 0 */

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

/* The first flaw stays. at is where reading stopped, within the log's bytes. */
static bool refuse(struct event_log *log, const struct cursor *c, const char *reason)
{
	if (!log->flaw.reason)
		flaw_at(&log->flaw, (uint64_t)(c->bytes - log->bytes), reason);
	return false;
}

const struct flaw *event_log_flaw(const struct event_log *log)
{
	return &log->flaw;
}

const char *event_log_problem(const struct event_log *log)
{
	return log->flaw.reason;
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
		return refuse(log, c, "the header names no digest algorithm or too many");
	for (uint32_t i = 0; i < count; i++) {
		uint16_t alg = (uint16_t)take_number(c, 2);
		uint16_t len = (uint16_t)take_number(c, 2);
		size_t known = digest_len(alg);

		if (c->failed || len == 0 || len > DIGEST_MAX || (known && known != len))
			return refuse(log, c, "the header gives a digest algorithm a wrong length");
		if (alg_len(log, alg))
			return refuse(log, c, "the header names a digest algorithm twice");
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
		return refuse(log, &c, "the log does not begin with a crypto-agile header");
	take(&c, 4 + 1); /* platform class, minor version */
	if (take_number(&c, 1) != 2)
		return refuse(log, &c, "the header is of another specification than TPM 2.0");
	take(&c, 1 + 1); /* errata, width of the platform's integers */
	if (!read_algorithms(log, &c))
		return false;
	take(&c, take_number(&c, 1)); /* vendor information */
	if (c.failed || c.left)
		return refuse(log, &c, "the header's length does not fit its contents");
	return true;
}

/* The header is a record of the older format; which register it names extends nothing. */
static bool read_header(struct event_log *log)
{
	struct cursor c = {log->bytes, log->len, false};
	uint32_t size;
	const uint8_t *data;

	if (log->len > EVENT_LOG_BYTES_MAX)
		return refuse(log, &c, "the log is larger than 1 MiB");
	take(&c, 4);
	if (take_number(&c, 4) != EVENT_NO_ACTION)
		return refuse(log, &c, "the log does not begin with a crypto-agile header");
	take(&c, 20); /* a SHA-1 digest of zeros */
	size = take_number(&c, 4);
	data = take(&c, size);
	if (c.failed)
		return refuse(log, &c, "the log ends inside its header");
	if (!read_spec_id(log, data, size))
		return false;
	log->pos = log->len - c.left;
	return true;
}

bool event_log_open(struct event_log *log, const uint8_t *bytes, size_t len)
{
	memset(log, 0, sizeof(*log));
	log->bytes = bytes;
	log->len = len;
	return read_header(log);
}

bool event_log_open_cc(struct event_log *log, const uint8_t *bytes, size_t len)
{
	struct cursor start = {bytes, len, false};

	if (!event_log_open(log, bytes, len))
		return false;
	log->cc = true;
	if (log->alg_count != 1 || log->algs[0].alg != DIGEST_SHA384)
		return refuse(log, &start, "a confidential VM's log has SHA-384 digests alone");
	return true;
}

bool event_log_is_cc(const uint8_t *bytes, size_t len)
{
	struct cursor c = {bytes, len, false};

	return take_number(&c, 4) == CC_FIRST && take_number(&c, 4) == EVENT_NO_ACTION;
}

static bool read_digests(struct event_log *log, struct cursor *c, struct event *e)
{
	uint32_t count = take_number(c, 4);

	if (c->failed || count == 0 || count > log->alg_count)
		return refuse(log, c, "an event has no digest or more than the header allows");
	for (uint32_t i = 0; i < count; i++) {
		uint16_t alg = (uint16_t)take_number(c, 2);
		size_t len = alg_len(log, alg);
		const uint8_t *data;

		if (c->failed || !len)
			return refuse(log, c, "an event has a digest the header does not name");
		if (event_digest_in(e, alg))
			return refuse(log, c, "an event has two digests of one algorithm");
		data = take(c, len);
		if (!data)
			return refuse(log, c, "the log ends inside an event");
		e->digests[e->digest_count++] = (struct event_digest){alg, data, len};
	}
	return true;
}

/* MRTD is closed before firmware runs: a log can name it, but nothing extends it. */
static bool register_exists(const struct event_log *log, const struct event *e)
{
	if (!log->cc)
		return e->pcr < EVENT_LOG_PCRS ||
		       (e->type == EVENT_NO_ACTION && e->pcr == NO_ACTION_REGISTER);
	return e->pcr < CC_FIRST + EVENT_LOG_RTMRS &&
	       (e->pcr >= CC_FIRST || e->type == EVENT_NO_ACTION);
}

static bool read_event(struct event_log *log, struct cursor *c, struct event *e)
{
	struct cursor start = *c;

	if (log->events == EVENT_LOG_EVENTS_MAX)
		return refuse(log, c, "the log has more than 4096 events");
	e->offset = log->pos;
	e->pcr = take_number(c, 4);
	e->type = take_number(c, 4);
	if (!read_digests(log, c, e))
		return false;
	e->data_len = take_number(c, 4);
	e->data = take(c, e->data_len);
	if (c->failed)
		return refuse(log, c, "the log ends inside an event");
	if (!register_exists(log, e))
		return refuse(log, &start,
			log->cc ? "an event names a register that firmware cannot extend"
				: "an event names a PCR that does not exist");
	return true;
}

/* The log's area is larger than the log: firmware fills it with ones beforehand. */
static bool at_end(const struct event_log *log, const struct cursor *c)
{
	struct cursor ahead = *c;

	return c->left == 0 || (log->cc && take_number(&ahead, 4) == CC_END);
}

enum event_log_step event_log_next(struct event_log *log, struct event *out)
{
	struct cursor c;
	struct event e = {0};

	if (log->flaw.reason)
		return EVENT_LOG_BAD;
	c = (struct cursor){log->bytes + log->pos, log->len - log->pos, false};
	if (at_end(log, &c))
		return EVENT_LOG_END;
	if (!read_event(log, &c, &e)) {
		log->cut = c.failed;
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
