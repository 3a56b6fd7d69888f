/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a volume, and the sections of a file. */
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/firmware_volume.h"

/* EFI_FFS_FILE_HEADER (3.2.3). */
#define FILE_HEADER	  24u
#define FILE_HEADER_LARGE 32u
#define FILE_LARGE	  0x01u
#define FILE_PADDING	  0xF0u

/* EFI_COMMON_SECTION_HEADER (2.1.5). */
#define SECTION_HEADER	     4u
#define SECTION_HEADER_LARGE 8u

/* The two layouts of files that there are; variables and others are volumes without files. */
#define FFS2_GUID "8c8ce578-8a3d-4f1c-9935-896185c32dd3"
#define FFS3_GUID "5473c07a-3dcb-4dca-bd6f-1e9689e7349a"

static uint32_t le24(const uint8_t *p)
{
	return le16(p) | (uint32_t)p[2] << 16;
}

static bool has_files(const struct firmware_volume *volume)
{
	return guid_is(volume->format, FFS2_GUID) || guid_is(volume->format, FFS3_GUID);
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

bool firmware_sections_next(
	const uint8_t *data, size_t len, struct firmware_section *section, struct flaw *flaw)
{
	size_t header = SECTION_HEADER, at = section->next, size;

	if (at >= len || len - at < SECTION_HEADER)
		return false;
	size = le24(data + at);
	if (size == 0xffffff) {
		header = SECTION_HEADER_LARGE;
		size = len - at < header ? 0 : le32(data + at + 4);
	}
	if (size < header || size > len - at)
		return flaw_at(flaw, at, "a section reaches out of its file");
	*section = (struct firmware_section){
		.type = data[at + 3],
		.data = data + at + header,
		.len = size - header,
		.at = at,
		.header = header,
		.next = at + size + (4 - size % 4) % 4,
	};
	return true;
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
	struct firmware_section s = {0};

	if (file->type == FIRMWARE_FILE_RAW)
		return false;
	while (firmware_sections_next(file->data, file->len, &s, &flaw))
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
