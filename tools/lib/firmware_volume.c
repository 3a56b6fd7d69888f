#include "tools/lib/firmware_volume.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/lzma_section.h"

/* EFI_FIRMWARE_VOLUME_HEADER (PI volume 3, 3.2.1). */
#define VOLUME_ALIGNMENT  4096u
#define VOLUME_HEADER_MIN 72u
#define EXTENDED_HEADER	  20u

/* EFI_FFS_FILE_HEADER (3.2.3). */
#define FILE_HEADER	  24u
#define FILE_HEADER_LARGE 32u
#define FILE_LARGE	  0x01u
#define FILE_RAW	  0x01u
#define FILE_PADDING	  0xF0u

/* EFI_COMMON_SECTION_HEADER (2.1.5). */
#define SECTION_HEADER	     4u
#define SECTION_HEADER_LARGE 8u
#define SECTION_GUIDED	     0x02u
#define SECTION_VOLUME	     0x17u
#define GUIDED_HEADER	     20u /* GUID, offset of the contents, attributes */
#define GUIDED_PROCESSED     0x01u
#define LZMA_GUID	     "ee4e5898-3914-4259-9d6e-dc7bd79403cf" /* edk2: LzmaDecompress.h */

/* The two layouts of files that there are; variables and others are volumes without files. */
#define FFS2_GUID "8c8ce578-8a3d-4f1c-9935-896185c32dd3"
#define FFS3_GUID "5473c07a-3dcb-4dca-bd6f-1e9689e7349a"

/* Where bytes come from, for a flaw: unpacked bytes have no place of their own in the image. */
struct source {
	bool unpacked;
	uint64_t offset;
	unsigned depth;
};

struct section {
	uint8_t type;
	const uint8_t *data; /* behind the section's header */
	size_t len;
	size_t at, header; /* of the section among its sisters, and bytes of its header */
	size_t next;	   /* where the next section begins */
};

static bool guid_is(const uint8_t *guid, const char *text)
{
	uint8_t wanted[GUID_LEN];

	return guid_parse(text, wanted) && memcmp(guid, wanted, GUID_LEN) == 0;
}

static uint32_t le24(const uint8_t *p)
{
	return le16(p) | (uint32_t)p[2] << 16;
}

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

static bool has_files(const struct firmware_volume *volume)
{
	return guid_is(volume->format, FFS2_GUID) || guid_is(volume->format, FFS3_GUID);
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
	*out = v;
	return true;
}

/* Free space is erased: all ones. */
static bool is_erased(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != 0xff)
			return false;
	return true;
}

/* The header sums to zero with the state and the checksum of the contents left out (3.2.3). */
static bool file_header_sums(const uint8_t *p, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		if (i != 17 && i != 23)
			sum = (uint8_t)(sum + p[i]);
	return sum == 0;
}

void firmware_files_begin(struct firmware_files *walk, const struct firmware_volume *volume)
{
	*walk = (struct firmware_files){.volume = volume, .at = volume->files_at};
	if (!has_files(volume))
		walk->at = volume->len;
}

static bool read_file(struct firmware_files *walk, struct firmware_file *out)
{
	const uint8_t *p = walk->volume->data + walk->at;
	size_t left = walk->volume->len - walk->at, header = FILE_HEADER;
	uint64_t len = le24(p + 20);

	if (p[19] & FILE_LARGE) {
		header = FILE_HEADER_LARGE;
		len = left < header ? 0 : le64(p + 24);
	}
	if (len < header || len > left)
		return flaw_at(&walk->flaw, walk->at + 20, "a file reaches out of its volume");
	if (!file_header_sums(p, header))
		return flaw_at(&walk->flaw, walk->at, "a file header does not fit its checksum");
	*out = (struct firmware_file){
		.type = p[18],
		.data = p + header,
		.len = (size_t)len - header,
		.offset = walk->at + header,
	};
	memcpy(out->name, p, GUID_LEN);
	walk->at += (size_t)len + (8 - len % 8) % 8;
	return true;
}

bool firmware_files_next(struct firmware_files *walk, struct firmware_file *out)
{
	const struct firmware_volume *v = walk->volume;

	while (!walk->flaw.reason && walk->at < v->len && v->len - walk->at >= FILE_HEADER &&
		!is_erased(v->data + walk->at, FILE_HEADER)) {
		if (!read_file(walk, out))
			return false;
		if (out->type != FILE_PADDING)
			return true;
	}
	return false;
}

/* False at the end and, with a flaw, where a section is broken. */
static bool next_section(
	const uint8_t *data, size_t len, size_t at, struct section *out, struct flaw *flaw)
{
	size_t header = SECTION_HEADER, size;

	if (at >= len || len - at < SECTION_HEADER)
		return false;
	size = le24(data + at);
	if (size == 0xffffff) {
		header = SECTION_HEADER_LARGE;
		size = len - at < header ? 0 : le32(data + at + 4);
	}
	if (size < header || size > len - at)
		return flaw_at(flaw, at, "a section reaches out of its file");
	*out = (struct section){
		.type = data[at + 3],
		.data = data + at + header,
		.len = size - header,
		.at = at,
		.header = header,
		.next = at + size + (4 - size % 4) % 4,
	};
	return true;
}

static bool add_volume(struct firmware_volumes *all, const uint8_t *data, size_t len,
	const struct source *source, struct flaw *flaw);

static bool read_sections(struct firmware_volumes *all, const uint8_t *data, size_t len,
	const struct source *source, struct flaw *flaw);

static bool unpack(struct firmware_volumes *all, const uint8_t *data, size_t len,
	const struct source *source, struct flaw *flaw)
{
	struct source inner = {true, source->offset, source->depth + 1};
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
static bool read_guided(struct firmware_volumes *all, const struct section *s,
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
	struct section s = {0};

	if (source->depth > FIRMWARE_DEPTH_MAX)
		return flaw_in(flaw, source, 0, "sections are nested too deep");
	while (next_section(data, len, s.next, &s, &here)) {
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
		struct source inner = {source->unpacked, source->offset, source->depth + 1};

		if (!source->unpacked)
			inner.offset += file.offset;
		/* Raw files have no sections. */
		if (file.type != FILE_RAW && !read_sections(all, file.data, file.len, &inner, flaw))
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
		struct source source = {false, at, 0};
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

const struct firmware_volume *firmware_volume_with(
	const struct firmware_volumes *volumes, uint8_t file_type)
{
	for (size_t i = 0; i < volumes->count; i++) {
		struct firmware_files walk;
		struct firmware_file file;

		firmware_files_begin(&walk, &volumes->volumes[i]);
		while (firmware_files_next(&walk, &file))
			if (file.type == file_type)
				return &volumes->volumes[i];
	}
	return NULL;
}

bool firmware_file_find(
	const struct firmware_volume *volume, const char *guid, struct firmware_file *out)
{
	struct firmware_files walk;
	struct firmware_file file;

	firmware_files_begin(&walk, volume);
	while (firmware_files_next(&walk, &file))
		if (guid_is(file.name, guid)) {
			*out = file;
			return true;
		}
	return false;
}

bool firmware_section(
	const struct firmware_file *file, uint8_t type, const uint8_t **out, size_t *out_len)
{
	struct flaw flaw = {0};
	struct section s = {0};

	if (file->type == FILE_RAW)
		return false;
	while (next_section(file->data, file->len, s.next, &s, &flaw))
		if (s.type == type) {
			*out = s.data;
			*out_len = s.len;
			return true;
		}
	return false;
}

void firmware_file_name(const struct firmware_file *file, char out[FIRMWARE_NAME_MAX])
{
	const uint8_t *name;
	size_t len, i = 0;

	if (firmware_section(file, FIRMWARE_SECTION_NAME, &name, &len))
		for (; i + 1 < FIRMWARE_NAME_MAX && 2 * i + 1 < len && le16(name + 2 * i); i++) {
			uint16_t c = le16(name + 2 * i);

			out[i] = c > 0x20 && c < 0x7f ? (char)c : '?';
		}
	out[i] = '\0';
}
