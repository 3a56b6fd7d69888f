/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a TCG2 crypto-agile event log (TCG PC Client Platform Firmware Profile, section 10) and
 * replays it into PCR values. A confidential VM's log (UEFI specification 2.10, 38.4; where the
 * ACPI table CCEL points) is the same format with other registers: the log of a TDX guest names
 * measurement registers (1 is RTMR 0) in the field for the PCR and ends where 0xFF bytes begin.
 *
 * The older form (TCG EFI Platform Specification 1.22, section 7) is read too: records with one
 * SHA-1 digest each, and no header that names algorithms. It leads to values of the SHA-1 bank and
 * no other. A log of either form may lie in a larger area: zeros or 0xFF bytes from the last record
 * to the end are no records.
 *
 * The log comes from an untrusted machine. Only its digests prove something, and only once a replay
 * of them has led to PCR values that somebody trusted has signed. Event types and event data can be
 * invented. Nothing here allocates: every span borrows from the buffer given, and every length in
 * the log is compared with the bytes that are left before it is used.
 *
 * Order: event_log_open() or event_log_open_cc(), then event_log_next() until it says END or BAD,
 * or one of the replays, which read to the end. After a failure event_log_flaw() says at which byte
 * and why.
 */
#ifndef TOOLS_LIB_EVENT_LOG_H
#define TOOLS_LIB_EVENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "crypto/digest.h"
#include "tools/lib/flaw.h"

#define EVENT_LOG_BYTES_MAX  (1u << 20)
#define EVENT_LOG_EVENTS_MAX 4096u
#define EVENT_LOG_ALGS_MAX   8u
#define EVENT_LOG_PCRS	     24u
#define EVENT_LOG_RTMRS	     4u
#define EVENT_LOG_RTMR_LEN   48u /* SHA-384, the only bank there is */

/* The two event types that a replay has to know; all others are only shown. */
#define EVENT_NO_ACTION 0x00000003u
#define EVENT_SEPARATOR 0x00000004u

enum event_log_step { EVENT_LOG_EVENT, EVENT_LOG_END, EVENT_LOG_BAD };

struct event_digest {
	uint16_t alg;	     /* TPM_ALG_ID */
	const uint8_t *data; /* as many bytes as the log's header says for alg */
	size_t len;
};

struct event {
	size_t offset; /* of the event in the log */
	/* In a confidential VM's log the register: 0 is MRTD, which no event extends, 1 RTMR 0. */
	uint32_t pcr;
	uint32_t type;
	struct event_digest digests[EVENT_LOG_ALGS_MAX];
	size_t digest_count;
	const uint8_t *data; /* the event's own text; not covered by the digest in general */
	size_t data_len;
};

struct event_log {
	const uint8_t *bytes;
	size_t len;
	size_t pos;
	unsigned events; /* read so far, the header not counted */
	struct {
		uint16_t alg;
		uint16_t len;
	} algs[EVENT_LOG_ALGS_MAX];
	size_t alg_count;
	bool cc;	  /* a confidential VM's log */
	bool older;	  /* in the older form: SHA-1 alone */
	struct flaw flaw; /* reason NULL: none */
	bool cut;	  /* refused because the bytes end inside an event */
};

/*
 * Starts reading len bytes, 1..EVENT_LOG_BYTES_MAX, and checks the header event. The bytes must
 * outlive the log. False when this is no log: neither a crypto-agile one, nor one that begins with
 * a record of the older form.
 */
bool event_log_open(struct event_log *log, const uint8_t *bytes, size_t len) MUST_CHECK;
/* The same for a confidential VM's log, whose only algorithm is SHA-384. */
bool event_log_open_cc(struct event_log *log, const uint8_t *bytes, size_t len) MUST_CHECK;
/* Whether the first record says that it is a confidential VM's log: it names register 1, not 0. */
bool event_log_is_cc(const uint8_t *bytes, size_t len);
/* The next event. *out is written with EVENT_LOG_EVENT only. After BAD every call says BAD. */
enum event_log_step event_log_next(struct event_log *log, struct event *out) MUST_CHECK;
/* The event's digest in one algorithm; NULL when it has none. */
const struct event_digest *event_digest_in(const struct event *e, uint16_t alg);
/* At which byte and event (the header is none) and why; reason NULL while all is well. */
const struct flaw *event_log_flaw(const struct event_log *log);
/* The reason alone. */
const char *event_log_problem(const struct event_log *log);

/* What a log in the older form is, for people: to be followed by what does not work with it. */
#define EVENT_LOG_OLDER "in the older form of TPM 1.2, which has SHA-1 digests alone"

struct event_replay {
	uint16_t bank;
	size_t digest_len; /* bytes of each value */
	uint8_t pcr[EVENT_LOG_PCRS][DIGEST_MAX];
	uint32_t extended; /* bit n: the log has events for PCR n */
	unsigned events;
};

/*
 * Replays the events that are left of an open log in one bank. PCRs without events get their value
 * after a reset: ones for 17 to 22, zeros for the others, with the start-up locality in PCR 0 (TPM
 * 2.0 Part 1, 11.6). False for a malformed log and for an event without a digest in the bank;
 * event_log_flaw() then says why.
 */
bool event_log_replay_rest(
	struct event_log *log, uint16_t bank, struct event_replay *out) MUST_CHECK;
/* Opens and replays a whole log of PCRs; *problem is the reason of the flaw. */
bool event_log_replay(const uint8_t *bytes, size_t len, uint16_t bank, struct event_replay *out,
	const char **problem) MUST_CHECK;

struct event_cc_replay {
	uint8_t rtmr[EVENT_LOG_RTMRS][EVENT_LOG_RTMR_LEN];
	uint32_t extended; /* bit n: the log has events for RTMR n */
	unsigned events;
};

/*
 * Replays the events that are left of a log opened with event_log_open_cc(). RTMRs begin as zeros
 * and know no start-up locality: TDX has no such thing, so an event that states one changes
 * nothing, like every EV_NO_ACTION. False as above.
 */
bool event_log_replay_cc(struct event_log *log, struct event_cc_replay *out) MUST_CHECK;

#endif
