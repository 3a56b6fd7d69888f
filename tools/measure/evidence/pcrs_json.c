/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include "tools/lib/json_read.h"
#include "tools/measure/evidence/evidence.h"
#include "tools/measure/evidence/pcrs_json.h"

static bool pcr_by_name(const char *name, unsigned *out)
{
	char again[8];

	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		snprintf(again, sizeof(again), "%u", pcr);
		if (strcmp(again, name) == 0) {
			*out = pcr;
			return true;
		}
	}
	return false;
}

static bool read_bank(const struct json_at *at, enum bank bank, struct register_values *values)
{
	if (!json_object_is_type(at->value, json_type_object))
		return json_fault(at, "it must be an object");
	json_object_object_foreach(at->value, name, value)
	{
		struct json_at one = {value, at, name, 0};
		uint8_t digest[BANK_DIGEST_MAX];
		unsigned pcr;

		if (!pcr_by_name(name, &pcr))
			return json_fault(&one, "that is no PCR, 0 to 23");
		if (!json_get_hex(&one, digest, bank_len(bank)))
			return false;
		evidence_value(values, bank, pcr, digest);
	}
	return true;
}

static bool read_banks(const struct json_at *root, struct register_values *values)
{
	json_object_object_foreach(root->value, name, value)
	{
		struct json_at one = {value, root, name, 0};
		enum bank bank;

		if (strcmp(name, "events") == 0)
			continue; /* of replay --events: the values are what they lead to */
		if (!bank_by_name(name, &bank))
			return json_fault(&one, "that is no bank: sha1, sha256, sha384 or sha512");
		if (!read_bank(&one, bank, values))
			return false;
	}
	return values->banks || json_fault(root, "there is no PCR value in it");
}

/* A row of systemd-analyze pcrs: {"nr":4,"name":"boot-loader-code","sha256":"hex"}. */
static bool read_row(const struct json_at *at, struct register_values *values)
{
	struct json_at member;
	uint64_t pcr;

	if (!json_object_is_type(at->value, json_type_object))
		return json_fault(at, "it must be an object");
	if (!json_member(at, "nr", &member) || !json_get_number(&member, BOOT_PCRS - 1, &pcr))
		return false;
	json_object_object_foreach(at->value, name, value)
	{
		struct json_at one = {value, at, name, 0};
		uint8_t digest[BANK_DIGEST_MAX];
		enum bank bank;

		if (strcmp(name, "nr") == 0 || strcmp(name, "name") == 0)
			continue;
		if (!bank_by_name(name, &bank))
			return json_fault(&one, "that is no bank: sha1, sha256, sha384 or sha512");
		if (!json_get_hex(&one, digest, bank_len(bank)))
			return false;
		if (!evidence_value(values, bank, (unsigned)pcr, digest))
			return json_fault(&one, "the PCR has another value before");
	}
	return true;
}

static bool read_rows(const struct json_at *root, struct register_values *values)
{
	struct json_at item;
	size_t count;

	if (!json_list(root, BOOT_PCRS, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		item = json_item(root, i);
		if (!read_row(&item, values))
			return false;
	}
	return values->banks || json_fault(root, "there is no PCR value in it");
}

static bool read_measurements(
	const char *name, const uint8_t *text, size_t len, struct register_values *values)
{
	struct boot boot;
	bool good;

	boot_init(&boot);
	good = measurements_parse(name, text, len, &boot, values);
	boot_free(&boot);
	return good;
}

bool evidence_pcrs_json(
	const char *name, const uint8_t *text, size_t len, struct register_values *values)
{
	struct flaw flaw = {0};
	struct json_object *value = json_parse(text, len, EVIDENCE_FILE_MAX, &flaw);
	struct json_at root = {value, NULL, name, 0};
	bool good;

	*values = (struct register_values){0};
	if (!value)
		return flaw_complain(name, &flaw);
	if (json_object_is_type(value, json_type_array))
		good = read_rows(&root, values);
	else if (!json_object_is_type(value, json_type_object))
		good = json_fault(&root, "it must be an object");
	else if (json_object_object_get_ex(value, "measurements", NULL) ||
		 json_object_object_get_ex(value, "Measurements", NULL))
		good = read_measurements(name, text, len, values);
	else
		good = read_banks(&root, values);
	json_object_put(value);
	return good;
}
