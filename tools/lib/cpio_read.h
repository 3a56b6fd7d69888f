/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads initrds as Linux does (init/initramfs.c; Documentation/driver-api/early-userspace/
 * buffer-format.rst): any number of "newc" cpio archives ("070701", "070702"), each of them plain
 * or within a compressed stream, with zeros between them. Every byte is hostile.
 *
 * Two layers: cpio_next() walks archives that lie in memory and allocates nothing; initrd_read()
 * unpacks streams too and lists what all the archives hold.
 */
#ifndef TOOLS_LIB_CPIO_READ_H
#define TOOLS_LIB_CPIO_READ_H

#include "tools/lib/bytes.h"
#include "tools/lib/decompress.h"
#include "tools/lib/flaw.h"

#define CPIO_NAME_MAX	 4096u /* bytes, NUL included, as Linux has it */
#define INITRD_ITEMS_MAX (1u << 20)
#define INITRD_PARTS_MAX 1024u

/* One entry. name and data point into the archive. */
struct cpio_item {
	const char *name;
	size_t name_len; /* bytes before the NUL */
	uint32_t inode, mode, uid, gid, links, mtime, check;
	uint32_t device[2], special[2]; /* major and minor: where it lay, and which it is */
	const uint8_t *data;
	size_t len;
	uint64_t offset;	/* of the header in the bytes that were walked */
	uint32_t part, archive; /* initrd_read(): number of the part, of the archive in all */
};

enum cpio_step {
	CPIO_ITEM,
	CPIO_TRAILER, /* the end of one archive */
	CPIO_END,     /* nothing but zeros was left */
	CPIO_OTHER,   /* something that is no archive starts at *pos */
	CPIO_BAD,
};

/*
 * Reads what is at *pos of len bytes, zeros before it skipped, and moves *pos behind it. *out is
 * written with CPIO_ITEM only, *flaw with CPIO_BAD.
 */
enum cpio_step cpio_next(
	const uint8_t *data, size_t len, size_t *pos, struct cpio_item *out, struct flaw *flaw);

/* A run of the initrd: plain archives, or one compressed stream of them. */
struct initrd_part {
	enum compression compression;
	uint64_t offset, len;  /* bytes, in the initrd */
	struct bytes unpacked; /* empty when not compressed */
};

struct initrd {
	struct initrd_part *parts;
	size_t part_count;
	struct cpio_item *items; /* in order; a hard link has the contents of its group */
	size_t item_count, item_capacity;
	uint32_t archives;
};

/* A flaw, and where it is in the unpacked stream when it is in one. */
struct initrd_flaw {
	struct flaw flaw; /* offset: in the initrd; of the part, when it is inside */
	bool inside;
	uint64_t inside_offset; /* bytes into what the part unpacks to */
};

/*
 * Lists everything in an initrd of len bytes, which must live as long as *out. False with *flaw
 * when something is wrong in it; *out then holds what came before, as Linux would have unpacked it.
 * Release with initrd_free() either way.
 */
bool initrd_read(const uint8_t *data, size_t len, struct initrd *out, struct initrd_flaw *flaw);
void initrd_free(struct initrd *initrd);

#endif
