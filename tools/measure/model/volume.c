/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/model/volume.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "tools/lib/fat.h"
#include "tools/lib/report.h"

#define SEPARATORS "/\\"

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* The entry of a folder that is called so, exactly or in other case. */
static const char *find_name(struct boot *boot, const char *folder, const char *name)
{
	const char *path = boot_text(boot, "%s/%s", folder, name);
	const struct dirent *entry;
	DIR *dir;

	if (exists(path))
		return path;
	dir = opendir(folder);
	path = NULL;
	while (dir && !path && (entry = readdir(dir)))
		if (strcasecmp(entry->d_name, name) == 0)
			path = boot_text(boot, "%s/%s", folder, entry->d_name);
	if (dir)
		closedir(dir);
	return path;
}

const char *volume_find(struct boot *boot, const char *root, const char *path)
{
	const char *at = root;

	for (path += strspn(path, SEPARATORS); at && *path; path += strspn(path, SEPARATORS)) {
		size_t len = strcspn(path, SEPARATORS);

		at = find_name(boot, at, boot_text(boot, "%.*s", (int)len, path));
		path += len;
	}
	return at;
}

static enum volume_result read_from_folder(
	struct boot *boot, const char *root, const char *wanted, struct boot_piece *out)
{
	const char *path = volume_find(boot, root, wanted);
	const struct mapped *file;

	if (!path)
		return VOLUME_NO_FILE;
	file = boot_map(boot, path);
	if (!file)
		return VOLUME_DAMAGED;
	*out = (struct boot_piece){.data = file->data, .len = file->len, .source = path};
	return VOLUME_READ;
}

/* Sorted, as a folder's order is nobody's. */
static bool list_folder(const char *path, struct bytes *out)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		if (entries[i]->d_name[0] != '.')
			bytes_add(out, entries[i]->d_name, strlen(entries[i]->d_name) + 1);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return true;
}

bool volume_list(const struct boot_image *image, const char *folder, struct bytes *out)
{
	enum fat_result result;
	char *path;
	bool fine;

	if (image->root) {
		path = must_format("%s/%s", image->root, folder);
		fine = list_folder(path, out);
		free(path);
		return fine;
	}
	if (!image->volume)
		return false;
	result = fat_list(image->volume, image->volume_len, folder, out);
	return result == FAT_OK || result == FAT_NOT_FOUND;
}

enum volume_result volume_read(
	struct boot *boot, const struct boot_image *image, const char *path, struct boot_piece *out)
{
	const char *disk = image->disk_source ? image->disk_source : image->source;
	struct bytes bytes = {0};
	enum fat_result result;

	if (image->root)
		return read_from_folder(boot, image->root, path, out);
	if (!image->volume)
		return VOLUME_NOT_KNOWN;
	result = fat_read_file(image->volume, image->volume_len, path, &bytes);
	if (result != FAT_OK) {
		bytes_free(&bytes);
		if (result == FAT_NOT_FOUND)
			return VOLUME_NO_FILE;
		complain("%s, %s: %s", disk, path, fat_error(result));
		return VOLUME_DAMAGED;
	}
	*out = (struct boot_piece){
		.len = bytes.len, .source = boot_text(boot, "%s:%s", disk, path)};
	out->data = boot_own(boot, bytes.data);
	return VOLUME_READ;
}
