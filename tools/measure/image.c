#include <string.h>
#include "efi/contract/pe.h"
#include "tools/lib/fat.h"
#include "tools/lib/file.h"
#include "tools/lib/gpt.h"
#include "tools/lib/report.h"
#include "tools/measure/measure.h"

static const struct gpt_partition *find_esp(const struct gpt *gpt)
{
	uint8_t type[GUID_LEN];

	guid_parse(GPT_TYPE_ESP, type);
	for (size_t i = 0; i < gpt->count; i++)
		if (memcmp(gpt->partitions[i].type, type, GUID_LEN) == 0)
			return &gpt->partitions[i];
	return NULL;
}

static bool read_from_esp(const char *path, const uint8_t *fs, size_t len, struct bytes *out)
{
	static const char *const names[] = {"EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/BOOTAA64.EFI"};
	enum fat_result result = FAT_NOT_FOUND;

	for (size_t i = 0; result == FAT_NOT_FOUND && i < 2; i++)
		result = fat_read_file(fs, len, names[i], out);
	return result == FAT_OK ||
	       complain("%s, EFI system partition, %s: %s", path, names[0], fat_error(result));
}

static bool read_from_disk(const char *path, const struct mapped *disk, struct bytes *out)
{
	const struct gpt_partition *esp;
	struct gpt gpt;
	enum gpt_result result = gpt_read(disk->data, disk->len, &gpt);

	if (result != GPT_OK)
		return complain(
			"%s is neither an EFI image nor a disk image: %s", path, gpt_error(result));
	esp = find_esp(&gpt);
	if (!esp)
		return complain("%s has no EFI system partition", path);
	return read_from_esp(path, disk->data + esp->first * GPT_SECTOR,
		(size_t)(esp->last - esp->first + 1) * GPT_SECTOR, out);
}

bool image_read_uki(const char *path, struct bytes *out)
{
	struct mapped file;
	bool fine = true;

	if (!file_map(path, &file))
		return false;
	if (file.len > 2 && file.data[0] == 'M' && file.data[1] == 'Z')
		bytes_add(out, file.data, file.len);
	else
		fine = read_from_disk(path, &file, out);
	file_unmap(&file);
	return fine;
}
