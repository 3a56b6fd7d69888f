#include "tools/measure/image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/lib/bytes.h"
#include "tools/lib/fat.h"
#include "tools/lib/gpt.h"
#include "tools/lib/report.h"
#include "tools/measure/model/boot.h"

/* What firmware starts when no boot option names something else (UEFI 3.5.1.1). */
static const char *const default_paths[] = {"EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/BOOTAA64.EFI"};
#define DEFAULT_PATHS (sizeof(default_paths) / sizeof(default_paths[0]))

static const struct gpt_partition *find_esp(const struct gpt *gpt)
{
	for (size_t i = 0; i < gpt->count; i++)
		if (guid_is(gpt->partitions[i].type, GPT_TYPE_ESP))
			return &gpt->partitions[i];
	return NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool read_from_esp(
	struct boot *boot, const char *disk, const char *inner, struct boot_image *out)
{
	enum fat_result result = FAT_NOT_FOUND;
	struct bytes file = {0};
	const char *name = inner;

	if (inner)
		result = fat_read_file(out->volume, out->volume_len, inner, &file);
	for (size_t i = 0; !inner && result == FAT_NOT_FOUND && i < DEFAULT_PATHS; i++) {
		name = default_paths[i];
		result = fat_read_file(out->volume, out->volume_len, name, &file);
	}
	if (result != FAT_OK) {
		bytes_free(&file);
		boot->unreadable = result == FAT_NOT_FOUND;
		return complain("%s, EFI system partition, %s: %s%s", disk,
			inner ? inner : default_paths[0], fat_error(result),
			!inner && result == FAT_NOT_FOUND ? " (DISK:PATH names another)" : "");
	}
	out->data = boot_own(boot, file.data);
	out->len = file.len;
	out->source = boot_text(boot, "%s:%s", disk, name);
	out->name = boot_text(boot, "%s", base_name(name));
	return true;
}

static bool read_from_disk(struct boot *boot, const char *path, const struct mapped *disk,
	const char *inner, struct boot_image *out)
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
	out->disk = disk->data;
	out->disk_len = disk->len;
	out->disk_source = boot_text(boot, "%s", path);
	out->volume = disk->data + esp->first * GPT_SECTOR;
	out->volume_len = (size_t)(esp->last - esp->first + 1) * GPT_SECTOR;
	return read_from_esp(boot, path, inner, out);
}

static bool read_file(
	struct boot *boot, const char *path, const char *inner, struct boot_image *out)
{
	const struct mapped *file = boot_map(boot, path);

	if (!file)
		return false;
	if (inner || file->len < 2 || memcmp(file->data, "MZ", 2) != 0)
		return read_from_disk(boot, path, file, inner, out);
	out->data = file->data;
	out->len = file->len;
	out->source = boot_text(boot, "%s", path);
	out->name = boot_text(boot, "%s", base_name(path));
	return true;
}

/* A folder is an EFI system partition's, or what `protostar build` left. */
static bool read_folder(
	struct boot *boot, const char *path, const char *inner, struct boot_image *out)
{
	static const char *const names[] = {
		"EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/BOOTAA64.EFI", "uki.efi"};

	out->root = boot_text(boot, "%s", path);
	if (inner)
		return read_file(boot, boot_text(boot, "%s/%s", path, inner), NULL, out);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *file = boot_text(boot, "%s/%s", path, names[i]);
		struct stat st;

		if (stat(file, &st) == 0)
			return read_file(boot, file, NULL, out);
	}
	boot->unreadable = true;
	return complain("%s: the folder has neither %s nor uki.efi", path, names[0]);
}

bool image_open(struct boot *boot, const char *path, struct boot_image *out)
{
	const char *colon = strrchr(path, ':'), *inner = NULL, *outer = path;
	struct boot_image image = {0};
	struct stat st;
	bool fine;

	/* A file whose own name has a colon is taken for what it is. */
	if (colon && stat(path, &st) != 0) {
		outer = boot_text(boot, "%.*s", (int)(colon - path), path);
		inner = colon + 1;
	}
	if (stat(outer, &st) == 0 && S_ISDIR(st.st_mode))
		fine = read_folder(boot, outer, inner, &image);
	else
		fine = read_file(boot, outer, inner, &image);
	if (fine)
		*out = image;
	return fine;
}
