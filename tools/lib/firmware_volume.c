/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/firmware_volume.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/lzma_section.h"

/* EFI_FIRMWARE_VOLUME_HEADER (PI volume 3, 3.2.1). */
#define VOLUME_ALIGNMENT  4096u
#define VOLUME_HEADER_MIN 72u
#define EXTENDED_HEADER	  20u

/* EFI_COMMON_SECTION_HEADER (2.1.5). */
#define SECTION_GUIDED	 0x02u
#define SECTION_VOLUME	 0x17u
#define GUIDED_HEADER	 20u /* GUID, offset of the contents, attributes */
#define GUIDED_PROCESSED 0x01u
#define LZMA_GUID	 "ee4e5898-3914-4259-9d6e-dc7bd79403cf" /* edk2: LzmaDecompress.h */

/* Where bytes come from, for a flaw: unpacked bytes have no place of their own in the image. */
struct source {
	bool unpacked;
	uint64_t offset;
	size_t packed_len; /* of the bytes at offset that were unpacked */
	unsigned depth;
};

static bool flaw_in(struct flaw *flaw, const struct source *source, uint64_t at, const char *reason)
{
	return flaw_at(flaw, source->offset + (source->unpacked ? 0 : at), reason);
}

static uint16_t sum16(const uint8_t *p, size_t len)
{
	uint16_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum = (uint16_t)(sum + le16(p + i));
	return sum;
}

/* The extended header names the volume; the first file follows it, 8-aligned. */
static bool read_extended(struct firmware_volume *v, size_t at, size_t *files_at)
{
	size_t len;

	if (at > v->len || v->len - at < EXTENDED_HEADER)
		return false;
	len = le32(v->data + at + GUID_LEN);
	if (len < EXTENDED_HEADER || len > v->len - at)
		return false;
	memcpy(v->name, v->data + at, GUID_LEN);
	*files_at = (at + len + 7) & ~(size_t)7;
	return *files_at <= v->len;
}

static bool read_volume(const uint8_t *data, size_t len, const struct source *source,
	struct firmware_volume *out, struct flaw *flaw)
{
	struct firmware_volume v = {.data = data, .unpacked = source->unpacked};
	size_t header_len, extended;

	if (len < VOLUME_HEADER_MIN || memcmp(data + 40, "_FVH", 4) != 0)
		return flaw_in(flaw, source, 0, "there is no firmware volume");
	header_len = le16(data + 48);
	extended = le16(data + 52);
	if (le64(data + 32) > len || le64(data + 32) < VOLUME_HEADER_MIN)
		return flaw_in(flaw, source, 32, "a volume is longer than what holds it");
	v.len = (size_t)le64(data + 32);
	if (header_len < VOLUME_HEADER_MIN || header_len % 2 || header_len > v.len)
		return flaw_in(flaw, source, 48, "a volume header has no room");
	if (sum16(data, header_len))
		return flaw_in(flaw, source, 0, "a volume header does not fit its checksum");
	memcpy(v.format, data + 16, GUID_LEN);
	v.files_at = header_len;
	if (extended && !read_extended(&v, extended, &v.files_at))
		return flaw_in(flaw, source, 52, "a volume's extended header reaches out of it");
	v.offset = source->offset;
	v.packed_len = source->packed_len;
	*out = v;
	return true;
}

static bool add_volume(struct firmware_volumes *all, const uint8_t *data, size_t len,
	const struct source *source, struct flaw *flaw);

static bool read_sections(struct firmware_volumes *all, const uint8_t *data, size_t len,
	const struct source *source, struct flaw *flaw);

static bool unpack(struct firmware_volumes *all, const uint8_t *data, size_t len,
	const struct source *source, struct flaw *flaw)
{
	struct source inner = {true, source->offset, source->unpacked ? source->packed_len : len,
		source->depth + 1};
	const char *reason;
	uint8_t *out;
	size_t out_len;

	if (all->unpacked_count == FIRMWARE_VOLUMES_MAX)
		return flaw_in(flaw, source, 0, "too many compressed sections");
	if (!lzma_section_unpack(
		    data, len, FIRMWARE_UNPACKED_MAX - all->unpacked_len, &out, &out_len, &reason))
		return flaw_in(flaw, source, 0, reason);
	all->unpacked[all->unpacked_count++] = out;
	all->unpacked_len += out_len;
	return read_sections(all, out, out_len, &inner, flaw);
}

/*
 * A section that a GUID says how to read: LZMA, or plain contents behind a checksum. The offset of
 * the contents counts from the section's own header on.
 */
static bool read_guided(struct firmware_volumes *all, const struct firmware_section *s,
	const struct source *source, struct flaw *flaw)
{
	struct source inner = *source;
	size_t begin;

	if (s->len < GUIDED_HEADER)
		return flaw_in(flaw, source, 0, "a GUIDed section has no header");
	begin = le16(s->data + GUID_LEN);
	if (begin < s->header + GUIDED_HEADER || begin - s->header > s->len)
		return flaw_in(flaw, source, 0, "a GUIDed section's contents lie outside it");
	begin -= s->header;
	if (!source->unpacked)
		inner.offset += begin;
	if (guid_is(s->data, LZMA_GUID))
		return unpack(all, s->data + begin, s->len - begin, &inner, flaw);
	if (le16(s->data + GUID_LEN + 2) & GUIDED_PROCESSED)
		return true;
	inner.depth++;
	return read_sections(all, s->data + begin, s->len - begin, &inner, flaw);
}

static bool read_sections(struct firmware_volumes *all, const uint8_t *data, size_t len,
	const struct source *source, struct flaw *flaw)
{
	struct flaw here = {0};
	struct firmware_section s = {0};

	if (source->depth > FIRMWARE_DEPTH_MAX)
		return flaw_in(flaw, source, 0, "sections are nested too deep");
	while (firmware_sections_next(data, len, &s, &here)) {
		struct source inner = *source;

		if (!source->unpacked)
			inner.offset += s.at + s.header;
		if (s.type == SECTION_GUIDED && !read_guided(all, &s, &inner, flaw))
			return false;
		if (s.type == SECTION_VOLUME && !add_volume(all, s.data, s.len, &inner, flaw))
			return false;
	}
	return !here.reason || flaw_in(flaw, source, here.offset, here.reason);
}

/* A volume, and the volumes in the files of it. */
static bool add_volume(struct firmware_volumes *all, const uint8_t *data, size_t len,
	const struct source *source, struct flaw *flaw)
{
	struct firmware_volume *v = &all->volumes[all->count];
	struct firmware_files walk;
	struct firmware_file file;

	if (all->count == FIRMWARE_VOLUMES_MAX)
		return flaw_in(flaw, source, 0, "there are too many volumes");
	if (!read_volume(data, len, source, v, flaw))
		return false;
	all->count++;
	firmware_files_begin(&walk, v);
	while (firmware_files_next(&walk, &file)) {
		struct source inner = *source;

		inner.depth++;
		if (!source->unpacked)
			inner.offset += file.offset;
		/* Raw files have no sections. */
		if (file.type != FIRMWARE_FILE_RAW &&
			!read_sections(all, file.data, file.len, &inner, flaw))
			return false;
	}
	return !walk.flaw.reason || flaw_in(flaw, source, walk.flaw.offset, walk.flaw.reason);
}

bool firmware_volumes_read(
	const uint8_t *image, size_t len, struct firmware_volumes *out, struct flaw *flaw)
{
	struct firmware_volumes all = {0};
	bool fine = true;
	size_t at = 0;

	while (fine && len >= VOLUME_HEADER_MIN && at <= len - VOLUME_HEADER_MIN) {
		struct source source = {.offset = at};
		size_t first = all.count;

		if (memcmp(image + at + 40, "_FVH", 4) != 0) {
			at += VOLUME_ALIGNMENT;
			continue;
		}
		fine = add_volume(&all, image + at, len - at, &source, flaw);
		if (fine)
			at += (all.volumes[first].len + VOLUME_ALIGNMENT - 1) &
			      ~(size_t)(VOLUME_ALIGNMENT - 1);
	}
	if (fine && !all.count)
		fine = flaw_at(flaw, 0, "there is no firmware volume in it");
	if (!fine)
		firmware_volumes_free(&all);
	else
		*out = all;
	return fine;
}

void firmware_volumes_free(struct firmware_volumes *volumes)
{
	while (volumes->unpacked_count)
		free(volumes->unpacked[--volumes->unpacked_count]);
	volumes->count = volumes->unpacked_len = 0;
}
