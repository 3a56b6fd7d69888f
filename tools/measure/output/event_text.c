#include "tools/measure/output/event_text.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/bank.h"
#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"
#include "tools/lib/printable.h"
#include "tools/measure/model/boot.h"

#define SHOWN_MAX	    120u /* characters of a text */
#define VARIABLE_HEADER	    32u	 /* UEFI_VARIABLE_DATA before the name (PFP 10.2.6) */
#define IMAGE_HEADER	    32u	 /* UEFI_IMAGE_LOAD_EVENT before the device path (PFP 10.2.3) */
#define GPT_HEADER	    100u /* UEFI_GPT_DATA before the partitions (PFP 10.2.5) */
#define DEVICE_PATH_MEDIA   0x04 /* UEFI 10.3.5 */
#define DEVICE_PATH_IN_FILE 0x04 /* UEFI 10.3.5.4: a file's name */

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

/* UTF-16LE whose characters beyond ASCII are shown as "?". */
static char *narrow(const uint8_t *data, size_t len)
{
	struct bytes text = {0};
	char *fit;

	for (size_t i = 0; i + 1 < len; i += 2) {
		uint16_t c = le16(data + i);

		if (!c)
			break;
		bytes_add(&text, c < 0x80 ? (const void *)(data + i) : "?", 1);
	}
	fit = printable(text.data, text.len, SHOWN_MAX);
	bytes_free(&text);
	return fit;
}

static char *plain_text(const uint8_t *data, size_t len)
{
	while (len && !data[len - 1] && !is_wide(data, len))
		len--;
	return is_wide(data, len) ? narrow(data, len) : printable(data, len, SHOWN_MAX);
}

static char *hex_text(const uint8_t *data, size_t len)
{
	char hex[2 * 16 + 1];

	hex_encode(data, len < 16 ? len : 16, hex);
	return must_format("%zu bytes%s%s%s", len, len ? ": " : "", hex, len > 16 ? "..." : "");
}

static char *variable_text(const uint8_t *data, size_t len)
{
	uint64_t chars, bytes;
	char *name, *text;

	if (len < VARIABLE_HEADER)
		return hex_text(data, len);
	chars = le64(data + 16);
	bytes = le64(data + 24);
	if (chars > (len - VARIABLE_HEADER) / 2 || bytes > len - VARIABLE_HEADER - 2 * chars)
		return hex_text(data, len);
	name = narrow(data + VARIABLE_HEADER, 2 * chars);
	text = must_format("variable %s, %zu bytes", name, (size_t)bytes);
	free(name);
	return text;
}

/* The file in a device path; NULL: there is none, or the path is broken. */
static char *file_in_path(const uint8_t *path, size_t len)
{
	while (len >= 4) {
		size_t node = le16(path + 2);

		if (node < 4 || node > len)
			return NULL;
		if (path[0] == DEVICE_PATH_MEDIA && path[1] == DEVICE_PATH_IN_FILE)
			return narrow(path + 4, node - 4);
		path += node;
		len -= node;
	}
	return NULL;
}

static char *image_text(const uint8_t *data, size_t len)
{
	char *file, *text;

	if (len < IMAGE_HEADER)
		return hex_text(data, len);
	file = file_in_path(data + IMAGE_HEADER, len - IMAGE_HEADER);
	text = must_format("image of %llu bytes%s%s", (unsigned long long)le64(data + 8),
		file ? ": " : "", file ? file : "");
	free(file);
	return text;
}

static char *gpt_text(const uint8_t *data, size_t len)
{
	if (len < GPT_HEADER)
		return hex_text(data, len);
	return must_format("partition table, %llu partitions",
		(unsigned long long)le64(data + GPT_HEADER - 8));
}

static char *tag_text(const uint8_t *data, size_t len)
{
	if (len < 8 || le32(data + 4) != len - 8)
		return hex_text(data, len);
	return plain_text(data + 8, len - 8);
}

static char *blob_text(const uint8_t *data, size_t len)
{
	if (len != 16)
		return plain_text(data, len);
	return must_format("0x%llx+0x%llx", (unsigned long long)le64(data),
		(unsigned long long)le64(data + 8));
}

char *event_text(const struct event *event)
{
	switch (event->type) {
	case TCG_EFI_VARIABLE_DRIVER_CONFIG:
	case TCG_EFI_VARIABLE_BOOT:
	case TCG_EFI_VARIABLE_BOOT2:
	case TCG_EFI_VARIABLE_AUTHORITY:
		return variable_text(event->data, event->data_len);
	case TCG_EFI_APPLICATION:
	case 0x80000004: /* EV_EFI_BOOT_SERVICES_DRIVER */
	case 0x80000005: /* EV_EFI_RUNTIME_SERVICES_DRIVER */
		return image_text(event->data, event->data_len);
	case TCG_EFI_GPT:
		return gpt_text(event->data, event->data_len);
	case TCG_EVENT_TAG:
		return tag_text(event->data, event->data_len);
	case TCG_EFI_FIRMWARE_BLOB:
		return blob_text(event->data, event->data_len);
	case TCG_ACTION:
	case TCG_EFI_ACTION:
	case TCG_IPL:
	case TCG_CRTM_VERSION:
	case TCG_CRTM_CONTENTS:
	case TCG_PLATFORM_CONFIG:
	case TCG_NO_ACTION:
		return plain_text(event->data, event->data_len);
	default:
		return hex_text(event->data, event->data_len);
	}
}
