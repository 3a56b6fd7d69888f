#include <string.h>
#include "tools/lib/gpt.h"
#include "tools/lib/report.h"
#include "tools/measure/firmware/state.h"

#define HEADER_LEN  92u /* EFI_PARTITION_TABLE_HEADER (UEFI 5.3.2) */
#define ENTRIES_LBA 72u
#define PCR_CONFIG  5u

/* UEFI_GPT_DATA (PFP 10.4.1): the header, how many entries are in use, and those entries. */
bool partition_table_event(struct boot *boot, const struct boot_image *image)
{
	static const uint8_t unused[GUID_LEN];
	const uint8_t *header, *entries;
	struct bytes data = {0};
	uint64_t count = 0;
	struct gpt gpt;
	enum gpt_result result = gpt_read(image->disk, image->disk_len, &gpt);
	bool fine;

	if (result != GPT_OK)
		return complain("%s: %s", image->disk_source, gpt_error(result));
	header = image->disk + GPT_SECTOR;
	entries = image->disk + le64(header + ENTRIES_LBA) * GPT_SECTOR;
	bytes_add(&data, header, HEADER_LEN);
	bytes_zeros(&data, sizeof(count));
	for (unsigned i = 0; i < GPT_ENTRIES; i++) {
		if (memcmp(entries + i * GPT_ENTRY_LEN, unused, GUID_LEN) == 0)
			continue;
		bytes_add(&data, entries + i * GPT_ENTRY_LEN, GPT_ENTRY_LEN);
		count++;
	}
	put_le64(data.data + HEADER_LEN, count);
	fine = boot_add_shown(boot, PCR_CONFIG, TCG_EFI_GPT, RULE_GPT, "",
		       "partition table of the boot disk", data.data, data.len) != NULL;
	bytes_free(&data);
	return fine;
}
