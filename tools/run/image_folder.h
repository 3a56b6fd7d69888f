/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output folder of `protostar build`, checked before a machine is given anything of it: all of
 * it may come from a stranger, and QEMU would follow a qcow2 file to others that it names. Only
 * what the builder writes is taken: a manifest that names one disk image, a disk image of the form
 * that its name says, which boots the folder's uki.efi, and a command line that PID 1 understands.
 *
 * Order: image_folder_open(); read; image_folder_close().
 */
#ifndef TOOLS_RUN_IMAGE_FOLDER_H
#define TOOLS_RUN_IMAGE_FOLDER_H

#include <stdbool.h>
#include "early/contract/config.h"
#include "tools/lib/disk_container.h"
#include "tools/measure/model/boot.h"
#include "tools/measure/model/image.h"

struct image_folder {
	char *path; /* absolute */
	char *disk; /* absolute path of the disk image */
	enum disk_container form;
	struct config config;  /* what PID 1 makes of the UKI's command line */
	bool console;	       /* the kernel's console is the first serial port */
	bool is_signed;	       /* for Secure Boot */
	struct boot files;     /* what the next member borrows from */
	struct boot_image uki; /* of the disk, with the bytes of the disk inside the container */
};

/* Complains and returns false for anything but the output of a build. */
bool image_folder_open(const char *path, struct image_folder *out);
void image_folder_close(struct image_folder *image);

/* Writes the disk inside the container to a new file, sparse; an old one is replaced. Complains. */
bool image_folder_unpack(const struct image_folder *image, const char *path);

#endif
