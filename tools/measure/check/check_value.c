/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Causes where one side has values alone: found by what must change for the value to come out. */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/os_separator.h"
#include "tools/measure/cause/cause.h"
#include "tools/measure/check/check_private.h"
#include "tools/measure/check/sequence.h"

#define ATTEMPTS_MAX 4u

struct search {
	struct check *check;
	const struct alignment *alignment;
	struct sequence events; /* predicted, or logged */
	const struct boot_event *predicted[SEQUENCE_MAX];
	const uint8_t *value; /* that the other side has */
};

static bool found(struct search *s, enum cause cause, enum certainty certainty, char *text)
{
	check_add(s->check,
		&(struct divergence){.reg = s->alignment->reg,
			.counts = true,
			.when = s->alignment->logged_count ? 2 * s->alignment->logged[0]->number
							   : s->alignment->reg,
			.cause = cause_name(cause),
			.meaning = cause_meaning(cause),
			.certainty = certainty,
			.evidence = text});
	return true;
}

/* In how many registers a variant has the machine's values; 0 when not in this one. */
static unsigned fitting(const struct search *s, const struct check_variant *variant)
{
	size_t len = bank_len(s->events.bank);
	struct boot_values values;
	unsigned fit = 0;

	boot_replay(&variant->boot, s->events.bank, &values);
	if (memcmp(values.pcr[s->alignment->reg], s->value, len) != 0)
		return 0;
	for (unsigned reg = 0; reg < s->check->regs; reg++)
		fit += s->check->registers[reg].has_measured &&
		       memcmp(values.pcr[reg], s->check->registers[reg].measured, len) == 0;
	return fit;
}

/* The variant that fits best; one value alone does not tell two causes apart. */
static bool by_variant(struct search *s)
{
	const struct check_variant *best = NULL;
	bool ambiguous = false;
	unsigned most = 0;

	for (size_t i = 0; i < s->check->variant_count; i++) {
		const struct check_variant *one = &s->check->variants[i];
		unsigned fit = fitting(s, one);

		if (cause_by_name(one->cause) == CAUSE_COUNT || !fit || fit < most)
			continue;
		if (best && fit == most && one->contradicted >= best->contradicted) {
			ambiguous |= one->contradicted == best->contradicted &&
				     strcmp(one->cause, best->cause) != 0;
			continue;
		}
		best = one;
		most = fit;
		ambiguous = false;
	}
	return best &&
	       found(s, cause_by_name(best->cause),
		       ambiguous || best->contradicted ? CERTAINTY_LIKELY : CERTAINTY_PROVED,
		       must_format("proved: it is the value predicted when %s%s", best->text,
			       best->contradicted ? "; but the image says that it is not"
			       : ambiguous	  ? "; so it is under another assumption"
						  : ""));
}

static bool by_attempts(struct search *s)
{
	static const char *const texts[] = {"Returning from EFI Application from Boot Option",
		"Calling EFI Application from Boot Option"};
	uint8_t digests[2][BANK_DIGEST_MAX];
	const uint8_t *extra[2 * ATTEMPTS_MAX];
	size_t before;

	if (s->alignment->reg != 4)
		return false;
	for (size_t i = 0; i < 2 * ATTEMPTS_MAX; i++) {
		bank_hash(s->events.bank, texts[i % 2], strlen(texts[i % 2]), digests[i % 2]);
		extra[i] = digests[i % 2];
	}
	for (unsigned attempts = 1; attempts <= ATTEMPTS_MAX; attempts++)
		if (sequence_with(&s->events, s->value, extra, 2 * attempts, &before))
			return found(s, CAUSE_BOOT_ATTEMPT, CERTAINTY_PROVED,
				must_format("proved: the value is that of %u boot options that "
					    "gave up, and then what is predicted",
					attempts));
	return false;
}

static bool by_secure_boot_form(struct search *s)
{
	uint8_t data[64], digest[BANK_DIGEST_MAX];

	for (unsigned form = 0; form < SECURE_BOOT_FORMS; form++) {
		size_t len = secure_boot_variable(form, data);

		bank_hash(s->events.bank, data, len, digest);
		for (size_t i = 0; s->alignment->reg == 7 && i < s->events.count; i++)
			if (s->predicted[i]->rule == RULE_SECURE_BOOT_VARIABLE &&
				sequence_replaced(&s->events, s->value, i, digest))
				return found(s,
					form == SECURE_BOOT_FORM_ON ? CAUSE_SECURE_BOOT
								    : CAUSE_SECURE_BOOT_FORM,
					CERTAINTY_PROVED,
					must_format("proved: the value is that of the variable "
						    "SecureBoot as %s",
						secure_boot_form_text(form)));
	}
	return false;
}

static bool by_phase(struct search *s)
{
	static const char *const words[] = {"enter-initrd", "leave-initrd", "sysinit", "ready"};
	uint8_t digests[4][BANK_DIGEST_MAX];
	struct sequence more = s->events;

	for (size_t i = 0; s->alignment->reg == 11 && i < 4; i++) {
		bank_hash(more.bank, words[i], strlen(words[i]), digests[i]);
		if (!sequence_add(&more, digests[i]))
			return false;
		if (sequence_leads_to(&more, s->value))
			return found(s, CAUSE_PHASE, CERTAINTY_PROVED,
				must_format("proved: it is the predicted value, and then the boot "
					    "phases up to %s",
					words[i]));
	}
	return false;
}

static bool by_separator(struct search *s)
{
	uint8_t value[BANK_DIGEST_MAX];

	sequence_value(&s->events, value);
	bank_extend_text(s->events.bank, value, OS_SEPARATOR);
	if (!(OS_SEPARATOR_PCRS >> s->alignment->reg & 1u) ||
		memcmp(value, s->value, bank_len(s->events.bank)) != 0)
		return false;
	return found(s, CAUSE_OS_SEPARATOR, CERTAINTY_PROVED,
		must_format("proved: it is the predicted value, and then the word %s, as --phase "
			    "separated predicts it",
			OS_SEPARATOR));
}

static bool by_removal(struct search *s)
{
	size_t first, count;

	if (sequence_prefix(&s->events, s->value, &count))
		return found(s, CAUSE_READ_EARLY, CERTAINTY_PROVED,
			must_format("proved: the last %zu predicted events are not in the value",
				s->events.count - count));
	if (!sequence_without(&s->events, s->value, &first, &count))
		return false;
	return found(s,
		count == 1 && s->predicted[first]->rule == RULE_KERNEL_IMAGE
			? CAUSE_INNER_KERNEL_MISSING
			: CAUSE_EVENT_MISSING,
		CERTAINTY_PROVED,
		must_format("proved: the value is that without %zu predicted events, the first of "
			    "them %s",
			count, s->predicted[first]->what));
}

/* The machine has a value alone; the prediction has events. */
static void search_predicted(struct search *s)
{
	const struct boot *boot = s->check->request->boot;

	for (size_t i = 0; i < boot->count; i++) {
		const struct boot_event *e = &boot->events[i];

		if (check_register_of(s->check, e) != s->alignment->reg)
			continue;
		s->predicted[s->events.count] = e;
		if (!sequence_add(&s->events, e->digest[s->events.bank]))
			break;
	}
	if (by_variant(s) || by_attempts(s) || by_secure_boot_form(s) || by_phase(s) ||
		by_separator(s) || by_removal(s))
		return;
	if (s->alignment->reg == 12 && !s->events.count)
		found(s, CAUSE_CMDLINE_OVERRIDDEN, CERTAINTY_LIKELY,
			must_dup("only a command line, credentials or a profile are measured into "
				 "this register; the event log would say which"));
	else
		found(s, CAUSE_UNEXPLAINED, CERTAINTY_NONE,
			must_dup("the event log (--log) would say which event it is"));
}

/* PFP 3.3.4.8: the variables of a machine without keys, with SecureBoot in one form. */
static bool is_without_keys(const struct search *s, unsigned form)
{
	static const struct {
		const char *name, *guid;
	} variables[] = {{"PK", EFI_GLOBAL_GUID}, {"KEK", EFI_GLOBAL_GUID}, {"db", EFI_IMAGE_GUID},
		{"dbx", EFI_IMAGE_GUID}};
	static const uint8_t separator[4];
	uint8_t data[64], digests[6][BANK_DIGEST_MAX];
	struct sequence all = {.bank = s->events.bank};
	size_t len = secure_boot_variable(form, data);

	bank_hash(all.bank, data, len, digests[0]);
	for (size_t i = 0; i < 4; i++) {
		len = variable_data(variables[i].guid, variables[i].name, NULL, 0, data);
		bank_hash(all.bank, data, len, digests[1 + i]);
	}
	bank_hash(all.bank, separator, sizeof(separator), digests[5]);
	for (size_t i = 0; i < 6; i++)
		if (!sequence_add(&all, digests[i]))
			return false;
	return sequence_leads_to(&all, s->value);
}

/* The value is one that every machine with Secure Boot off and no keys has. */
static bool by_known_value(struct search *s)
{
	bool on = false;

	for (size_t i = 0; i < s->alignment->logged_count; i++) {
		uint8_t data[64];
		size_t len = secure_boot_variable(SECURE_BOOT_FORM_ON, data);

		on |= logged_is(s->check, s->alignment->logged[i], data, len);
	}
	for (unsigned form = 0; s->alignment->reg == 7 && form < SECURE_BOOT_FORM_ON; form++)
		if (is_without_keys(s, form))
			return found(s, on ? CAUSE_SECURE_BOOT : CAUSE_SECURE_BOOT_FORM,
				CERTAINTY_PROVED,
				must_format("proved: predicted is the value of a machine without "
					    "keys and Secure Boot %s; the log's is %s",
					secure_boot_form_text(form), on ? "on" : "another"));
	return false;
}

/* A command line that was passed to the stub explains what the kernel measured. */
static bool by_command_line(struct search *s)
{
	for (size_t i = 0; i < s->alignment->logged_count; i++) {
		const struct gap gap = {s->check, s->alignment, 0, i, s->alignment->expected, 0,
			s->alignment->logged + i, 1};
		struct explanation e = {0};
		bool proved = cause_command_line_kernel(&gap, &e) &&
			      e.certainty == CERTAINTY_PROVED;

		bytes_add(&e.text, "", 1);
		if (proved)
			return found(s, e.cause, CERTAINTY_LIKELY, (char *)e.text.data);
		bytes_free(&e.text);
	}
	return false;
}

/* The prediction has a value alone; the machine has a log. */
static void search_logged(struct search *s)
{
	const struct alignment *alignment = s->alignment;
	size_t first = 0, count = 0;
	struct gap gap = {s->check, alignment, 0, 0, alignment->expected, 0, alignment->logged, 0};

	for (size_t i = 0; i < alignment->logged_count; i++)
		if (!sequence_add(&s->events, alignment->logged[i]->digest[s->events.bank]))
			break;
	if (sequence_without(&s->events, s->value, &first, &count)) {
		gap.first_logged = first;
		gap.logged += first;
		gap.logged_count = count;
		check_gap(s->check, &gap, 2 * alignment->logged[first]->number, true);
	} else if (!by_known_value(s) && !by_command_line(s)) {
		found(s, CAUSE_UNEXPLAINED, CERTAINTY_NONE,
			must_dup("the file has values and no events: predict from the image to "
				 "learn which event it is"));
	}
}

static bool explained(const struct check *check, unsigned reg)
{
	for (size_t i = 0; i < check->divergence_count; i++)
		if (check->divergences[i].reg == reg)
			return true;
	return false;
}

void check_values(struct check *check)
{
	for (unsigned reg = 0; reg < check->regs; reg++) {
		const struct check_register *r = &check->registers[reg];
		struct search s = {.check = check,
			.alignment = &check->alignments[reg],
			.events = {.bank = check->bank}};
		const struct evidence_log none = {.cc = check->cc};

		if (r->state != CHECK_DIFFERS || explained(check, reg))
			continue;
		evidence_start(&none, check->bank, reg, s.events.start);
		if (check->request->boot->count) {
			s.value = r->measured;
			search_predicted(&s);
		} else {
			s.value = r->expected;
			search_logged(&s);
		}
	}
}
