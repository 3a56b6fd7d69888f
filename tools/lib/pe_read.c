/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/pe_read.h"

#include <string.h>
#include "efi/contract/pe_format.h"
#include "tools/lib/bytes.h"

static bool read_certificates(struct pe_file *f, uint32_t optional_at, struct flaw *flaw)
{
	uint32_t count = le32(f->base + optional_at + OPT_DIRECTORY_COUNT);
	uint32_t entry = optional_at + OPT_DIRECTORIES + DIRECTORY_CERTIFICATES * DIRECTORY_LEN;

	if (count <= DIRECTORY_CERTIFICATES)
		return true;
	f->certificate_entry_at = entry;
	f->certificates_at = le32(f->base + entry);
	f->certificates_len = le32(f->base + entry + 4);
	if (f->certificates_len && (uint64_t)f->certificates_at + f->certificates_len > f->len)
		return flaw_at(flaw, entry, "the signature reaches out of the file");
	if (f->certificates_len && f->certificates_at < f->size_of_headers)
		return flaw_at(flaw, entry, "the signature lies in the headers");
	return true;
}

static bool read_optional(struct pe_file *f, uint32_t at, uint32_t len, struct flaw *flaw)
{
	const uint8_t *opt = f->base + at;
	uint32_t directories;

	if (len < OPT_DIRECTORIES)
		return flaw_at(flaw, at, "the optional header is too short");
	if (le16(opt) != PE32_PLUS)
		return flaw_at(flaw, at, "the image is not PE32+, the format for 64-bit firmware");
	directories = le32(opt + OPT_DIRECTORY_COUNT);
	if (directories > DIRECTORY_MAX || len < OPT_DIRECTORIES + directories * DIRECTORY_LEN)
		return flaw_at(flaw, at + OPT_DIRECTORY_COUNT,
			"there are more data directories than the optional header holds");
	f->major_image_version = le16(opt + OPT_MAJOR_IMAGE_VERSION);
	f->size_of_image = le32(opt + OPT_SIZE_OF_IMAGE);
	f->size_of_headers = le32(opt + OPT_SIZE_OF_HEADERS);
	f->checksum_at = at + OPT_CHECKSUM;
	f->subsystem = le16(opt + OPT_SUBSYSTEM);
	f->dll_characteristics = le16(opt + OPT_DLL_CHARACTERISTICS);
	if (f->size_of_headers > f->len)
		return flaw_at(flaw, at + OPT_SIZE_OF_HEADERS, "the headers are cut off");
	if (f->size_of_headers > f->size_of_image || f->size_of_image > f->len + PE_ZEROS_MAX)
		return flaw_at(flaw, at + OPT_SIZE_OF_IMAGE, "SizeOfImage is out of range");
	return read_certificates(f, at, flaw);
}

static bool read_headers(struct pe_file *f, struct flaw *flaw)
{
	uint32_t at, optional_len;
	uint64_t sections_at;

	if (f->len < MZ_LEN)
		return flaw_at(flaw, f->len, "the file is too short for an EFI image");
	if (f->base[0] != 'M' || f->base[1] != 'Z')
		return flaw_at(flaw, 0, "the file is no EFI image: it does not begin with MZ");
	at = le32(f->base + MZ_NEW_HEADER);
	if ((uint64_t)at + COFF_LEN > f->len)
		return flaw_at(flaw, MZ_NEW_HEADER, "the PE header lies out of the file");
	if (memcmp(f->base + at, "PE\0\0", 4) != 0)
		return flaw_at(flaw, at, "there is no PE header");
	f->header_at = at;
	f->machine = le16(f->base + at + COFF_MACHINE);
	f->section_count = le16(f->base + at + COFF_SECTIONS);
	optional_len = le16(f->base + at + COFF_OPTIONAL_LEN);
	sections_at = (uint64_t)at + COFF_LEN + optional_len;
	if (sections_at > f->len)
		return flaw_at(flaw, at + COFF_OPTIONAL_LEN, "the optional header is cut off");
	if (!read_optional(f, at + COFF_LEN, optional_len, flaw))
		return false;
	if (!f->section_count || f->section_count > PE_SECTIONS_MAX)
		return flaw_at(flaw, at + COFF_SECTIONS, "it has no sections, or more than 96");
	if (sections_at + f->section_count * PE_SECTION_ENTRY > f->size_of_headers)
		return flaw_at(flaw, sections_at, "the section table reaches out of the headers");
	f->sections_at = (uint32_t)sections_at;
	return true;
}

struct pe_section pe_file_section(const struct pe_file *file, unsigned index)
{
	const uint8_t *row = file->base + file->sections_at + (size_t)index * PE_SECTION_ENTRY;
	struct pe_section s = {
		.virtual_size = le32(row + 8),
		.virtual_address = le32(row + 12),
		.raw_size = le32(row + 16),
		.raw_offset = le32(row + 20),
		.has_relocations = le32(row + 24) || le16(row + 32),
		.characteristics = le32(row + 36),
	};

	memcpy(s.name, row, 8);
	return s;
}

static bool overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a_len && b_len && a < b + b_len && b < a + a_len;
}

/* As much memory as firmware fills: SizeOfRawData bytes when VirtualSize is 0. */
static uint32_t memory_len(const struct pe_section *s)
{
	return s->virtual_size ? s->virtual_size : s->raw_size;
}

/* Names the section: its name is the first of its row. */
static bool flaw_in(const struct pe_file *f, uint64_t row, struct flaw *flaw, const char *reason)
{
	return flaw_of(flaw, (const char *)f->base + row, SECTION_NAME_LEN, row, reason);
}

static bool check_row(const struct pe_file *f, unsigned index, struct flaw *flaw)
{
	uint64_t at = f->sections_at + (uint64_t)index * PE_SECTION_ENTRY;
	struct pe_section s = pe_file_section(f, index);

	if (s.raw_size && (uint64_t)s.raw_offset + s.raw_size > f->len)
		return flaw_in(
			f, at, flaw, "the section reaches out of the file, which is cut off");
	if (overlap(s.raw_offset, s.raw_size, f->certificates_at, f->certificates_len))
		return flaw_in(f, at, flaw, "the section shares bytes with the signature");
	if (s.raw_size && s.raw_offset < f->size_of_headers)
		return flaw_in(f, at, flaw, "the section lies in the headers");
	if ((uint64_t)s.virtual_address + memory_len(&s) > f->size_of_image)
		return flaw_in(f, at, flaw, "the section reaches out of SizeOfImage");
	for (unsigned i = 0; i < index; i++) {
		struct pe_section other = pe_file_section(f, i);

		if (overlap(s.raw_offset, s.raw_size, other.raw_offset, other.raw_size))
			return flaw_in(f, at, flaw,
				"the section shares bytes of the file with one before it");
		if (overlap(s.virtual_address, memory_len(&s), other.virtual_address,
			    memory_len(&other)))
			return flaw_in(f, at, flaw,
				"the section shares memory with one before it (VirtualAddress, "
				"VirtualSize)");
	}
	return true;
}

bool pe_read(const uint8_t *base, size_t len, struct pe_file *out, struct flaw *flaw)
{
	struct pe_file f = {.base = base, .len = len};

	if (!read_headers(&f, flaw))
		return false;
	for (unsigned i = 0; i < f.section_count; i++)
		if (!check_row(&f, i, flaw))
			return false;
	*out = f;
	return true;
}

struct pe_contents pe_contents_of(const struct pe_file *file, const struct pe_section *row)
{
	size_t len = row->raw_size < row->virtual_size ? row->raw_size : row->virtual_size;

	return (struct pe_contents){
		.data = file->base + (len ? row->raw_offset : 0),
		.len = len,
		.zeros = row->virtual_size - len,
		.offset = len ? row->raw_offset : 0,
	};
}

static bool matches(const char *section, const char *name, enum pe_match match)
{
	return match == PE_LAST_PREFIX ? strncmp(section, name, strlen(name)) == 0
				       : strcmp(section, name) == 0;
}

bool pe_lookup(const struct pe_file *file, const char *name, enum pe_match match, unsigned first,
	unsigned end, struct pe_contents *out)
{
	struct pe_section found = {0};

	for (unsigned i = first; i < end; i++) {
		struct pe_section s = pe_file_section(file, i);

		if (!matches(s.name, name, match))
			continue;
		found = s;
		if (match == PE_FIRST_EXACT)
			break;
	}
	if (!found.virtual_size)
		return false;
	*out = pe_contents_of(file, &found);
	return true;
}
