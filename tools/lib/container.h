/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that hold another file in a form of their own: virtual disks of other programs (qcow2,
 * VMDK, VHD, VHDX, VDI and others) and compressed files. No reader here understands them, and their
 * bytes must not be searched: offsets in such a file are not offsets in the file that it holds.
 * Each is recognised by its first bytes, or its last ones. Disk images in the forms that `protostar
 * build` writes are read by disk_container.h; who takes disks asks that first.
 */
#ifndef TOOLS_LIB_CONTAINER_H
#define TOOLS_LIB_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct container {
	const char *name;    /* "qcow2" */
	const char *program; /* what turns FILE into the plain one, "qemu-img convert -O raw" */
	const char *joint;   /* what stands between FILE and the new file: " " or " > " */
};

/* Whether the bytes are such a file; *out is written then. */
bool container_recognise(const uint8_t *file, size_t len, struct container *out);

/*
 * Complains about such a file with the command that makes a plain one of it, and returns false.
 * True, without a word, for all others.
 */
bool container_refuse(const char *path, const uint8_t *file, size_t len);

#endif
