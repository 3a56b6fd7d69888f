#include <string.h>
#include "tools/lib/gpt.h"
#include "tools/lib/report.h"
#include "tools/measure/firmware/state.h"

#define HEADER_LEN  92u /* EFI_PARTITION_TABLE_HEADER (UEFI 5.3.2) */
#define ENTRIES_LBA 72u

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
	const uint8_t *entries)
{
	for (unsigned i = 0, run; i < GPT_ENTRIES; i += run + 1) {
		const uint8_t *first = entries + (size_t)i * GPT_ENTRY_LEN;
		struct boot_piece piece;

		for (run = 0; i + run < GPT_ENTRIES && is_used(first + run * GPT_ENTRY_LEN); run++)
			;
		piece = on_disk(image, first, (size_t)run * GPT_ENTRY_LEN);
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
bool partition_table_event(struct boot *boot, const struct boot_image *image)
{
	struct boot_event *event = boot_add(boot, PCR_PARTITION_TABLE, TCG_EFI_GPT, RULE_GPT, "",
		"partition table of the boot disk");
	const uint8_t *header, *entries;
	struct boot_piece head, used;
	uint8_t number[8];
	uint64_t count = 0;
	struct gpt gpt;
	enum gpt_result result = gpt_read(image->disk, image->disk_len, &gpt);

	if (result != GPT_OK)
		return complain("%s: %s", image->disk_source, gpt_error(result));
	header = image->disk + GPT_SECTOR;
	entries = image->disk + le64(header + ENTRIES_LBA) * GPT_SECTOR;
	for (unsigned i = 0; i < GPT_ENTRIES; i++)
		count += is_used(entries + (size_t)i * GPT_ENTRY_LEN);
	put_le64(number, count);
	head = on_disk(image, header, HEADER_LEN);
	used = (struct boot_piece){
		.data = boot_keep(boot, number, sizeof(number)), .len = sizeof(number)};
	if (!boot_piece(boot, event, &head) || !boot_piece(boot, event, &used) ||
		!add_entries(boot, event, image, entries))
		return false;
	show(boot, event);
	return true;
}
