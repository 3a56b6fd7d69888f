/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a log leads to the PCR values that came with it, and if not, what is wrong with it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/os_separator.h"
#include "tools/measure/check/check_private.h"
#include "tools/measure/check/sequence.h"

#define PCR_IMA 10u

struct binding {
	const struct check *check;
	unsigned reg;
	const uint8_t *value; /* the TPM's */
	struct sequence log;  /* this register's events */
	char *text;	      /* for people */
};

static bool takes(struct binding *b, char *text)
{
	b->text = text;
	return true;
}

/*
 * The first record of Linux's IMA: each field with its length (Linux: ima_template_lib.c), the
 * template ima-sig's third one being empty.
 */
static void ima_record(enum bank bank, const uint8_t aggregate[32], bool sig, uint8_t *digest)
{
	static const char kind[] = "sha256:", name[] = "boot_aggregate"; /* each with its NUL */
	uint8_t data[4 + sizeof(kind) + 32 + 4 + sizeof(name) + 4] = {0}, *at = data;

	put_le32(at, (uint32_t)(sizeof(kind) + 32));
	memcpy(at + 4, kind, sizeof(kind));
	memcpy(at + 4 + sizeof(kind), aggregate, 32);
	at += 4 + sizeof(kind) + 32;
	put_le32(at, (uint32_t)sizeof(name));
	memcpy(at + 4, name, sizeof(name));
	bank_hash(bank, data, sizeof(data) - (sig ? 0 : 4), digest);
}

/* What IMA measures first is the hash of PCRs 0 to 9. */
static bool is_ima(struct binding *b)
{
	const struct register_values *values = &b->check->request->evidence->values;
	uint8_t all[10 * 32], aggregate[32];
	bool same = false;

	if (b->reg != PCR_IMA || b->log.count || (values->known[BANK_SHA256] & 0x3ff) != 0x3ff)
		return false;
	for (unsigned pcr = 0; pcr < 10; pcr++)
		memcpy(all + 32 * pcr, values->pcr[BANK_SHA256][pcr], 32);
	bank_hash(BANK_SHA256, all, sizeof(all), aggregate);
	for (unsigned sig = 0; sig < 2 && !same; sig++) {
		uint8_t digest[BANK_DIGEST_MAX], value[BANK_DIGEST_MAX] = {0};

		ima_record(b->log.bank, aggregate, sig, digest);
		bank_extend(b->log.bank, value, digest);
		same = memcmp(value, b->value, bank_len(b->log.bank)) == 0;
	}
	return same && takes(b, must_dup("proved: Linux's IMA measured the hash of PCRs 0 to 9 "
					 "here, and no more"));
}

/* The words that systemd-pcrphase extends, in their order. */
static bool is_phase(struct binding *b)
{
	static const char *const words[] = {
		"enter-initrd", "leave-initrd", "sysinit", "ready", "shutdown", "final"};
	uint8_t digests[6][BANK_DIGEST_MAX];
	struct sequence s = b->log;

	for (size_t first = 0; first < 6; first++) {
		s.count = b->log.count;
		for (size_t i = first; i < 6; i++) {
			bank_hash(s.bank, words[i], strlen(words[i]), digests[i]);
			if (!sequence_add(&s, digests[i]))
				return false;
			if (sequence_leads_to(&s, b->value))
				return takes(b, must_format("proved: the boot phases %s to %s were "
							    "measured after the log",
							words[first], words[i]));
		}
	}
	return false;
}

/* The word that systemd of 261 and later extends behind the firmware's part. */
static bool is_separated(struct binding *b)
{
	uint8_t value[BANK_DIGEST_MAX];

	sequence_value(&b->log, value);
	bank_extend_text(b->log.bank, value, OS_SEPARATOR);
	return OS_SEPARATOR_PCRS >> b->reg & 1u &&
	       memcmp(value, b->value, bank_len(b->log.bank)) == 0 &&
	       takes(b,
		       must_format("proved: the word %s was measured after the log", OS_SEPARATOR));
}

/* What is predicted of later stages, which no firmware logs. */
static bool is_predicted_later(struct binding *b)
{
	const struct boot *boot = b->check->request->boot;
	struct sequence s = b->log;

	for (size_t i = 0; i < boot->count; i++)
		if (check_register_of(b->check, &boot->events[i]) == b->reg &&
			!check_logged_by_firmware(&boot->events[i]) &&
			!sequence_add(&s, boot->events[i].digest[s.bank]))
			return false;
	return s.count != b->log.count && sequence_leads_to(&s, b->value) &&
	       takes(b, must_dup("proved: what is predicted after the log was measured"));
}

static bool is_later(struct binding *b)
{
	if (is_ima(b) || is_predicted_later(b) || is_phase(b) || is_separated(b))
		return true;
	/* PCRs 0 to 7 are firmware's, whose log is complete. */
	return !b->log.count && b->reg > 7 && !b->check->alignments[b->reg].expected_count &&
	       takes(b, must_dup("the operating system measured into it; the log is of what ran "
				 "before"));
}

/* Predicted events behind the log's last ones lead to the value. */
static bool is_truncated(struct binding *b)
{
	const struct alignment *alignment = &b->check->alignments[b->reg];

	for (size_t first = 0; first < alignment->expected_count && first < SEQUENCE_DEEP;
		first++) {
		struct sequence s = b->log;

		for (size_t i = first; i < alignment->expected_count; i++) {
			if (!sequence_add(&s, alignment->expected[i]->digest[s.bank]))
				return false;
			if (sequence_leads_to(&s, b->value))
				return takes(b,
					must_format("proved: the log is truncated: it lacks this "
						    "register's last %zu events, which are as "
						    "predicted",
						i + 1 - first));
		}
	}
	return false;
}

/* Every boot ends its firmware's part so, whatever else is predicted. */
static bool lacks_exit(struct binding *b)
{
	static const char *const texts[] = {
		"Exit Boot Services Invocation", "Exit Boot Services Returned with Success"};
	uint8_t digests[2][BANK_DIGEST_MAX];

	for (size_t i = 0; i < 2; i++)
		bank_hash(b->log.bank, texts[i], strlen(texts[i]), digests[i]);
	for (size_t first = 0; first < 2; first++) {
		struct sequence s = b->log;

		for (size_t i = first; i < 2; i++)
			if (!sequence_add(&s, digests[i]))
				return false;
		if (sequence_leads_to(&s, b->value))
			return takes(b, must_dup("proved: the log is truncated: it lacks the end "
						 "of boot services"));
	}
	return false;
}

static bool is_missing_inside(struct binding *b)
{
	const struct alignment *alignment = &b->check->alignments[b->reg];
	size_t before;

	for (size_t i = 0; i < alignment->expected_count && i < SEQUENCE_DEEP; i++) {
		const uint8_t *digest = alignment->expected[i]->digest[b->log.bank];

		if (sequence_with(&b->log, b->value, &digest, 1, &before))
			return takes(b,
				must_format("proved: the log lacks one predicted event before its "
					    "event %zu of this register",
					before + 1));
	}
	return false;
}

static bool is_longer(struct binding *b)
{
	const struct alignment *alignment = &b->check->alignments[b->reg];
	size_t first, count;

	if (sequence_prefix(&b->log, b->value, &count))
		return takes(b,
			must_format("proved: the value is that before the log's last %zu events of "
				    "this register: it was read earlier, or the log says too much",
				b->log.count - count));
	return sequence_without(&b->log, b->value, &first, &count) &&
	       takes(b, must_format("proved: the TPM never saw %zu events of the log, from event "
				    "%u on",
				count, alignment->logged[first]->number));
}

static bool is_other_locality(struct binding *b)
{
	static const uint8_t localities[] = {0, 3, 4};

	for (size_t i = 0; b->reg == 0 && i < sizeof(localities); i++) {
		struct sequence s = b->log;

		s.start[bank_len(s.bank) - 1] = localities[i];
		if (sequence_leads_to(&s, b->value))
			return takes(b, must_format("proved: the TPM was started from locality %u, "
						    "which the log does not say",
						localities[i]));
	}
	return false;
}

static void explain_broken(struct binding *b)
{
	if (!is_truncated(b) && !lacks_exit(b) && !is_longer(b) && !is_missing_inside(b) &&
		!is_other_locality(b))
		b->text = must_dup("the log does not lead to this value: they do not belong "
				   "together");
}

/* In every bank that both sides have. */
static bool leads_to_values(const struct check *check, unsigned reg)
{
	const struct evidence *e = check->request->evidence;
	uint8_t value[BANK_DIGEST_MAX];

	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (!(e->log.banks & e->values.banks & e->values.known[bank] >> reg << bank &
			    BANK_BIT(bank)))
			continue;
		evidence_start(&e->log, (enum bank)bank, reg, value);
		for (size_t i = 0; i < check->alignments[reg].logged_count; i++)
			bank_extend((enum bank)bank, value,
				check->alignments[reg].logged[i]->digest[bank]);
		if (memcmp(value, e->values.pcr[bank][reg], bank_len((enum bank)bank)) != 0)
			return false;
	}
	return true;
}

static void bind(struct check *check, unsigned reg)
{
	const struct evidence *e = check->request->evidence;
	struct check_register *r = &check->registers[reg];
	const struct alignment *alignment = &check->alignments[reg];
	struct binding b = {.check = check, .reg = reg, .log = {.bank = check->bank}};

	if (!(e->values.known[check->bank] >> reg & 1))
		return;
	r->binding = BINDING_HOLDS;
	if (leads_to_values(check, reg))
		return;
	b.value = e->values.pcr[check->bank][reg];
	evidence_start(&e->log, check->bank, reg, b.log.start);
	for (size_t i = 0; i < alignment->logged_count; i++)
		if (!sequence_add(&b.log, alignment->logged[i]->digest[check->bank]))
			break;
	r->binding = is_later(&b) ? BINDING_LATER : BINDING_BROKEN;
	if (r->binding == BINDING_BROKEN)
		explain_broken(&b);
	r->binding_text = b.text;
	check->broken |= r->binding == BINDING_BROKEN;
}

void check_binding(struct check *check)
{
	for (unsigned reg = 0; reg < check->regs; reg++)
		bind(check, reg);
}
