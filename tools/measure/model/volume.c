#include "tools/measure/model/volume.h"

#include <errno.h>
#include <sys/stat.h>
#include "tools/lib/bytes.h"
#include "tools/lib/fat.h"
#include "tools/lib/report.h"

static enum volume_result read_from_folder(
	struct boot *boot, const char *path, struct boot_piece *out)
{
	const struct mapped *file;
	struct stat st;

	if (stat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR))
		return VOLUME_NO_FILE;
	file = boot_map(boot, path);
	if (!file)
		return VOLUME_DAMAGED;
	*out = (struct boot_piece){.data = file->data, .len = file->len, .source = path};
	return VOLUME_READ;
}

enum volume_result volume_read(
	struct boot *boot, const struct boot_image *image, const char *path, struct boot_piece *out)
{
	const char *disk = image->disk_source ? image->disk_source : image->source;
	struct bytes bytes = {0};
	enum fat_result result;

	if (image->root)
		return read_from_folder(boot, boot_text(boot, "%s/%s", image->root, path), out);
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
