/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/event_log.h"

#include <string.h>
#include "efi/base/cursor.h"
#include "tools/lib/ccel.h"

#define SPEC_ID_SIGNATURE  "Spec ID Event03" /* NUL included: 16 bytes */
#define SPEC_ID_LEN	   16u
#define NO_ACTION_REGISTER 0xFFFFFFFFu /* the profile lets EV_NO_ACTION name no PCR */
#define CC_END		   0xFFFFFFFFu /* where a register would stand: nothing follows */
#define CC_FIRST	   1u	       /* the register that a CC log's header names, and RTMR 0 */
#define RECORD_HEAD	   8u	       /* register and type: with what every record begins */

static const char is_text[] =
	"this is text, and a log is binary: give the file that was made into text "
	"(/sys/kernel/security/tpm0/binary_bios_measurements)";
static const char is_table[] =
	"this is the ACPI table: the log itself is /sys/firmware/acpi/tables/data/CCEL";
static const char no_log[] =
	"this is no event log: it begins neither with a crypto-agile header nor with a record of "
	"the older form (the log is /sys/kernel/security/tpm0/binary_bios_measurements, or a TDX "
	"guest's /sys/firmware/acpi/tables/data/CCEL)";

/* The first flaw stays. at is where reading stopped, within the log's bytes. */
static bool refuse(struct event_log *log, const struct cursor *c, const char *reason)
{
	uint64_t at = (uint64_t)(c->at - log->bytes);

	if (log->flaw.reason)
		return false;
	return log->pos ? flaw_in_part(&log->flaw, at, "event", log->events + 1, reason)
			: flaw_at(&log->flaw, at, reason);
}

const struct flaw *event_log_flaw(const struct event_log *log)
{
	return &log->flaw;
}

const char *event_log_problem(const struct event_log *log)
{
	return log->flaw.reason;
}

/*
 * What is left of an area that is larger than its log: firmware fills it beforehand with zeros or
 * ones. No record begins so: zeros would be an event of the reserved type 0, ones no register. A
 * few bytes may be a record that was cut, and are not taken for it.
 */
static bool is_filler(const struct cursor *c)
{
	if (c->left < RECORD_HEAD || (c->at[0] != 0 && c->at[0] != 0xff))
		return false;
	for (size_t i = 1; i < c->left; i++)
		if (c->at[i] != c->at[0])
			return false;
	return true;
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
	uint32_t count = (uint32_t)cursor_little_endian(c, 4);

	if (c->failed || count == 0 || count > EVENT_LOG_ALGS_MAX)
		return refuse(log, c, "the header names no digest algorithm or too many");
	for (uint32_t i = 0; i < count; i++) {
		uint16_t alg = (uint16_t)(uint32_t)cursor_little_endian(c, 2);
		uint16_t len = (uint16_t)(uint32_t)cursor_little_endian(c, 2);
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

	cursor_take(&c, SPEC_ID_LEN + 4 + 1); /* signature, platform class, minor version */
	if ((uint32_t)cursor_little_endian(&c, 1) != 2)
		return refuse(log, &c, "the header is of another specification than TPM 2.0");
	cursor_take(&c, 1 + 1); /* errata, width of the platform's integers */
	if (!read_algorithms(log, &c))
		return false;
	cursor_take(&c, (uint32_t)cursor_little_endian(&c, 1)); /* vendor information */
	if (c.failed || c.left)
		return refuse(log, &c, "the header's length does not fit its contents");
	return true;
}

static bool looks_like_text(const uint8_t *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && i < 16 && (bytes[i] == '\n' || (bytes[i] >= ' ' && bytes[i] <= '~')))
		i++;
	return i > 3 && (i == len || i == 16);
}

static bool refuse_start(struct event_log *log)
{
	const struct cursor start = {log->bytes, log->len, false};

	if (ccel_table_is(log->bytes, log->len))
		return refuse(log, &start, is_table);
	return refuse(log, &start, looks_like_text(log->bytes, log->len) ? is_text : no_log);
}

/* The older form has no header: its first record is an event, if it can be one. */
static bool open_older(struct event_log *log, uint32_t pcr, uint32_t type)
{
	if (pcr >= EVENT_LOG_PCRS && (pcr != NO_ACTION_REGISTER || type != EVENT_NO_ACTION))
		return refuse_start(log);
	log->older = true;
	log->algs[0].alg = DIGEST_SHA1;
	log->algs[0].len = (uint16_t)digest_len(DIGEST_SHA1);
	log->alg_count = 1;
	return true;
}

/* The header is a record of the older form; which register it names extends nothing. */
static bool read_header(struct event_log *log)
{
	struct cursor c = {log->bytes, log->len, false};
	uint32_t pcr, type, size;
	const uint8_t *data;

	if (log->len > EVENT_LOG_BYTES_MAX)
		return refuse(log, &c, "the log is larger than 1 MiB");
	if (is_filler(&c))
		return refuse(log, &c, "the log is empty: there are zeros or 0xFF bytes alone");
	pcr = (uint32_t)cursor_little_endian(&c, 4);
	type = (uint32_t)cursor_little_endian(&c, 4);
	cursor_take(&c, digest_len(DIGEST_SHA1));
	size = (uint32_t)cursor_little_endian(&c, 4);
	data = cursor_take(&c, size);
	if (c.failed && type == EVENT_NO_ACTION)
		return refuse(log, &c, "the log ends inside its header");
	if (c.failed)
		return refuse_start(log);
	if (type != EVENT_NO_ACTION || size < SPEC_ID_LEN ||
		memcmp(data, SPEC_ID_SIGNATURE, SPEC_ID_LEN) != 0)
		return open_older(log, pcr, type);
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

	return (uint32_t)cursor_little_endian(&c, 4) == CC_FIRST &&
	       (uint32_t)cursor_little_endian(&c, 4) == EVENT_NO_ACTION;
}

static bool read_older_digest(struct event_log *log, struct cursor *c, struct event *e)
{
	size_t len = digest_len(DIGEST_SHA1);
	const uint8_t *data = cursor_take(c, len);

	if (!data)
		return refuse(log, c, "the log ends inside an event");
	e->digests[e->digest_count++] = (struct event_digest){DIGEST_SHA1, data, len};
	return true;
}

static bool read_digests(struct event_log *log, struct cursor *c, struct event *e)
{
	uint32_t count;

	if (log->older)
		return read_older_digest(log, c, e);
	count = (uint32_t)cursor_little_endian(c, 4);

	/* What extends nothing needs none; some firmware leaves them out there. */
	if (c->failed || (count == 0 && e->type != EVENT_NO_ACTION) || count > log->alg_count)
		return refuse(log, c, "an event has no digest or more than the header allows");
	for (uint32_t i = 0; i < count; i++) {
		uint16_t alg = (uint16_t)(uint32_t)cursor_little_endian(c, 2);
		size_t len = alg_len(log, alg);
		const uint8_t *data;

		if (c->failed || !len)
			return refuse(log, c, "an event has a digest the header does not name");
		if (event_digest_in(e, alg))
			return refuse(log, c, "an event has two digests of one algorithm");
		data = cursor_take(c, len);
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
	e->pcr = (uint32_t)cursor_little_endian(c, 4);
	e->type = (uint32_t)cursor_little_endian(c, 4);
	if (!c->failed && !e->pcr && !e->type)
		return refuse(log, &start, "zeros stand where a record should begin");
	if (!read_digests(log, c, e))
		return false;
	e->data_len = (uint32_t)cursor_little_endian(c, 4);
	e->data = cursor_take(c, e->data_len);
	if (c->failed)
		return refuse(log, c, "the log ends inside an event");
	if (!register_exists(log, e))
		return refuse(log, &start,
			log->cc ? "an event names a register that firmware cannot extend"
				: "an event names a PCR that does not exist");
	return true;
}

static bool at_end(const struct event_log *log, const struct cursor *c)
{
	struct cursor ahead = *c;

	return c->left == 0 || (log->cc && (uint32_t)cursor_little_endian(&ahead, 4) == CC_END) ||
	       is_filler(c);
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
