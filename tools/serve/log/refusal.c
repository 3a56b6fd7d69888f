/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/log/refusal.h"

#include "tools/serve/log/clock.h"

/* Lines a minute. Denials tell most, and cost who causes them a whole handshake. */
#define LINES_MOST   5u
#define DENIALS_MOST 20u

static const struct {
	const char *name, *text;
} reasons[REFUSALS] = {
	[REFUSAL_SOURCE_FULL] = {"source-full",
		"every place of its address is held by a node whose TPM or disk is at work: raise "
		"--max-per-source"},
	[REFUSAL_PLACES_FULL] = {"places-full",
		"every place is held by a node whose TPM or disk is at work: raise "
		"--max-connections"},
	[REFUSAL_NO_FILES] = {"no-files", "no file descriptor was left: raise RLIMIT_NOFILE"},
	[REFUSAL_NO_MEMORY] = {"no-memory", "no memory was left for it"},
	[REFUSAL_GAVE_WAY_SOURCE] = {"gave-way-to-its-source",
		"it had proven nothing, and its address had more connections than "
		"--max-per-source"},
	[REFUSAL_GAVE_WAY] = {"gave-way",
		"it had proven nothing, and there were more connections than --max-connections"},
	[REFUSAL_SILENT] = {"silent", "it sent nothing in time"},
	[REFUSAL_HANDSHAKE_LATE] = {"handshake-late", "it did not finish its handshake in time"},
	[REFUSAL_EVIDENCE_LATE] = {"evidence-late", "it did not send its evidence in time"},
	[REFUSAL_PROOF_LATE] = {"proof-late", "it did not answer the challenge in time"},
	[REFUSAL_COMMIT_LATE] = {"commit-late", "it did not commit what it was granted in time"},
	[REFUSAL_UNREAD] = {"unread", "it did not read its answer in time"},
	[REFUSAL_CUT] = {"cut", "it closed the connection, or the network did"},
	[REFUSAL_BY_PEER] = {"refused-by-peer", "it refused the service in the handshake"},
	[REFUSAL_NOT_TLS] = {"not-tls", "what it sent is no TLS"},
	[REFUSAL_TLS13_ONLY] = {"tls13-only",
		"it speaks TLS 1.3 only, and the join protocol is TLS 1.2"},
	[REFUSAL_TLS_TOO_OLD] = {"tls-too-old", "it speaks no TLS 1.2, which the join protocol is"},
	[REFUSAL_NOTHING_COMMON] = {"nothing-common",
		"it offers no cipher suite, group or signature of the join protocol"},
	[REFUSAL_NO_ALPN] = {"no-alpn", "it does not say which protocol it speaks (ALPN)"},
	[REFUSAL_OTHER_ALPN] = {"other-alpn", "it speaks another protocol (ALPN)"},
	[REFUSAL_NO_CERTIFICATE] = {"no-certificate", "it sent no certificate"},
	[REFUSAL_BAD_CERTIFICATE] = {"bad-certificate", "its certificate is not of the protocol"},
	[REFUSAL_BROKEN_TLS] = {"broken-tls", "what it sent is not TLS as it must be"},
	[REFUSAL_DENIED] = {"denied", "denied"},
	[REFUSAL_ALARM] = {"alarm", "it came with what is another node's"},
	[REFUSAL_ABORTED] = {"aborted", "the node gave up"},
};

bool refusal_count(struct refusals *r, enum refusal reason)
{
	bool tells = reason == REFUSAL_DENIED || reason == REFUSAL_ALARM;
	unsigned most = tells ? DENIALS_MOST : LINES_MOST;

	return line_limit_take(&r->limits[reason], most, now_ms());
}

uint64_t refusal_total(const struct refusals *r, enum refusal reason)
{
	return r->limits[reason].total;
}

void refusal_log(struct refusals *r, struct log *log, enum refusal reason, const char *peer,
	const char *detail)
{
	struct log_line l;

	if (!refusal_count(r, reason))
		return;
	log_begin(log, &l, "refused");
	log_text(&l, "peer", peer);
	log_text(&l, "reason", reasons[reason].name);
	log_number(&l, "count", r->limits[reason].total);
	log_text(&l, "text", reasons[reason].text);
	if (detail)
		log_text(&l, "detail", detail);
	log_end(log, &l);
}

void refusals_sum_up(struct refusals *r, struct log *log)
{
	uint64_t now = now_ms();

	for (unsigned i = 0; i < REFUSALS; i++) {
		uint64_t left_out = line_limit_end(&r->limits[i], now);
		struct log_line l;

		if (!left_out)
			continue;
		log_begin(log, &l, "refused-more");
		log_text(&l, "reason", reasons[i].name);
		log_number(&l, "left_out", left_out);
		log_number(&l, "count", r->limits[i].total);
		log_end(log, &l);
	}
}

uint64_t refusals_due(const struct refusals *r)
{
	uint64_t first = UINT64_MAX;

	for (unsigned i = 0; i < REFUSALS; i++)
		if (line_limit_due(&r->limits[i]) < first)
			first = line_limit_due(&r->limits[i]);
	return first;
}
