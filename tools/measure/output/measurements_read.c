/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a measurements file: our own JSON, or Constellation's shape alone. */
#include <stdio.h>
#include <string.h>
#include "tools/lib/file.h"
#include "tools/lib/hex.h"
#include "tools/measure/output/full.h"

static bool bank_of_chars(size_t chars, enum bank *out)
{
	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (chars == 2 * bank_len((enum bank)bank)) {
			*out = (enum bank)bank;
			return true;
		}
	}
	return false;
}

/* {"expected":"hex","warnOnly":false}, or the text alone, which is an older form. */
static bool read_expected(const struct json_at *at, struct json_at *out, bool *out_warn_only)
{
	static const char *const names[] = {"expected", "warnOnly"};
	struct json_at warn_only;

	*out_warn_only = false;
	if (json_object_is_type(at->value, json_type_string)) {
		*out = *at;
		return true;
	}
	return json_only(at, names, 2) && json_member(at, "expected", out) &&
	       (!json_has(at, "warnOnly", &warn_only) || json_get_bool(&warn_only, out_warn_only));
}

static bool read_pcr_name(const char *name, unsigned *out)
{
	char again[16];
	unsigned pcr = 0;

	for (const char *p = name; *p >= '0' && *p <= '9' && p < name + 2; p++)
		pcr = 10 * pcr + (unsigned)(*p - '0');
	snprintf(again, sizeof(again), "%u", pcr);
	*out = pcr;
	return pcr < BOOT_PCRS && strcmp(again, name) == 0;
}

/* values->banks 0: the first digest's length decides the bank. */
static bool read_measurement(
	const struct json_at *at, unsigned pcr, struct register_values *values, enum bank *bank)
{
	struct json_at expected;
	const char *text;
	bool warn_only;

	if (!read_expected(at, &expected, &warn_only) || !json_get_text(&expected, &text))
		return false;
	if (!values->banks && !bank_of_chars(strlen(text), bank))
		return json_fault(&expected, "it is no digest of sha1, sha256, sha384 or sha512");
	values->banks |= BANK_BIT(*bank);
	values->known[*bank] |= 1u << pcr;
	values->named |= 1u << pcr;
	values->warned |= warn_only ? 1u << pcr : 0;
	return json_get_hex(&expected, values->pcr[*bank][pcr], bank_len(*bank));
}

/* The member "measurements" into values of its own. */
static bool read_measurements(
	const struct json_at *root, struct register_values *values, enum bank *bank)
{
	struct json_at all;

	if (!json_member(root, "measurements", &all))
		return false;
	if (!json_object_is_type(all.value, json_type_object))
		return json_fault(&all, "it must be an object");
	json_object_object_foreach(all.value, name, value)
	{
		struct json_at one = {value, &all, name, 0};
		unsigned pcr;

		if (!read_pcr_name(name, &pcr))
			return json_fault(&one, "that is no PCR, 0 to 23");
		if (!read_measurement(&one, pcr, values, bank))
			return false;
	}
	return true;
}

static bool read_bank(const struct json_at *at, enum bank *out)
{
	const char *name;

	return json_get_text(at, &name) &&
	       (bank_by_name(name, out) || json_fault(at, "this version knows no such bank"));
}

static bool read_banks(const struct json_at *root, struct boot *boot)
{
	struct json_at list, item;
	enum bank bank;
	size_t count;

	if (!json_member(root, "banks", &list) || !json_list(&list, BANK_COUNT, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		item = json_item(&list, i);
		if (!read_bank(&item, &bank))
			return false;
		if (boot->banks & BANK_BIT(bank))
			return json_fault(&item, "the bank is named twice");
		boot->banks |= BANK_BIT(bank);
	}
	return count > 0 || json_fault(&list, "it names no bank");
}

static bool read_register(
	const struct json_at *at, struct boot *boot, unsigned pcr, struct register_values *values)
{
	static const char *const names[] = {"pcr", "known", "reason", "values", "remark"};
	uint8_t value[BANK_COUNT][BANK_DIGEST_MAX];
	struct json_at member;
	uint64_t number;
	bool known;

	if (!json_only(at, names, 5) || !json_member(at, "pcr", &member) ||
		!json_get_number(&member, BOOT_PCRS - 1, &number))
		return false;
	if (number != pcr)
		return json_fault(&member, "registers must be PCR 0 to 23 in this order");
	if (!json_member(at, "known", &member) || !json_get_bool(&member, &known) ||
		(json_has(at, "remark", &member) && !read_text(&member, boot, &boot->remark[pcr])))
		return false;
	if (json_has(at, known ? "reason" : "values", &member))
		return json_fault(&member, "a register has either values or a reason");
	if (!known)
		return json_member(at, "reason", &member) &&
		       read_text(&member, boot, &boot->unknown[pcr]);
	if (!json_member(at, "values", &member) || !read_digests(&member, boot, value))
		return false;
	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (!(boot->banks & BANK_BIT(bank)))
			continue;
		values->known[bank] |= 1u << pcr;
		memcpy(values->pcr[bank][pcr], value[bank], bank_len((enum bank)bank));
	}
	return true;
}

static bool read_registers(
	const struct json_at *root, struct boot *boot, struct register_values *values)
{
	struct json_at list, item;
	size_t count;

	values->banks = boot->banks;
	if (!json_member(root, "registers", &list) || !json_list(&list, BOOT_PCRS, &count))
		return false;
	if (count != BOOT_PCRS)
		return json_fault(&list, "it must have 24 registers");
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		item = json_item(&list, pcr);
		if (!read_register(&item, boot, pcr, values))
			return false;
	}
	return true;
}

static bool read_events(const struct json_at *root, struct boot *boot)
{
	struct json_at list, item;
	size_t count;

	if (!json_member(root, "events", &list) || !json_list(&list, BOOT_EVENTS_MAX, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		item = json_item(&list, i);
		if (!read_event(&item, boot))
			return false;
	}
	return true;
}

/* The first PCR of the set whose values differ; BOOT_PCRS: none does. */
static unsigned first_difference(
	const struct register_values *a, const struct register_values *b, enum bank bank)
{
	uint32_t both = a->known[bank] & b->known[bank];

	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		if (both & 1u << pcr &&
			memcmp(a->pcr[bank][pcr], b->pcr[bank][pcr], bank_len(bank)) != 0)
			return pcr;
	return BOOT_PCRS;
}

/* Each RTMR that is known is what the events for it lead to. */
static bool rtmrs_consistent(const struct json_at *root, const struct boot *boot)
{
	struct json_at list;

	json_has(root, "cc", &list);
	for (unsigned cc = BOOT_RTMR0; cc <= BOOT_RTMR3; cc++) {
		struct boot_cc_value replayed;

		if (!boot->cc[cc].asked || boot->cc[cc].unknown)
			continue;
		if (!(boot->banks & BANK_BIT(BANK_SHA384)))
			return json_fault(&list, "RTMRs need events with SHA-384 digests");
		boot_replay_cc(boot, (enum boot_cc)cc, &replayed);
		if (replayed.events != boot->cc[cc].events ||
			memcmp(replayed.value, boot->cc[cc].value, BOOT_CC_LEN) != 0)
			return json_fault(&list, "the events do not lead to the value of an RTMR");
	}
	return true;
}

/* The parts of the file say the same. */
static bool consistent(const struct json_at *root, const struct boot *boot,
	const struct register_values *values, const struct register_values *named, enum bank bank)
{
	struct register_values replayed;
	struct json_at list, item;

	register_values_of(boot, &replayed);
	for (unsigned i = 0; i < BANK_COUNT; i++) {
		unsigned pcr = first_difference(values, &replayed, (enum bank)i);

		if (pcr == BOOT_PCRS)
			continue;
		json_has(root, "registers", &list);
		item = json_item(&list, pcr);
		return json_fault(&item, "the events do not lead to this value");
	}
	json_has(root, "measurements", &item);
	if (named->known[bank] & ~values->known[bank] ||
		first_difference(values, named, bank) != BOOT_PCRS)
		return json_fault(&item, "a value is not that of the register");
	return rtmrs_consistent(root, boot);
}

static bool read_keys_given(
	const struct json_at *root, struct boot *boot, struct register_values *values)
{
	struct json_at member;

	if (json_has(root, "secureBootKeys", &member) &&
		!json_get_bool(&member, &boot->secure_boot_keys))
		return false;
	values->secure_boot_keys = boot->secure_boot_keys;
	return true;
}

static bool read_full(const struct json_at *root, struct boot *boot, struct register_values *values)
{
	static const char *const names[] = {"format", "bank", "banks", "secureBootKeys",
		"measurements", "registers", "cc", "events"};
	struct register_values named = {0};
	struct json_at member;
	const char *format;
	enum bank bank;

	if (!json_only(root, names, sizeof(names) / sizeof(names[0])) ||
		!json_member(root, "format", &member) || !json_get_text(&member, &format))
		return false;
	if (strcmp(format, FULL_FORMAT) != 0)
		return json_fault(&member, "this version reads " FULL_FORMAT " only");
	if (!json_member(root, "bank", &member) || !read_bank(&member, &bank) ||
		!read_banks(root, boot))
		return false;
	if (!(boot->banks & BANK_BIT(bank)))
		return json_fault(&member, "it is not among the banks");
	named.banks = BANK_BIT(bank);
	if (!read_keys_given(root, boot, values) || !read_measurements(root, &named, &bank) ||
		!read_registers(root, boot, values))
		return false;
	values->named = named.named;
	values->warned = named.warned;
	return read_cc(root, boot) && read_events(root, boot) &&
	       consistent(root, boot, values, &named, bank);
}

/* What a file of values alone tells of a boot. */
static void take_values(struct boot *boot, struct register_values *values, enum bank bank)
{
	boot->banks = values->banks;
	boot->secure_boot_keys = values->secure_boot_keys = values->known[bank] >> 7 & 1;
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		if (!(values->known[bank] & 1u << pcr))
			boot_unknown(boot, pcr, FULL_NOT_GIVEN);
}

static bool read_plain(
	const struct json_at *root, struct boot *boot, struct register_values *values)
{
	static const char *const names[] = {"measurements"};
	enum bank bank = BANK_SHA256;

	if (!json_only(root, names, 1) || !read_measurements(root, values, &bank))
		return false;
	if (!values->banks)
		return json_fault(root, "it has no measurement");
	take_values(boot, values, bank);
	return true;
}

static bool read_aws_bank(const struct json_at *at, enum bank *out)
{
	const char *name;

	if (!json_get_text(at, &name))
		return false;
	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (strcasecmp(name, bank_name((enum bank)bank)) == 0) {
			*out = (enum bank)bank;
			return true;
		}
	}
	return json_fault(at, "this version knows no such bank");
}

/* {"Measurements":{"HashAlgorithm":"SHA384","PCR4":"hex",...}}, as output_aws() writes it. */
static bool read_aws(const struct json_at *root, struct boot *boot, struct register_values *values)
{
	static const char *const names[] = {"Measurements"};
	static const char algorithm[] = "HashAlgorithm";
	struct json_at all, member;
	enum bank bank;

	if (!json_only(root, names, 1) || !json_member(root, names[0], &all) ||
		!json_member(&all, algorithm, &member) || !read_aws_bank(&member, &bank))
		return false;
	values->banks = BANK_BIT(bank);
	json_object_object_foreach(all.value, name, value)
	{
		struct json_at one = {value, &all, name, 0};
		unsigned pcr;

		if (strcmp(name, algorithm) == 0)
			continue;
		if (strncmp(name, "PCR", 3) != 0 || !read_pcr_name(name + 3, &pcr))
			return json_fault(&one, "that is no PCR, PCR0 to PCR23");
		if (!read_measurement(&one, pcr, values, &bank))
			return false;
	}
	take_values(boot, values, bank);
	return values->named || json_fault(&all, "it has no measurement");
}

bool measurements_parse(const char *name, const uint8_t *text, size_t len, struct boot *boot,
	struct register_values *values)
{
	struct json_at root = {.name = name}, format;
	struct flaw flaw;
	bool fine;

	*values = (struct register_values){0};
	root.value = json_parse(text, len, FULL_FILE_MAX, &flaw);
	if (!root.value)
		return flaw_complain(name, &flaw);
	if (json_has(&root, "format", &format))
		fine = read_full(&root, boot, values);
	else if (json_has(&root, "Measurements", &format))
		fine = read_aws(&root, boot, values);
	else
		fine = read_plain(&root, boot, values);
	json_object_put(root.value);
	return fine;
}

bool measurements_read(const char *path, struct boot *boot, struct register_values *values)
{
	struct mapped file;
	bool fine;

	if (!file_map(path, &file))
		return false;
	fine = measurements_parse(path, file.data, file.len, boot, values);
	file_unmap(&file);
	return fine;
}
