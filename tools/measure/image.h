/*
 * The EFI images that a person names: a file, a folder, or a file inside a disk image. Everything
 * is read by our own code, without root and without mounting anything.
 */
#ifndef TOOLS_MEASURE_IMAGE_H
#define TOOLS_MEASURE_IMAGE_H

#include "tools/measure/model/image.h"

struct boot;

/*
 * path is one of
 *   - an EFI image;
 *   - a disk image with a GPT: what firmware starts from its EFI system partition by default,
 *     \EFI\BOOT\BOOTX64.EFI or BOOTAA64.EFI;
 *   - a folder: the same of an EFI system partition's files, or the uki.efi of a build;
 *   - "disk.img:EFI/Linux/x.efi" or "folder:EFI/Linux/x.efi": another file of either.
 * The image lives as long as the boot. Complains and returns false when there is none.
 */
bool image_open(struct boot *boot, const char *path, struct boot_image *out);

#endif
