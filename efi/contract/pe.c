/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "efi/contract/pe.h"

#include "efi/contract/pe_format.h"

/* A range of bytes; its end never overflows 64 bits, as both come from 32-bit fields. */
struct span {
	uint64_t start, len;
};

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

static bool power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

static bool inside(struct span span, uint64_t from, uint64_t to)
{
	return span.start >= from && span.start + span.len <= to;
}

static bool overlap(struct span a, struct span b)
{
	return a.len && b.len && a.start < b.start + b.len && b.start < a.start + a.len;
}

/* The memory a loader fills: firmware copies SizeOfRawData bytes when VirtualSize is 0. */
static struct span memory_span(const struct pe_section *s)
{
	return (struct span){s->virtual_address, s->virtual_size ? s->virtual_size : s->raw_size};
}

static struct span file_span(const struct pe_section *s)
{
	return (struct span){s->raw_offset, s->raw_size};
}

static bool same_name(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

struct pe_section pe_section_at(const struct pe_image *image, unsigned index)
{
	const uint8_t *row = image->base + image->section_table_offset +
			     (size_t)index * PE_SECTION_ENTRY;
	struct pe_section s = {
		.virtual_size = le32(row + 8),
		.virtual_address = le32(row + 12),
		.raw_size = le32(row + 16),
		.raw_offset = le32(row + 20),
		.has_relocations = le32(row + 24) || le16(row + 32),
		.characteristics = le32(row + 36),
	};

	for (unsigned i = 0; i < 8; i++)
		s.name[i] = (char)row[i];
	return s;
}

static enum pe_result parse_optional(struct pe_image *image, const uint8_t *opt, uint32_t opt_size)
{
	uint32_t directories;

	if (opt_size < OPT_DIRECTORIES)
		return PE_TRUNCATED;
	if (le16(opt + OPT_MAGIC) != PE32_PLUS)
		return PE_NOT_PE;
	image->entry_rva = le32(opt + OPT_ENTRY);
	image->section_alignment = le32(opt + OPT_SECTION_ALIGNMENT);
	image->file_alignment = le32(opt + OPT_FILE_ALIGNMENT);
	image->major_image_version = le16(opt + OPT_MAJOR_IMAGE_VERSION);
	image->size_of_image = le32(opt + OPT_SIZE_OF_IMAGE);
	image->size_of_headers = le32(opt + OPT_SIZE_OF_HEADERS);
	image->subsystem = le16(opt + OPT_SUBSYSTEM);
	image->dll_characteristics = le16(opt + OPT_DLL_CHARACTERISTICS);
	directories = le32(opt + OPT_DIRECTORY_COUNT);
	if (directories > DIRECTORY_MAX)
		return PE_NOT_PE;
	if (opt_size < OPT_DIRECTORIES + directories * DIRECTORY_LEN)
		return PE_TRUNCATED;
	if (directories > DIRECTORY_BASE_RELOCATION)
		image->base_relocation_size = le32(
			opt + OPT_DIRECTORIES + DIRECTORY_BASE_RELOCATION * DIRECTORY_LEN + 4);
	return PE_OK;
}

static enum pe_result parse_headers(struct pe_image *image)
{
	const uint8_t *coff;
	uint64_t offset, table;
	uint32_t opt_size;
	enum pe_result result;

	if (image->len < MZ_LEN)
		return PE_TRUNCATED;
	if (image->base[0] != 'M' || image->base[1] != 'Z')
		return PE_NOT_PE;
	offset = le32(image->base + MZ_NEW_HEADER);
	if (offset + COFF_LEN > image->len)
		return PE_TRUNCATED;
	coff = image->base + offset;
	if (coff[0] != 'P' || coff[1] != 'E' || coff[2] || coff[3])
		return PE_NOT_PE;
	image->header_offset = (uint32_t)offset;
	image->machine = le16(coff + COFF_MACHINE);
	image->section_count = le16(coff + COFF_SECTIONS);
	opt_size = le16(coff + COFF_OPTIONAL_LEN);
	table = offset + COFF_LEN + opt_size;
	if (table > image->len)
		return PE_TRUNCATED;
	result = parse_optional(image, coff + COFF_LEN, opt_size);
	if (result)
		return result;
	if (!image->section_count || image->section_count > PE_SECTIONS_MAX)
		return PE_SECTION_COUNT;
	if (table + image->section_count * PE_SECTION_ENTRY > image->size_of_headers ||
		image->size_of_headers > image->len)
		return PE_TRUNCATED;
	image->section_table_offset = (uint32_t)table;
	return PE_OK;
}

static enum pe_result check_numbers(const struct pe_image *image)
{
	if (!power_of_two(image->section_alignment) || !power_of_two(image->file_alignment) ||
		image->section_alignment < image->file_alignment)
		return PE_ALIGNMENT;
	if (image->size_of_headers > image->size_of_image)
		return PE_SECTION_RANGE;
	if (image->layout == PE_LOADED && image->size_of_image > image->len)
		return PE_TRUNCATED;
	return PE_OK;
}

static enum pe_result check_section(const struct pe_image *image, const struct pe_section *s)
{
	struct span memory = memory_span(s), file = file_span(s);
	bool ended = false;

	for (unsigned i = 0; i < 8; i++) {
		if (ended && s->name[i])
			return PE_SECTION_NAME;
		ended = ended || !s->name[i];
	}
	if (s->virtual_address & (image->section_alignment - 1))
		return PE_ALIGNMENT;
	if (!inside(memory, image->size_of_headers, image->size_of_image))
		return PE_SECTION_RANGE;
	if (!s->raw_size)
		return PE_OK;
	if (s->raw_offset & (image->file_alignment - 1))
		return PE_ALIGNMENT;
	if (s->raw_offset < image->size_of_headers ||
		(image->layout == PE_ON_DISK && !inside(file, 0, image->len)))
		return PE_SECTION_RANGE;
	return PE_OK;
}

/* Pairwise against every earlier section: at most 96 of them. */
static enum pe_result check_against_earlier(const struct pe_image *image, unsigned index)
{
	struct pe_section s = pe_section_at(image, index);

	for (unsigned i = 0; i < index; i++) {
		struct pe_section earlier = pe_section_at(image, i);

		if (same_name(s.name, earlier.name))
			return PE_SECTION_TWICE;
		if (overlap(memory_span(&s), memory_span(&earlier)) ||
			overlap(file_span(&s), file_span(&earlier)))
			return PE_SECTION_OVERLAP;
	}
	return PE_OK;
}

static bool entry_in(const struct pe_image *image, const struct pe_section *s)
{
	return (s->characteristics & PE_SECTION_EXECUTE) &&
	       image->entry_rva >= s->virtual_address &&
	       image->entry_rva - s->virtual_address < s->virtual_size;
}

static enum pe_result check_sections(const struct pe_image *image)
{
	bool entry_found = false;

	for (unsigned i = 0; i < image->section_count; i++) {
		struct pe_section s = pe_section_at(image, i);
		enum pe_result result = check_section(image, &s);

		if (!result)
			result = check_against_earlier(image, i);
		if (result)
			return result;
		entry_found = entry_found || entry_in(image, &s);
	}
	return entry_found ? PE_OK : PE_ENTRY;
}

enum pe_result pe_parse(
	const uint8_t *base, size_t len, enum pe_layout layout, struct pe_image *out)
{
	struct pe_image image = {.base = base, .len = len, .layout = layout};
	enum pe_result result = parse_headers(&image);

	if (!result)
		result = check_numbers(&image);
	if (!result)
		result = check_sections(&image);
	if (!result)
		*out = image;
	return result;
}

bool pe_find(const struct pe_image *image, const char *name, const uint8_t **out_data,
	size_t *out_len, size_t *out_zeros)
{
	for (unsigned i = 0; i < image->section_count; i++) {
		struct pe_section s = pe_section_at(image, i);
		uint32_t contiguous = s.virtual_size;

		if (!s.virtual_size || !same_name(s.name, name))
			continue;
		if (image->layout == PE_ON_DISK && s.raw_size < s.virtual_size)
			contiguous = s.raw_size;
		*out_data = image->base +
			    (image->layout == PE_LOADED ? s.virtual_address : s.raw_offset);
		*out_len = contiguous;
		*out_zeros = s.virtual_size - contiguous;
		return true;
	}
	return false;
}
