/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An EFI image as it will be started: its bytes, and where they were found. The bytes live as long
 * as the boot that the image was read for.
 */
#ifndef TOOLS_MEASURE_MODEL_IMAGE_H
#define TOOLS_MEASURE_MODEL_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct boot_image {
	const uint8_t *data;
	size_t len;
	size_t zeros; /* zero bytes that follow where it is loaded from; they are not at data */
	const char
		*source; /* "disk.img:EFI/BOOT/BOOTX64.EFI" or a path; offsets are in this file */
	const uint8_t *disk; /* the disk image that it is on; NULL: not known, so no GPT event */
	size_t disk_len;
	const char *disk_source;
	/* Its path on its volume, with slashes and none in front; NULL: not known. */
	const char *path;
	/* The volume that it is on, where other files can be read; both NULL: not known. */
	const uint8_t *volume; /* a FAT */
	size_t volume_len;
	const char *root; /* a folder that stands for it */
	const char *name; /* for people: "uki.efi" */
};

#endif
