/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The EFI images that a person names: a file, a folder, or a file inside a disk image. Everything
 * is read by our own code, without root and without mounting anything.
 */
#ifndef TOOLS_MEASURE_IMAGE_OPEN_H
#define TOOLS_MEASURE_IMAGE_OPEN_H

#include "tools/measure/model/image.h"

struct boot;

/*
 * path is one of
 *   - an EFI image;
 *   - a disk image with a GPT, raw or as disk_container.h reads it, or the FAT of a partition:
 *     what firmware starts from its EFI system partition by default, \EFI\BOOT\BOOTX64.EFI or
 *     BOOTAA64.EFI;
 *   - a folder: the same of an EFI system partition's files, or the uki.efi of a build;
 *   - "disk.img:EFI/Linux/x.efi" or "folder:EFI/Linux/x.efi": another file of either; slashes or
 *     backslashes, one in front or none, and in whatever case. Of a disk, its partition of type
 *     XBOOTLDR is looked into as well, where boot loaders find files too.
 * The image lives as long as the boot. Complains and returns false when there is none.
 */
bool image_open(struct boot *boot, const char *path, struct boot_image *out);

/*
 * The files of a folder on the image's volume whose names end so, in whatever case, fit for a
 * complaint: "a.efi, b.efi". The caller frees it; NULL: there are none, or the volume is not known.
 */
char *image_names(const struct boot_image *image, const char *folder, const char *suffix);

#endif
