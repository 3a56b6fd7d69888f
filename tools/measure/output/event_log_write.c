/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event log that a predicted boot would leave. What a log shows of an event is not hashed in
 * general, and files do not always determine it: readers that expect a structure there then get an
 * empty one of its least size.
 */
#include <stdio.h>
#include <string.h>
#include "tools/lib/json_text.h"
#include "tools/measure/output/output.h"

#define SPEC_ID_EVENT "Spec ID Event03" /* with its NUL: 16 bytes */

static void add_number(struct bytes *out, uint32_t value, size_t width)
{
	uint8_t number[4];

	put_le32(number, value);
	bytes_add(out, number, width);
}

static unsigned count_banks(unsigned banks)
{
	return (unsigned)__builtin_popcount(banks);
}

/* TCG_EfiSpecIDEvent in a TCG_PCR_EVENT (PFP 10.2.1.1 and 10.4.5.1): the digests that follow. */
static void add_header(struct bytes *out, unsigned banks)
{
	static const uint8_t versions[] = {0, 2, 0, 2}; /* minor, major, errata, 64-bit integers */

	add_number(out, 0, 4);
	add_number(out, TCG_NO_ACTION, 4);
	bytes_zeros(out, bank_len(BANK_SHA1));
	add_number(out, 16 + 4 + 4 + 4 + 4 * count_banks(banks) + 1, 4);
	bytes_add(out, SPEC_ID_EVENT, 16);
	add_number(out, 0, 4); /* platform class: client */
	bytes_add(out, versions, sizeof(versions));
	add_number(out, count_banks(banks), 4);
	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (!(banks & BANK_BIT(bank)))
			continue;
		add_number(out, bank_alg((enum bank)bank), 2);
		add_number(out, (uint32_t)bank_len((enum bank)bank), 2);
	}
	add_number(out, 0, 1); /* no vendor information */
}

/* The least that a reader expects of an event of this type. */
static size_t least_data(uint32_t type)
{
	switch (type) {
	case TCG_EFI_APPLICATION:	     /* UEFI_IMAGE_LOAD_EVENT without a device path */
	case TCG_EFI_VARIABLE_DRIVER_CONFIG: /* UEFI_VARIABLE_DATA without name and contents */
	case TCG_EFI_VARIABLE_BOOT:
	case TCG_EFI_VARIABLE_BOOT2:
	case TCG_EFI_VARIABLE_AUTHORITY:
		return 32;
	case TCG_EFI_FIRMWARE_BLOB:
		return 16; /* UEFI_PLATFORM_FIRMWARE_BLOB */
	case TCG_EFI_GPT:
		return 100; /* UEFI_GPT_DATA without partitions */
	default:
		return 0;
	}
}

static void add_event(struct bytes *out, const struct boot_event *event, unsigned banks)
{
	size_t len = event->data_len ? event->data_len : least_data(event->type);

	add_number(out, event->pcr, 4);
	add_number(out, event->type, 4);
	add_number(out, count_banks(banks), 4);
	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (!(banks & BANK_BIT(bank)))
			continue;
		add_number(out, bank_alg((enum bank)bank), 2);
		bytes_add(out, event->digest[bank], bank_len((enum bank)bank));
	}
	add_number(out, (uint32_t)len, 4);
	bytes_add(out, event->data, event->data_len);
	bytes_zeros(out, len - event->data_len);
}

/* A register that files do not determine has events missing: some of them would lead astray. */
static bool goes_in(const struct boot *boot, const struct boot_event *event)
{
	return (event->to & BOOT_TO_TPM) && !boot->unknown[event->pcr];
}

void output_tcg2(const struct boot *boot, struct bytes *out)
{
	add_header(out, boot->banks);
	for (size_t i = 0; i < boot->count; i++)
		if (goes_in(boot, &boot->events[i]))
			add_event(out, &boot->events[i], boot->banks);
}

static void put_record(
	struct json_text *json, const struct boot_event *event, unsigned banks, uint64_t number)
{
	const char *name = tcg_event_name(event->type);

	json_open(json, NULL, '{');
	json_number(json, "recnum", number);
	json_number(json, "pcr", event->pcr);
	json_open(json, "digests", '[');
	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (!(banks & BANK_BIT(bank)))
			continue;
		json_open(json, NULL, '{');
		json_string(json, "hashAlg", bank_name((enum bank)bank));
		json_hex(json, "digest", event->digest[bank], bank_len((enum bank)bank));
		json_close(json);
	}
	json_close(json);
	json_string(json, "content_type", "pcclient_std");
	json_open(json, "content", '{');
	if (name)
		json_string(json, "event_type", name);
	else
		json_number(json, "event_type", event->type);
	json_hex(json, "event_data", event->data, event->data_len);
	json_close(json);
	json_close(json);
}

void output_cel(const struct boot *boot, struct bytes *out)
{
	struct json_text json;
	uint64_t number = 0;

	json_start_lines(&json, out, 1);
	json_open(&json, NULL, '[');
	for (size_t i = 0; i < boot->count; i++)
		if (goes_in(boot, &boot->events[i]))
			put_record(&json, &boot->events[i], boot->banks, number++);
	json_close(&json);
}
