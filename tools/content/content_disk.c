/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk image: the fields of its partition table, then what is in the partitions. */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/fat.h"
#include "tools/lib/gpt.h"
#include "tools/lib/printable.h"
#include "tools/content/content_private.h"

#define DISK_GUID_AT 56u /* in the header */

static void tell_guid(const struct content_at *at, const char *aspect, const uint8_t a[GUID_LEN],
	const uint8_t b[GUID_LEN])
{
	char text_a[GUID_TEXT], text_b[GUID_TEXT];
	struct content_values values = {.a = text_a, .b = text_b};

	if (memcmp(a, b, GUID_LEN) == 0)
		return;
	guid_text(a, text_a);
	guid_text(b, text_b);
	content_tell(at, FINDING_CHANGED, aspect, &values);
}

static void tell_partition(const struct content_at *outer, enum finding_change change,
	const struct gpt_partition *p, size_t number)
{
	char *step = must_format("partition %zu", number);
	char *name = printable(p->name, strlen(p->name), PRINTABLE_MAX);
	char *text = must_format("%s, sectors %llu to %llu", name, (unsigned long long)p->first,
		(unsigned long long)p->last);
	struct content_at at = content_enter(outer, step);
	struct content_values values = {.a = change == FINDING_REMOVED ? text : NULL,
		.b = change == FINDING_ADDED ? text : NULL};

	content_tell(&at, change, "partition", &values);
	free(text);
	free(name);
	free(step);
}

static bool is_esp(const struct gpt_partition *p)
{
	return guid_is(p->type, GPT_TYPE_ESP);
}

/* What firmware would start from the partition; the rest of the file system is bytes. */
static void compare_boot_files(
	const struct content_at *outer, const struct content *a, const struct content *b)
{
	static const char *const paths[] = {"EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/BOOTAA64.EFI"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct bytes in_a = {0}, in_b = {0};
		struct content_at at = content_enter(outer, paths[i]);

		if (fat_read_file(a->data, a->len, paths[i], &in_a) == FAT_OK &&
			fat_read_file(b->data, b->len, paths[i], &in_b) == FAT_OK) {
			struct content file_a = {in_a.data, in_a.len};
			struct content file_b = {in_b.data, in_b.len};

			content_compare(&at, CONTENT_PE, &file_a, &file_b);
		}
		bytes_free(&in_a);
		bytes_free(&in_b);
	}
}

static struct content contents_of(
	const struct content *disk, const struct gpt *gpt, const struct gpt_partition *p)
{
	size_t at, len;

	gpt_extent(gpt, p, &at, &len);
	return (struct content){disk->data + at, len};
}

/* Its row in the table. */
static void compare_row(
	const struct content_at *at, const struct gpt_partition *x, const struct gpt_partition *y)
{
	char *name_a = printable(x->name, strlen(x->name), PRINTABLE_MAX);
	char *name_b = printable(y->name, strlen(y->name), PRINTABLE_MAX);
	struct content_values names = {.a = name_a, .b = name_b};

	tell_guid(at, "type GUID", x->type, y->type);
	tell_guid(at, "partition GUID", x->uuid, y->uuid);
	content_tell_number(at, "first sector", BASE_DECIMAL, x->first, y->first);
	content_tell_number(at, "last sector", BASE_DECIMAL, x->last, y->last);
	content_tell_number(at, "attributes", BASE_HEX, x->attributes, y->attributes);
	if (strcmp(name_a, name_b) != 0)
		content_tell(at, FINDING_CHANGED, "name", &names);
	free(name_a);
	free(name_b);
}

/*
 * No register shows what is in a partition, but for the file that firmware starts. i is the
 * partition's place in both tables.
 */
static void compare_contents(const struct content_at *at, const struct content *a,
	const struct gpt *table_a, const struct content *b, const struct gpt *table_b, size_t i)
{
	const struct gpt_partition *x = &table_a->partitions[i], *y = &table_b->partitions[i];
	struct content in_a = contents_of(a, table_a, x), in_b = contents_of(b, table_b, y);
	size_t before = *at->told;

	if (is_esp(x) && is_esp(y))
		compare_boot_files(at, &in_a, &in_b);
	if (*at->told == before) {
		struct content_at bytes = *at;

		bytes.left_unmeasured = true;
		content_compare(&bytes, CONTENT_OPAQUE, &in_a, &in_b);
	}
}

static void compare_tables(const struct content_at *at, const struct content *a,
	const struct gpt *in_a, const struct content *b, const struct gpt *in_b, bool table_only)
{
	size_t most = in_a->count > in_b->count ? in_a->count : in_b->count;

	content_tell_number(at, "size in bytes", BASE_DECIMAL, a->len, b->len);
	content_tell_number(at, "sector size in bytes", BASE_DECIMAL, in_a->sector, in_b->sector);
	tell_guid(at, "disk GUID", in_a->header + DISK_GUID_AT, in_b->header + DISK_GUID_AT);
	for (size_t i = 0; i < most; i++) {
		char *step = must_format("partition %zu", i + 1);
		struct content_at inner = content_enter(at, step);

		if (i >= in_b->count)
			tell_partition(at, FINDING_REMOVED, &in_a->partitions[i], i + 1);
		else if (i >= in_a->count)
			tell_partition(at, FINDING_ADDED, &in_b->partitions[i], i + 1);
		if (i < in_a->count && i < in_b->count) {
			compare_row(&inner, &in_a->partitions[i], &in_b->partitions[i]);
			if (!table_only)
				compare_contents(&inner, a, in_a, b, in_b, i);
		}
		free(step);
	}
}

static bool read_one(
	const struct content_at *at, bool is_b, const struct content *disk, struct gpt *out)
{
	enum gpt_result result = gpt_read(disk->data, disk->len, out);

	if (result != GPT_OK)
		content_tell_unreadable(at, is_b, GPT_SECTOR, gpt_error(result));
	return result == GPT_OK;
}

static void compare_disks(const struct content_at *at, const struct content *a,
	const struct content *b, bool table_only)
{
	struct gpt *in_a = must_alloc(sizeof(*in_a)), *in_b = must_alloc(sizeof(*in_b));
	bool fine_a = read_one(at, false, a, in_a), fine_b = read_one(at, true, b, in_b);

	if (fine_a && fine_b)
		compare_tables(at, a, in_a, b, in_b, table_only);
	free(in_a);
	free(in_b);
}

/* content_compare() falls back to comparing bytes when nothing is told here. */
void content_disk(const struct content_at *at, const struct content *a, const struct content *b)
{
	compare_disks(at, a, b, false);
}

void content_gpt(const struct content_at *at, const struct content *a, const struct content *b)
{
	compare_disks(at, a, b, true);
}
