/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads UEFI firmware images (PI specification, volume 3): volumes, the files in them, the files'
 * sections. Volumes that lie compressed in another volume's file are unpacked, as OVMF's PEI and
 * DXE volumes do: one LZMA section holds both.
 *
 * Every byte is hostile. Unpacking is bounded by FIRMWARE_UNPACKED_MAX for a whole image, whatever
 * sizes it claims, and nested no deeper than FIRMWARE_DEPTH_MAX. Sections of kinds that are not
 * known are passed over. What is not unpacked borrows from the bytes given, which must outlive the
 * struct.
 *
 * Order: firmware_volumes_read(); firmware_files_begin() and firmware_files_next() for a volume,
 * firmware_section() and firmware_file_name() for a file; firmware_volumes_free().
 */
#ifndef TOOLS_LIB_FIRMWARE_VOLUME_H
#define TOOLS_LIB_FIRMWARE_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/flaw.h"
#include "tools/lib/hex.h"

#define FIRMWARE_VOLUMES_MAX  32u
#define FIRMWARE_UNPACKED_MAX ((size_t)64 << 20) /* bytes; OVMF of 2025.02 unpacks to 16 MiB */
#define FIRMWARE_DEPTH_MAX    4u
#define FIRMWARE_NAME_MAX     64u

/* Kinds of files (PI volume 3, 2.1.4.1) and of sections (2.1.5.1) that somebody asks for. */
enum {
	FIRMWARE_FILE_RAW = 0x01, /* no sections in it */
	FIRMWARE_FILE_SEC_CORE = 0x03,
	FIRMWARE_FILE_PEI_CORE = 0x04,
	FIRMWARE_FILE_DXE_CORE = 0x05,
	FIRMWARE_FILE_APPLICATION = 0x09,
	FIRMWARE_SECTION_PE32 = 0x10,
	FIRMWARE_SECTION_TE = 0x12,
	FIRMWARE_SECTION_NAME = 0x15,
};

struct firmware_volume {
	const uint8_t *data;
	size_t len; /* bytes, header included: what firmware measures */
	uint8_t format[GUID_LEN];
	uint8_t name[GUID_LEN]; /* from the extended header; zeros: it has none */
	size_t files_at;	/* of the first file, in the volume */
	bool unpacked;
	/* In the image: of the volume, or of the section that it was unpacked from. */
	uint64_t offset;
	size_t packed_len; /* of that section; 0: the volume was not unpacked */
};

struct firmware_volumes {
	struct firmware_volume volumes[FIRMWARE_VOLUMES_MAX]; /* a nested one follows its outer */
	size_t count;
	uint8_t *unpacked[FIRMWARE_VOLUMES_MAX];
	size_t unpacked_count, unpacked_len; /* sections, bytes of all of them */
};

struct firmware_file {
	uint8_t name[GUID_LEN];
	uint8_t type;
	const uint8_t *data; /* behind the file's header: its sections, for most types */
	size_t len;
	size_t offset; /* of data in the volume */
};

/* A walk over the files of a volume; padding is left out. */
struct firmware_files {
	const struct firmware_volume *volume;
	size_t at;
	struct flaw flaw; /* reason NULL: a sound end; offset counts from the volume's first byte */
};

/* One of the sections in a row of them. A zeroed one stands before the first. */
struct firmware_section {
	uint8_t type;
	const uint8_t *data; /* behind the section's header */
	size_t len;
	size_t at, header; /* of the section among its sisters, and bytes of its header */
	size_t next;	   /* where the next section begins */
};

/* *out is written when it returns true, *flaw otherwise. */
bool firmware_volumes_read(
	const uint8_t *image, size_t len, struct firmware_volumes *out, struct flaw *flaw);
void firmware_volumes_free(struct firmware_volumes *volumes);

void firmware_files_begin(struct firmware_files *walk, const struct firmware_volume *volume);
bool firmware_files_next(struct firmware_files *walk, struct firmware_file *out);

/* The first volume that holds a file of this type; NULL: there is none. */
const struct firmware_volume *firmware_volume_with(
	const struct firmware_volumes *volumes, uint8_t file_type);
/* The file of this name (text of a GUID) in a volume. */
bool firmware_file_find(
	const struct firmware_volume *volume, const char *guid, struct firmware_file *out);

/*
 * The section behind *section in a row of len bytes. False at the end and, with a flaw at its
 * offset in the row, where a section is broken.
 */
bool firmware_sections_next(
	const uint8_t *data, size_t len, struct firmware_section *section, struct flaw *flaw);
/* The contents of a file's first section of a type. False: it has none, or is no row of sections.
 */
bool firmware_section(
	const struct firmware_file *file, uint8_t type, const uint8_t **out, size_t *out_len);
/* The file's name for people, ASCII ("Tcg2Pei"); "" when it has none. */
void firmware_file_name(const struct firmware_file *file, char out[FIRMWARE_NAME_MAX]);

#endif
