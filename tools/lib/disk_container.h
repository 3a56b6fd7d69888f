/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disk images in the forms that clouds import, written and read again:
 *   - a fixed VHD (Azure, Hyper-V): the disk's bytes, then a footer of 512 bytes;
 *   - GCP's archive: gzip over a tar file in GNU's old format with one member, "disk.raw";
 *   - qcow2: the disk's clusters that hold something, behind tables that say where they belong.
 * The same disk and id give the same bits.
 *
 * The readers take what the writers write and nothing else: such a file has one meaning only.
 * Every byte is hostile: sizes are bounded and checked before they are used, and memory is used for
 * those blocks of the disk only that are not zero.
 *
 * Order: disk_container_of(); then disk_container_open() unless it is RAW; disk_container_close().
 */
#ifndef TOOLS_LIB_DISK_CONTAINER_H
#define TOOLS_LIB_DISK_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/flaw.h"

enum disk_container {
	DISK_RAW, /* none: the bytes of the disk, or anything else */
	DISK_GCP,
	DISK_VHD,
	DISK_QCOW2,
	DISK_CONTAINER_COUNT
};

#define DISK_ID_LEN 16u /* bytes */

/* A disk's size is a multiple of this in such a container, in bytes. */
uint64_t disk_container_unit(enum disk_container kind);
/* All, in that order, ended by NULL. */
extern const char *const disk_container_names[DISK_CONTAINER_COUNT + 1];
/* "raw", "gcp", "vhd", "qcow2"; and back: false, and *out untouched, for another name. */
const char *disk_container_name(enum disk_container kind);
bool disk_container_by_name(const char *name, enum disk_container *out);
/* The name of such a file in the output folder of a build: "disk.img", "disk.tar.gz"... */
const char *disk_container_file(enum disk_container kind);

/*
 * Writes the disk of len bytes, a multiple of disk_container_unit(), to fd from its start. id makes
 * the container one of its own where its format has a place for that. RAW is not written here.
 * Complains and returns false when writing fails.
 */
bool disk_container_write(enum disk_container kind, const uint8_t *disk, size_t len,
	const uint8_t id[DISK_ID_LEN], int fd);

/* What a file claims to be, by its magic numbers; the rest of it may be damaged. */
enum disk_container disk_container_of(const uint8_t *file, size_t len);

/* The disk inside. */
struct disk_view {
	const uint8_t *data;
	size_t len; /* bytes */
	bool own;   /* data is a mapping of the view's own; otherwise it points into the file */
};

/*
 * Opens a container. The file's bytes must stay as long as the view is used. False, with *flaw,
 * for what the writer does not write.
 */
bool disk_container_open(enum disk_container kind, const uint8_t *file, size_t len,
	struct disk_view *out, struct flaw *flaw);
void disk_container_close(struct disk_view *view);

#endif
