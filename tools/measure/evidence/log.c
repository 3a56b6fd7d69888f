/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include "tools/measure/evidence/evidence.h"

#define LOCALITY_TEXT	  "StartupLocality" /* NUL included: 16 bytes */
#define LOCALITY_TEXT_LEN 16u

static void take_event(struct evidence_log *log, const struct event *e, unsigned number)
{
	struct logged_event *out;

	if (log->count == log->capacity) {
		log->capacity = log->capacity ? 2 * log->capacity : 64;
		log->events = must_realloc(log->events, log->capacity, sizeof(*log->events));
	}
	out = &log->events[log->count++];

	*out = (struct logged_event){.reg = e->pcr,
		.type = e->type,
		.number = number,
		.data = e->data,
		.data_len = e->data_len};
	for (size_t i = 0; i < e->digest_count; i++) {
		enum bank bank;

		if (!bank_by_alg(e->digests[i].alg, &bank))
			continue;
		out->banks |= BANK_BIT(bank);
		out->digest[bank] = e->digests[i].data;
	}
	log->banks &= out->banks;
}

/* An event that extends nothing, but may say from where the TPM was started. */
static bool take_locality(struct evidence_log *log, const struct event *e, struct flaw *flaw)
{
	uint8_t locality;

	if (e->data_len != LOCALITY_TEXT_LEN + 1 ||
		memcmp(e->data, LOCALITY_TEXT, LOCALITY_TEXT_LEN) != 0 || log->cc)
		return true;
	locality = e->data[LOCALITY_TEXT_LEN];
	for (size_t i = 0; i < log->count; i++)
		if (log->events[i].reg == 0)
			return flaw_at(flaw, e->offset,
				"the start-up locality comes after the first event of PCR 0");
	if (locality != 0 && locality != 3 && locality != 4)
		return flaw_at(flaw, e->offset, "the start-up locality is not 0, 3 or 4");
	log->locality = locality;
	return true;
}

static unsigned banks_of(const struct event_log *log)
{
	unsigned banks = 0;
	enum bank bank;

	for (size_t i = 0; i < log->alg_count; i++)
		if (bank_by_alg(log->algs[i].alg, &bank))
			banks |= BANK_BIT(bank);
	return banks;
}

bool evidence_log_read(
	struct evidence_log *log, const uint8_t *bytes, size_t len, bool cc, struct flaw *flaw)
{
	struct event_log in;
	struct event e;
	enum event_log_step step = EVENT_LOG_BAD;
	bool good;

	*log = (struct evidence_log){.cc = cc || event_log_is_cc(bytes, len)};
	good = log->cc ? event_log_open_cc(&in, bytes, len) : event_log_open(&in, bytes, len);
	log->banks = banks_of(&in);
	*flaw = (struct flaw){0};
	while (good && (step = event_log_next(&in, &e)) == EVENT_LOG_EVENT) {
		if (e.type == EVENT_NO_ACTION)
			good = take_locality(log, &e, flaw);
		else
			take_event(log, &e, in.events);
	}
	if (good && step == EVENT_LOG_BAD && in.cut && log->count)
		log->cut = in.pos;
	if (good && (step == EVENT_LOG_END || log->cut) && log->banks)
		return true;
	if (!flaw->reason && event_log_flaw(&in)->reason)
		*flaw = *event_log_flaw(&in);
	if (!flaw->reason)
		flaw_at(flaw, 0, "the log's events share no bank that is known here");
	evidence_log_free(log);
	return false;
}

void evidence_log_free(struct evidence_log *log)
{
	free(log->events);
	*log = (struct evidence_log){0};
}

bool evidence_log_open(struct evidence *evidence, const char *path, bool cc)
{
	struct flaw flaw;

	if (!file_map(path, &evidence->log_file))
		return false;
	evidence->log_path = path;
	if (!evidence_log_read(
		    &evidence->log, evidence->log_file.data, evidence->log_file.len, cc, &flaw))
		return flaw_complain(path, &flaw);
	return true;
}

void evidence_free(struct evidence *evidence)
{
	evidence_log_free(&evidence->log);
	file_unmap(&evidence->log_file);
	*evidence = (struct evidence){0};
}

void evidence_start(const struct evidence_log *log, enum bank bank, unsigned reg, uint8_t *value)
{
	memset(value, !log->cc && reg >= 17 && reg <= 22 ? 0xff : 0, bank_len(bank));
	if (reg == 0)
		value[bank_len(bank) - 1] = log->locality;
}

void evidence_replay(const struct evidence_log *log, enum bank bank,
	uint8_t value[BOOT_PCRS][BANK_DIGEST_MAX], unsigned events[BOOT_PCRS])
{
	memset(events, 0, BOOT_PCRS * sizeof(*events));
	for (unsigned reg = 0; reg < BOOT_PCRS; reg++)
		evidence_start(log, bank, reg, value[reg]);
	for (size_t i = 0; i < log->count; i++) {
		const struct logged_event *e = &log->events[i];

		if (e->digest[bank]) {
			bank_extend(bank, value[e->reg], e->digest[bank]);
			events[e->reg]++;
		}
	}
}
