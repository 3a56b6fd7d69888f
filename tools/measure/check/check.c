/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/check/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/report.h"
#include "tools/measure/cause/cause.h"
#include "tools/measure/check/check_private.h"

const char *check_register_name(const struct check *check, unsigned reg)
{
	static char names[4][16];
	static unsigned next;
	char *name = names[next++ % 4];

	if (!check->cc)
		snprintf(name, sizeof(names[0]), "PCR %u", reg);
	else if (reg == 0)
		snprintf(name, sizeof(names[0]), "MRTD");
	else
		snprintf(name, sizeof(names[0]), "RTMR %u", reg - 1);
	return name;
}

#define PCR_OF_IMA 10u /* the running kernel extends it, and no RTMR */

static bool has_log(const struct check *check)
{
	return check->request->evidence->log_path != NULL;
}

/* Banks in which there is something on both sides. */
static bool choose_banks(struct check *check)
{
	static const enum bank order[] = {BANK_SHA256, BANK_SHA384, BANK_SHA512, BANK_SHA1};
	const struct check_request *r = check->request;
	unsigned expected = r->boot->count ? r->boot->banks : r->expected ? r->expected->banks : 0;
	char names[2][BANK_NAMES_SIZE];
	unsigned measured = has_log(check) ? r->evidence->log.banks : BANK_BIT(BANK_COUNT) - 1;

	if (r->evidence->has_values)
		measured &= r->evidence->values.banks;
	check->banks = expected & measured;
	for (size_t i = 0; i < 4; i++) {
		if (check->banks & BANK_BIT(order[i])) {
			check->bank = order[i];
			return true;
		}
	}
	return complain("there is no bank that has been predicted and measured: predicted %s, "
			"measured %s (--bank says what to predict of an image)",
		bank_names(expected, names[0]), bank_names(measured, names[1]));
}

/* Why a register cannot be known from files; a confidential VM's folds several PCRs into one. */
static const char *why_unknown(const struct check *check, unsigned reg)
{
	const struct boot *boot = check->request->boot;
	enum boot_cc rtmr;

	if (!check->cc)
		return boot->unknown[reg];
	if (reg == 0)
		return "no event extends it; a TDX quote has its value";
	if (reg <= BOOT_RTMR3 && boot->cc[reg].asked)
		return boot->cc[reg].unknown;
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		if (pcr != PCR_OF_IMA && boot_cc_of_pcr(pcr, &rtmr) && rtmr == reg &&
			boot->unknown[pcr])
			return boot->unknown[pcr];
	return NULL;
}

/* The value that the prediction leads to: all of it, or what firmware's log can show. */
static void expected_value(
	const struct check *check, enum bank bank, unsigned reg, bool all, uint8_t *value)
{
	const struct boot *boot = check->request->boot;
	struct evidence_log none = {.cc = check->cc};

	evidence_start(&none, bank, reg, value);
	for (size_t i = 0; i < boot->count; i++) {
		const struct boot_event *e = &boot->events[i];

		if (check_register_of(check, e) == reg && (all || check_logged_by_firmware(e)))
			bank_extend(bank, value, e->digest[bank]);
	}
}

static bool value_expected(const struct check *check, enum bank bank, unsigned reg, uint8_t *value)
{
	const struct check_request *r = check->request;
	bool measured_later = r->evidence->has_values && !check->cc;

	if (r->boot->count) {
		expected_value(check, bank, reg, measured_later, value);
		return !why_unknown(check, reg);
	}
	if (check->cc || !(r->expected->known[bank] >> reg & 1))
		return false;
	memcpy(value, r->expected->pcr[bank][reg], bank_len(bank));
	return true;
}

static bool value_measured(const struct check *check, enum bank bank, unsigned reg, uint8_t *value)
{
	const struct evidence *e = check->request->evidence;

	if (e->has_values && !check->cc) {
		memcpy(value, e->values.pcr[bank][reg], bank_len(bank));
		return e->values.known[bank] >> reg & 1;
	}
	evidence_start(&e->log, bank, reg, value);
	for (size_t i = 0; i < e->log.count; i++)
		if (e->log.events[i].reg == reg)
			bank_extend(bank, value, e->log.events[i].digest[bank]);
	return has_log(check) && !(check->cc && reg == 0);
}

/* The condition on which a register is known; NULL: none. */
static const char *condition(const struct check *check, unsigned reg)
{
	const struct boot *boot = check->request->boot;

	if (!boot->count)
		return NULL;
	if (!check->cc)
		return boot->remark[reg];
	return reg <= BOOT_RTMR3 && boot->cc[reg].asked ? boot->cc[reg].remark : NULL;
}

/* A register is the same when it is in every bank that both sides have. */
static void judge(struct check *check, unsigned reg)
{
	struct check_register *r = &check->registers[reg];
	uint8_t expected[BANK_DIGEST_MAX], measured[BANK_DIGEST_MAX];
	bool same = true;

	r->has_expected = value_expected(check, check->bank, reg, r->expected);
	r->has_measured = value_measured(check, check->bank, reg, r->measured);
	r->why = condition(check, reg);
	r->state = CHECK_UNKNOWN;
	if (!r->has_expected || !r->has_measured) {
		r->why = !r->has_expected ? why_unknown(check, reg) : "there is no value of it";
		if (!r->why)
			r->why = "the file has no value of it";
		return;
	}
	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (check->banks >> bank & 1 &&
			value_expected(check, (enum bank)bank, reg, expected) &&
			value_measured(check, (enum bank)bank, reg, measured))
			same &= memcmp(expected, measured, bank_len((enum bank)bank)) == 0;
	r->state = same ? CHECK_SAME : CHECK_DIFFERS;
	if (check->request->only && !(check->request->only >> reg & 1)) {
		r->state = CHECK_UNKNOWN;
		r->why = "not asked for";
	}
}

/*
 * A register that was named, or that is predicted, must have been judged. Those that a boot never
 * extends, from PCR 16 on, are seldom read.
 */
static bool is_unmet(const struct check *check, unsigned reg)
{
	const struct check_register *r = &check->registers[reg];

	if (check->request->only)
		return check->request->only >> reg & 1 && r->state == CHECK_UNKNOWN;
	return r->has_expected && !r->has_measured && (reg < 16 || !check->request->boot->count);
}

void check_add(struct check *check, const struct divergence *divergence)
{
	check->divergences = must_realloc(
		check->divergences, check->divergence_count + 1, sizeof(*check->divergences));
	check->divergences[check->divergence_count++] = *divergence;
}

/* Of what is missing at one place of the log: the order of the prediction. */
static uintptr_t missing_at(const struct divergence *d)
{
	return d->expected_count ? (uintptr_t)d->expected[0] : UINTPTR_MAX;
}

static int by_time(const void *a, const void *b)
{
	const struct divergence *first = a, *second = b;

	if (first->counts != second->counts)
		return first->counts ? -1 : 1;
	if (first->when != second->when)
		return first->when < second->when ? -1 : 1;
	if (missing_at(first) != missing_at(second))
		return missing_at(first) < missing_at(second) ? -1 : 1;
	return first->reg < second->reg ? -1 : first->reg > second->reg;
}

static void find_variants(struct check *check)
{
	const struct check_request *r = check->request;

	if (!r->vary)
		return;
	check->variant_alignments = must_alloc(
		CHECK_VARIANTS_MAX * sizeof(*check->variant_alignments));
	while (check->variant_count < CHECK_VARIANTS_MAX &&
		r->vary(r->context, check->variant_count, &check->variants[check->variant_count])) {
		size_t i = check->variant_count++;

		for (unsigned reg = 0; reg < check->regs; reg++)
			check_align(check, &check->variants[i].boot, reg,
				&check->variant_alignments[i][reg]);
	}
}

/* A log that ends inside an event is a finding even where all that is left of it fits. */
static void note_cut(struct check *check)
{
	const struct evidence_log *log = &check->request->evidence->log;
	const char *name = cause_name(CAUSE_TRUNCATED);

	if (!log->cut)
		return;
	check->broken = true;
	for (size_t i = 0; i < check->divergence_count; i++)
		if (strcmp(check->divergences[i].cause, name) == 0)
			return;
	check_add(check,
		&(struct divergence){.reg = log->events[log->count - 1].reg,
			.counts = true,
			.when = 2 * log->events[log->count - 1].number + 1,
			.cause = name,
			.meaning = cause_meaning(CAUSE_TRUNCATED),
			.certainty = CERTAINTY_PROVED,
			.evidence = must_format(
				"proved: the log ends inside the event at byte 0x%zx", log->cut)});
}

bool check_run(const struct check_request *request, struct check *check)
{
	const struct evidence *evidence = request->evidence;

	*check = (struct check){.request = request, .same = true};
	check->cc = evidence->log_path && evidence->log.cc;
	check->regs = check->cc ? CHECK_RTMR_REGISTERS : BOOT_PCRS;
	if (!choose_banks(check))
		return false;
	for (unsigned reg = 0; reg < check->regs; reg++) {
		judge(check, reg);
		check->known += check->registers[reg].state != CHECK_UNKNOWN;
		check->differing += check->registers[reg].state == CHECK_DIFFERS;
		check->unmet |= (uint32_t)is_unmet(check, reg) << reg;
		check_align(check, request->boot, reg, &check->alignments[reg]);
		check->registers[reg].events = (unsigned)check->alignments[reg].logged_count;
	}
	if (evidence->has_values && has_log(check) && !check->cc)
		check_binding(check);
	if (check->differing)
		find_variants(check);
	if (has_log(check) && request->boot->count)
		check_gaps(check);
	check_values(check);
	note_cut(check);
	if (check->divergence_count)
		qsort(check->divergences, check->divergence_count, sizeof(*check->divergences),
			by_time);
	check->same = check->known && !check->differing && !check->broken && !check->unmet;
	return true;
}

void check_free(struct check *check)
{
	for (size_t i = 0; i < check->divergence_count; i++)
		free(check->divergences[i].evidence);
	free(check->divergences);
	for (unsigned reg = 0; reg < BOOT_PCRS; reg++) {
		check_align_free(&check->alignments[reg]);
		free(check->registers[reg].binding_text);
	}
	for (size_t i = 0; i < check->variant_count; i++) {
		for (unsigned reg = 0; reg < check->regs; reg++)
			check_align_free(&check->variant_alignments[i][reg]);
		boot_free(&check->variants[i].boot);
	}
	free(check->variant_alignments);
	*check = (struct check){0};
}
