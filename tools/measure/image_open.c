/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/image_open.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "tools/lib/bytes.h"
#include "tools/lib/container.h"
#include "tools/lib/fat.h"
#include "tools/lib/gpt.h"
#include "tools/lib/printable.h"
#include "tools/lib/report.h"
#include "tools/measure/model/boot.h"
#include "tools/measure/model/volume.h"

#define NAMES_MAX 12u /* files of a folder that a complaint lists */

/* What firmware starts when no boot option names something else (UEFI 3.5.1.1). */
static const char *const default_paths[] = {"EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/BOOTAA64.EFI"};
#define DEFAULT_PATHS (sizeof(default_paths) / sizeof(default_paths[0]))

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "\\EFI\\Linux\\x.efi" and "/EFI/Linux/x.efi" -> "EFI/Linux/x.efi" */
static const char *tidy_path(struct boot *boot, const char *path)
{
	char *tidy = boot_keep(boot, path, strlen(path) + 1);

	for (char *c = tidy; *c; c++)
		if (*c == '\\')
			*c = '/';
	return tidy + strspn(tidy, "/");
}

/* The file is not there: what is, in the folder where it would be. */
static bool complain_missing(const char *disk, const char *inner, const struct boot_image *image)
{
	const char *slash = strrchr(inner, '/');
	char *folder = must_format("%.*s", slash ? (int)(slash - inner) : 0, inner);
	char *names = image_names(image, folder, "");

	complain("%s, EFI system partition, %s: the file is not there; in %s: %s", disk, inner,
		*folder ? folder : "/", names ? names : "nothing");
	free(names);
	free(folder);
	return false;
}

/* The file that is asked for on the volume, or the first default one. Says nothing. */
static enum fat_result read_from_volume(
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
		return result;
	}
	out->data = boot_own(boot, file.data);
	out->len = file.len;
	out->path = name;
	out->source = boot_text(boot, "%s:%s", disk, name);
	out->name = boot_text(boot, "%s", base_name(name));
	return FAT_OK;
}

static bool complain_unread(struct boot *boot, const char *disk, const char *inner,
	enum fat_result result, const struct boot_image *image)
{
	boot->unreadable = result == FAT_NOT_FOUND;
	if (inner && result == FAT_NOT_FOUND)
		return complain_missing(disk, inner, image);
	return complain("%s, EFI system partition, %s: %s%s", disk,
		inner ? inner : default_paths[0], fat_error(result),
		result == FAT_NOT_FOUND ? " (DISK:PATH names another)" : "");
}

/* A partition of the table as the image's volume; false: there is none of that type. */
static bool set_volume(
	const struct mapped *disk, const struct gpt *gpt, const char *type, struct boot_image *out)
{
	size_t at;

	for (size_t i = 0; i < gpt->count; i++) {
		if (!guid_is(gpt->partitions[i].type, type))
			continue;
		gpt_extent(gpt, &gpt->partitions[i], &at, &out->volume_len);
		out->volume = disk->data + at;
		return true;
	}
	return false;
}

/* A file that was named may lie beside the EFI system partition, as boot loaders find it there. */
static bool read_from_table(struct boot *boot, const char *path, const struct mapped *disk,
	const struct gpt *gpt, const char *inner, struct boot_image *out)
{
	struct boot_image more = *out;
	enum fat_result result;

	if (!set_volume(disk, gpt, GPT_TYPE_ESP, out))
		return complain("%s has no EFI system partition (type %s)", path, GPT_TYPE_ESP);
	result = read_from_volume(boot, path, inner, out);
	if (result == FAT_NOT_FOUND && inner && set_volume(disk, gpt, GPT_TYPE_XBOOTLDR, &more) &&
		read_from_volume(boot, path, inner, &more) == FAT_OK) {
		*out = more;
		return true;
	}
	return result == FAT_OK || complain_unread(boot, path, inner, result, out);
}

static bool read_from_disk(struct boot *boot, const char *path, const struct mapped *disk,
	const char *inner, struct boot_image *out)
{
	enum gpt_result table;
	enum fat_result result;
	struct gpt *gpt;
	bool fine;

	if (!container_refuse(path, disk->data, disk->len))
		return false;
	out->disk_source = boot_text(boot, "%s", path);
	/* A file system without a table: a copy of the partition, or a disk made so. */
	if (fat_present(disk->data, disk->len) && !gpt_present(disk->data, disk->len)) {
		out->volume = disk->data;
		out->volume_len = disk->len;
		result = read_from_volume(boot, path, inner, out);
		return result == FAT_OK || complain_unread(boot, path, inner, result, out);
	}
	gpt = must_alloc(sizeof(*gpt));
	table = gpt_read(disk->data, disk->len, gpt);
	out->disk = disk->data;
	out->disk_len = disk->len;
	fine = table == GPT_OK ? read_from_table(boot, path, disk, gpt, inner, out)
			       : complain("%s is neither an EFI image nor a disk image: %s", path,
					 gpt_error(table));
	free(gpt);
	return fine;
}

static bool read_file(
	struct boot *boot, const char *path, const char *inner, struct boot_image *out)
{
	const struct mapped *file = boot_map_disk(boot, path);

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
	const char *file = inner ? volume_find(boot, path, inner) : NULL;

	out->root = boot_text(boot, "%s", path);
	out->path = inner;
	for (size_t i = 0; !inner && !file && i < sizeof(names) / sizeof(names[0]); i++) {
		file = volume_find(boot, path, names[i]);
		out->path = names[i];
	}
	if (file)
		return read_file(boot, file, NULL, out);
	boot->unreadable = true;
	if (inner)
		return complain_missing(path, inner, out);
	return complain("%s: the folder has neither %s nor uki.efi", path, names[0]);
}

/* The same folder of the boot partition beside the volume. */
static void list_beside(const struct boot_image *image, const char *folder, struct bytes *out)
{
	const struct mapped disk = {image->disk, image->disk_len};
	struct boot_image beside = *image;
	struct gpt *gpt;

	if (!image->disk)
		return;
	gpt = must_alloc(sizeof(*gpt));
	if (gpt_read(disk.data, disk.len, gpt) == GPT_OK &&
		set_volume(&disk, gpt, GPT_TYPE_XBOOTLDR, &beside))
		volume_list(&beside, folder, out);
	free(gpt);
}

char *image_names(const struct boot_image *image, const char *folder, const char *suffix)
{
	struct bytes names = {0}, text = {0};
	unsigned count = 0;

	volume_list(image, folder, &names);
	list_beside(image, folder, &names);
	for (size_t at = 0; at < names.len; at += strlen((char *)names.data + at) + 1) {
		const char *name = (const char *)names.data + at;
		size_t len = strlen(name), end = strlen(suffix);
		struct printable_form form = {.max = PRINTABLE_MAX};

		if (len < end || strcasecmp(name + len - end, suffix) != 0 || ++count > NAMES_MAX)
			continue;
		bytes_add_text(&text, text.len ? ", " : "");
		printable_add(&text, name, len, &form);
	}
	if (count > NAMES_MAX)
		bytes_addf(&text, " and %u more", count - NAMES_MAX);
	bytes_free(&names);
	if (!text.len)
		return NULL;
	bytes_zeros(&text, 1);
	return (char *)text.data;
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
		inner = tidy_path(boot, colon + 1);
	}
	if (stat(outer, &st) == 0 && S_ISDIR(st.st_mode))
		fine = read_folder(boot, outer, inner, &image);
	else
		fine = read_file(boot, outer, inner, &image);
	if (fine)
		*out = image;
	return fine;
}
