/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/output/event_text.h"

#include <string.h>
#include "tools/lib/bank.h"
#include "tools/lib/hex.h"
#include "tools/measure/model/boot.h"
#include "tools/measure/output/device_path.h"

#define HEX_SHOWN	16u  /* bytes of data that is no text */
#define VARIABLE_HEADER 32u  /* UEFI_VARIABLE_DATA before the name (PFP 10.2.6) */
#define IMAGE_HEADER	32u  /* UEFI_IMAGE_LOAD_EVENT before the device path (PFP 10.2.3) */
#define GPT_HEADER	100u /* UEFI_GPT_DATA before the partitions (PFP 10.2.5) */

/* What is shown, and where and how. */
struct shown {
	const uint8_t *data;
	size_t len;
	const struct printable_form *form;
	struct bytes *out;
};

/* ASCII as UTF-16: every other byte is zero, the others are not. */
static bool is_wide(const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i + 1 < len && data[i] && !data[i + 1]; i += 2)
		;
	return len > 3 && (i == len || (i + 2 == len && !data[i] && !data[i + 1]));
}

/* Whether these bytes lead to every digest that is known here, of which there is at least one. */
static bool leads_to_digests(const struct event *event, const void *data, size_t len)
{
	bool proven = false;

	for (size_t i = 0; i < event->digest_count; i++) {
		uint8_t digest[BANK_DIGEST_MAX];
		enum bank bank;

		if (!bank_by_alg(event->digests[i].alg, &bank) ||
			event->digests[i].len != bank_len(bank))
			continue;
		bank_hash(bank, data, len, digest);
		if (memcmp(digest, event->digests[i].data, bank_len(bank)) != 0)
			return false;
		proven = true;
	}
	return proven;
}

/* Stubs measure a section's name in ASCII with its NUL and show it in UTF-16. */
static bool name_proven(const struct event *event)
{
	char name[32];
	size_t chars = event->data_len / 2;

	if (event->type != TCG_IPL || chars > sizeof(name) ||
		!is_wide(event->data, event->data_len))
		return false;
	for (size_t i = 0; i < chars; i++)
		name[i] = (char)event->data[2 * i];
	return leads_to_digests(event, name, chars);
}

bool event_text_proven(const struct event *event)
{
	return leads_to_digests(event, event->data, event->data_len) || name_proven(event);
}

bool text_is_utf16(const uint8_t *data, size_t len)
{
	if (len < 4 || len % 2 || le16(data + len - 2))
		return false;
	for (size_t i = 0; i + 2 < len; i += 2)
		if (!le16(data + i))
			return false;
	return true;
}

static void add_hex(const struct shown *s)
{
	char hex[2 * HEX_SHOWN + 1];

	hex_encode(s->data, s->len < HEX_SHOWN ? s->len : HEX_SHOWN, hex);
	bytes_addf(s->out, "%zu bytes%s%s%s", s->len, s->len ? ": " : "", hex,
		s->len > HEX_SHOWN ? "..." : "");
}

static void add_text(const struct shown *s)
{
	size_t len = s->len;

	if (is_wide(s->data, len) || text_is_utf16(s->data, len)) {
		printable_add_utf16(s->out, s->data, len, s->form);
		return;
	}
	while (len && !s->data[len - 1])
		len--;
	printable_add(s->out, s->data, len, s->form);
}

static void add_variable(const struct shown *s)
{
	uint64_t chars, bytes;

	if (s->len < VARIABLE_HEADER) {
		add_hex(s);
		return;
	}
	chars = le64(s->data + 16);
	bytes = le64(s->data + 24);
	if (chars > (s->len - VARIABLE_HEADER) / 2 ||
		bytes > s->len - VARIABLE_HEADER - 2 * chars) {
		add_hex(s);
		return;
	}
	bytes_add_text(s->out, "variable ");
	printable_add_utf16(s->out, s->data + VARIABLE_HEADER, 2 * (size_t)chars, s->form);
	bytes_addf(s->out, ", %llu bytes", (unsigned long long)bytes);
}

static void add_image(const struct shown *s)
{
	size_t left = s->len - IMAGE_HEADER;
	uint64_t path;

	if (s->len < IMAGE_HEADER) {
		add_hex(s);
		return;
	}
	path = le64(s->data + 24);
	bytes_addf(s->out, "image of %llu bytes: ", (unsigned long long)le64(s->data + 8));
	device_path_add(s->out, s->data + IMAGE_HEADER, path < left ? (size_t)path : left, s->form);
}

static void add_gpt(const struct shown *s)
{
	if (s->len < GPT_HEADER)
		add_hex(s);
	else
		bytes_addf(s->out, "partition table, %llu partitions",
			(unsigned long long)le64(s->data + GPT_HEADER - 8));
}

static void add_tagged(const struct shown *s)
{
	struct shown inner = *s;

	if (s->len < 8 || le32(s->data + 4) != s->len - 8) {
		add_hex(s);
		return;
	}
	bytes_addf(s->out, "tag 0x%08x ", le32(s->data));
	inner.data += 8;
	inner.len -= 8;
	add_text(&inner);
}

static void add_blob(const struct shown *s)
{
	if (s->len == 16)
		bytes_addf(s->out, "volume at 0x%llx, %llu bytes",
			(unsigned long long)le64(s->data), (unsigned long long)le64(s->data + 8));
	else
		add_text(s);
}

void event_text(struct bytes *out, uint32_t type, const uint8_t *data, size_t len,
	const struct printable_form *form)
{
	const struct shown shown = {.data = data, .len = len, .form = form, .out = out};

	switch (type) {
	case TCG_EFI_VARIABLE_DRIVER_CONFIG:
	case TCG_EFI_VARIABLE_BOOT:
	case TCG_EFI_VARIABLE_BOOT2:
	case TCG_EFI_VARIABLE_AUTHORITY:
		add_variable(&shown);
		break;
	case TCG_EFI_APPLICATION:
	case 0x80000004: /* EV_EFI_BOOT_SERVICES_DRIVER */
	case 0x80000005: /* EV_EFI_RUNTIME_SERVICES_DRIVER */
		add_image(&shown);
		break;
	case TCG_EFI_GPT:
		add_gpt(&shown);
		break;
	case TCG_EVENT_TAG:
		add_tagged(&shown);
		break;
	case TCG_EFI_FIRMWARE_BLOB:
		add_blob(&shown);
		break;
	case TCG_ACTION:
	case TCG_EFI_ACTION:
	case TCG_IPL:
	case TCG_CRTM_VERSION:
	case TCG_CRTM_CONTENTS:
	case TCG_PLATFORM_CONFIG:
	case TCG_NO_ACTION:
		add_text(&shown);
		break;
	default:
		add_hex(&shown);
	}
}
