/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/gpt.h"
#include "tools/lib/report.h"
#include "tools/measure/firmware/firmware_private.h"

#define HEADER_LEN 92u /* EFI_PARTITION_TABLE_HEADER (UEFI 5.3.2) */

static bool is_used(const uint8_t *entry)
{
	static const uint8_t unused[GUID_LEN];

	return memcmp(entry, unused, GUID_LEN) != 0;
}

static struct boot_piece on_disk(const struct boot_image *image, const uint8_t *at, size_t len)
{
	return (struct boot_piece){.data = at,
		.len = len,
		.source = image->disk_source,
		.offset = (uint64_t)(at - image->disk)};
}

/* Entries in a row are one piece. */
static bool add_entries(struct boot *boot, struct boot_event *event, const struct boot_image *image,
	const struct gpt *gpt)
{
	const size_t len = gpt->entry_len;

	for (uint32_t i = 0, run; i < gpt->entry_count; i += run + 1) {
		const uint8_t *first = gpt->entries + i * len;
		struct boot_piece piece;

		for (run = 0; i + run < gpt->entry_count && is_used(first + run * len); run++)
			;
		piece = on_disk(image, first, run * len);
		if (run && !boot_piece(boot, event, &piece))
			return false;
	}
	return true;
}

static void show(struct boot *boot, struct boot_event *event)
{
	struct bytes shown = {0};

	for (size_t i = 0; i < event->piece_count; i++)
		bytes_add(&shown, event->pieces[i].data, event->pieces[i].len);
	boot_show(boot, event, shown.data, shown.len);
	bytes_free(&shown);
}

/* UEFI_GPT_DATA (PFP 10.4.1): the header, how many entries are in use, and those entries. */
static bool add_table(struct boot *boot, const struct boot_image *image, const struct gpt *gpt)
{
	struct boot_event *event = boot_add(boot, PCR_PARTITION_TABLE, TCG_EFI_GPT, RULE_GPT, "",
		"partition table of the boot disk");
	struct boot_piece head = on_disk(image, gpt->header, HEADER_LEN), used;
	uint8_t number[8];

	put_le64(number, gpt->count);
	used = (struct boot_piece){
		.data = boot_keep(boot, number, sizeof(number)), .len = sizeof(number)};
	if (!boot_piece(boot, event, &head) || !boot_piece(boot, event, &used) ||
		!add_entries(boot, event, image, gpt))
		return false;
	show(boot, event);
	if (gpt->ambiguous)
		boot_remark(boot, PCR_PARTITION_TABLE,
			boot_text(boot,
				"on a disk with sectors of %u bytes: the image has a table for "
				"others too",
				gpt->sector));
	return true;
}

bool partition_table_event(struct boot *boot, const struct boot_image *image)
{
	struct gpt *gpt = must_alloc(sizeof(*gpt));
	enum gpt_result result = gpt_read(image->disk, image->disk_len, gpt);
	bool fine = result == GPT_OK ? add_table(boot, image, gpt)
				     : complain("%s: %s", image->disk_source, gpt_error(result));

	free(gpt);
	return fine;
}
