/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that lie beside an image on the volume that it was started from: what boot loaders and some
 * stubs read once they run. The volume is a FAT in a disk image, or a folder that stands for it.
 */
#ifndef TOOLS_MEASURE_MODEL_VOLUME_H
#define TOOLS_MEASURE_MODEL_VOLUME_H

#include "tools/lib/bytes.h"
#include "tools/measure/model/boot.h"
#include "tools/measure/model/image.h"

enum volume_result {
	VOLUME_READ,
	VOLUME_NO_FILE,	  /* the volume is there, such a file is not */
	VOLUME_NOT_KNOWN, /* the image was given without its volume */
	VOLUME_DAMAGED,	  /* complained: the file cannot be read */
};

/*
 * Reads the file of this path ("loader/loader.conf") on the volume of image into a piece that names
 * its source; the bytes live as long as the boot. *out is written with VOLUME_READ only.
 */
enum volume_result volume_read(struct boot *boot, const struct boot_image *image, const char *path,
	struct boot_piece *out);

/*
 * The names of the files in a folder of the volume ("EFI/Linux"), each with its NUL, appended to
 * out; the folder may be missing. False, without a word, when the volume is not known or cannot be
 * read.
 */
bool volume_list(const struct boot_image *image, const char *folder, struct bytes *out);

/*
 * A path in a folder that stands for a volume: with slashes or backslashes, and in whatever case.
 * The path of the file as it is there, kept by the boot; NULL: there is none.
 */
const char *volume_find(struct boot *boot, const char *root, const char *path);

#endif
