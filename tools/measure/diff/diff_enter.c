/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs in the files behind two boots: the images themselves, then what else was measured.
 */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/file.h"
#include "tools/lib/hex.h"
#include "tools/lib/printable.h"
#include "tools/measure/diff/diff.h"

#define JOINED_MAX (256u << 20) /* bytes of one event's pieces that are put together */

/* The bytes that were hashed, as far as they are at hand. own keeps them where they had to be
 * joined; the caller frees it. */
static bool bytes_of(const struct boot_event *e, struct bytes *own, struct content *out)
{
	uint64_t total = 0;

	for (size_t i = 0; i < e->piece_count; i++) {
		const struct boot_piece *p = &e->pieces[i];

		if (p->len && !p->data)
			return false;
		total += (uint64_t)p->len + p->zeros;
	}
	if (!e->piece_count || total > JOINED_MAX)
		return false;
	for (size_t i = 0; i < e->piece_count; i++) {
		bytes_add(own, e->pieces[i].data, e->pieces[i].len);
		bytes_zeros(own, e->pieces[i].zeros);
	}
	*out = (struct content){own->data, own->len};
	return true;
}

/* What a log shows counts only when it is what was hashed. */
static bool shown_bytes_of(const struct boot_event *e, struct content *out)
{
	uint8_t digest[BANK_DIGEST_MAX];

	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (!(e->banks & BANK_BIT(bank)))
			continue;
		bank_hash((enum bank)bank, e->data, e->data_len, digest);
		*out = (struct content){e->data, e->data_len};
		return e->data_len &&
		       memcmp(digest, e->digest[bank], bank_len((enum bank)bank)) == 0;
	}
	return false;
}

/* UTF-16 as firmware has it; what is not ASCII becomes a question mark. */
static struct content narrow(const struct content *wide, struct bytes *own)
{
	for (size_t i = 0; i + 1 < wide->len; i += 2) {
		uint16_t c = le16(wide->data + i);
		uint8_t shown = c < 0x80 ? (uint8_t)c : '?';

		if (c)
			bytes_add(own, &shown, 1);
	}
	return (struct content){own->data, own->len};
}

/* The contents in a UEFI_VARIABLE_DATA (PFP 10.4.1), or all of it when its sizes do not fit. */
static struct content variable_contents(const struct content *variable)
{
	const size_t head = GUID_LEN + 16;
	uint64_t name, len;

	if (variable->len < head)
		return *variable;
	name = le64(variable->data + GUID_LEN);
	len = le64(variable->data + GUID_LEN + 8);
	if (name > (variable->len - head) / 2 || len != variable->len - head - 2 * name)
		return *variable;
	return (struct content){variable->data + head + 2 * name, (size_t)len};
}

static bool is_database(const char *name)
{
	static const char *const names[] = {"PK", "KEK", "db", "dbx", "dbt", "dbr"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* One entry of db as the list that it could stand in alone, so that it is shown as such. */
static struct content as_list(const struct content *entry, struct bytes *own)
{
	static const char x509[] = "a5c059a1-94e4-4aa7-87b5-ab155c2bf072";
	uint8_t head[GUID_LEN + 12];

	guid_parse(x509, head);
	put_le32(head + GUID_LEN, (uint32_t)(sizeof(head) + entry->len));
	put_le32(head + GUID_LEN + 4, 0);
	put_le32(head + GUID_LEN + 8, (uint32_t)entry->len);
	bytes_add(own, head, sizeof(head));
	bytes_add(own, entry->data, entry->len);
	return (struct content){own->data, own->len};
}

static enum content_kind kind_of(const struct boot_event *e)
{
	switch (e->rule) {
	case RULE_SECTION_DATA:
		return content_kind_of_section(e->subject);
	case RULE_KERNEL_INITRD:
	case RULE_STUB_ARCHIVE:
		return CONTENT_INITRD;
	case RULE_LOADER_OPTIONS:
	case RULE_STUB_CMDLINE:
	case RULE_KERNEL_CMDLINE:
		return CONTENT_CMDLINE;
	case RULE_LOADER_CONFIG:
		return CONTENT_TEXT;
	case RULE_SECURE_BOOT_VARIABLE:
		return is_database(e->subject) ? CONTENT_SIGNATURES : CONTENT_OPAQUE;
	case RULE_AUTHORITY:
		return CONTENT_SIGNATURES;
	case RULE_FIRMWARE_BLOB:
		return CONTENT_FIRMWARE;
	default:
		return CONTENT_OPAQUE;
	}
}

/* From what was hashed to what it is about. own is used where the bytes have to be made anew. */
static struct content meaning(
	const struct boot_event *e, const struct content *hashed, struct bytes *own)
{
	struct content inner;

	switch (e->rule) {
	case RULE_LOADER_OPTIONS:
	case RULE_STUB_CMDLINE:
	case RULE_KERNEL_CMDLINE:
		return narrow(hashed, own);
	case RULE_SECURE_BOOT_VARIABLE:
	case RULE_BOOT_VARIABLE:
		return variable_contents(hashed);
	case RULE_AUTHORITY:
		inner = variable_contents(hashed);
		return as_list(&inner, own);
	default:
		return *hashed;
	}
}

static void enter_row(struct diff *d, const struct diff_row *row)
{
	struct bytes own[4] = {{0}, {0}, {0}, {0}};
	struct content a, b;
	struct finding_sink sink = findings_sink(&d->findings);

	if ((bytes_of(row->a, &own[0], &a) || shown_bytes_of(row->a, &a)) &&
		(bytes_of(row->b, &own[1], &b) || shown_bytes_of(row->b, &b))) {
		struct content in_a = meaning(row->a, &a, &own[2]);
		struct content in_b = meaning(row->b, &b, &own[3]);
		const char *subject = *row->a->subject ? row->a->subject : row->a->what;
		char *name = printable(subject, strlen(subject), PRINTABLE_MAX);

		content_diff(kind_of(row->a), name, &in_a, &in_b, &sink);
		free(name);
	}
	for (size_t i = 0; i < 4; i++)
		bytes_free(&own[i]);
}

/* Whether comparing the images themselves has told it already. */
static bool is_of_image(enum boot_rule rule)
{
	switch (rule) {
	case RULE_APPLICATION:
	case RULE_GPT:
	case RULE_SECTION_NAME:
	case RULE_SECTION_DATA:
	case RULE_KERNEL_IMAGE:
	case RULE_KERNEL_INITRD:
	case RULE_KERNEL_CMDLINE:
	case RULE_PROFILE:
		return true;
	default:
		return false;
	}
}

static void enter_image(struct diff *d, const struct boot_image *a, const struct boot_image *b)
{
	struct content in_a = {a->data, a->len}, in_b = {b->data, b->len};
	struct finding_sink sink = findings_sink(&d->findings);
	char *name = printable(a->name, strlen(a->name), PRINTABLE_MAX);

	content_diff(CONTENT_PE, name, &in_a, &in_b, &sink);
	free(name);
}

static void enter_stages(struct diff *d)
{
	const struct diff_side *a = d->a, *b = d->b;
	struct finding_sink sink = findings_sink(&d->findings);

	for (size_t i = 0; i < a->stage_count && i < b->stage_count; i++) {
		const struct boot_image *x = &a->stages[i], *y = &b->stages[i];
		struct content disk_a = {x->disk, x->disk_len}, disk_b = {y->disk, y->disk_len};

		if (i == 0 && a->whole_disk && b->whole_disk) {
			content_diff(CONTENT_DISK, "disk", &disk_a, &disk_b, &sink);
			continue;
		}
		enter_image(d, x, y);
		if (i == 0 && x->disk && y->disk)
			content_diff(CONTENT_GPT, "disk", &disk_a, &disk_b, &sink);
	}
}

static bool tells_firmware(const struct diff *d)
{
	return d->a->firmware && d->b->firmware && strcmp(d->a->firmware, d->b->firmware) != 0;
}

/* All volumes, not only those that firmware measures. */
static void enter_firmware(struct diff *d)
{
	struct finding_sink sink = findings_sink(&d->findings);
	struct mapped a, b;

	if (!file_map(d->a->firmware, &a))
		return;
	if (file_map(d->b->firmware, &b)) {
		struct content in_a = {a.data, a.len}, in_b = {b.data, b.len};

		content_diff(CONTENT_FIRMWARE, "firmware", &in_a, &in_b, &sink);
		file_unmap(&b);
	}
	file_unmap(&a);
}

void diff_enter(struct diff *diff)
{
	bool images = diff->a->stage_count && diff->b->stage_count;

	if (images)
		enter_stages(diff);
	if (tells_firmware(diff))
		enter_firmware(diff);
	for (size_t i = 0; i < diff->row_count; i++) {
		const struct diff_row *row = &diff->rows[i];

		if (row->state != DIFF_CHANGED || (images && is_of_image(row->a->rule)) ||
			(tells_firmware(diff) && row->a->rule == RULE_FIRMWARE_BLOB))
			continue;
		enter_row(diff, row);
	}
}
