/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/uki_write.h"

#include <string.h>
#include "efi/contract/pe.h"
#include "efi/contract/pe_format.h"
#include "tools/lib/report.h"

/* From the optional header on: the length that stands in the directory's row of certificates. */
#define CERTIFICATES_LENGTH (OPT_DIRECTORIES + DIRECTORY_CERTIFICATES * DIRECTORY_LEN + 4)

#define SECTION_DATA  0x40000040u /* readable, initialized data */
#define SECTION_ALIGN 4096u	  /* at least; old stubs say 512 */
#define FILE_ALIGN    512u

struct writer {
	struct pe_image stub;
	struct bytes *out;
	uint32_t next_address, initialized, section_align;
	uint16_t section_count;
};

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

static uint8_t *field(const struct writer *w, uint32_t offset)
{
	return w->out->data + w->stub.header_offset + offset;
}

/* Where the stub's own sections end, in the file and in memory, and where the first one starts. */
static void measure_stub(struct writer *w, uint32_t *out_file_end, uint32_t *out_first_raw)
{
	uint32_t file_end = w->stub.size_of_headers, first = UINT32_MAX, memory_end = 0;

	for (unsigned i = 0; i < w->stub.section_count; i++) {
		struct pe_section s = pe_section_at(&w->stub, i);

		if (s.raw_size && s.raw_offset < first)
			first = s.raw_offset;
		if (s.raw_size && s.raw_offset + s.raw_size > file_end)
			file_end = s.raw_offset + s.raw_size;
		if (s.virtual_address + s.virtual_size > memory_end)
			memory_end = s.virtual_address + s.virtual_size;
	}
	w->next_address = memory_end;
	*out_file_end = file_end;
	*out_first_raw = first < w->stub.size_of_headers ? first : w->stub.size_of_headers;
}

static bool check_stub(const struct writer *w, size_t new_sections, uint32_t header_capacity)
{
	const uint8_t *pe = w->stub.base + w->stub.header_offset;
	size_t table_end = w->stub.section_table_offset +
			   (size_t)PE_SECTION_ENTRY * (w->stub.section_count + new_sections);

	if (le32(pe + COFF_LEN + OPT_DIRECTORY_COUNT) > 4 &&
		le32(pe + COFF_LEN + CERTIFICATES_LENGTH))
		return complain("the stub is signed already: sign the finished image instead");
	if (w->stub.section_count + new_sections > PE_SECTIONS_MAX || table_end > header_capacity)
		return complain(
			"the stub's headers have no room for %zu more sections", new_sections);
	if (w->stub.file_alignment % FILE_ALIGN)
		return complain("the stub's file alignment (%u) is not a multiple of %u",
			w->stub.file_alignment, FILE_ALIGN);
	return true;
}

static bool check_section(const struct writer *w, const struct uki_section *s)
{
	size_t len, zeros;
	const uint8_t *data;

	if (strlen(s->name) > 8)
		return complain("the section name %s is longer than 8 characters", s->name);
	if (!s->len)
		return complain("the section %s would be empty", s->name);
	if (s->len > UINT32_MAX / 2)
		return complain("the section %s is larger than 2 GiB", s->name);
	if (pe_find(&w->stub, s->name, &data, &len, &zeros))
		return complain("the stub already has a section %s", s->name);
	return true;
}

static bool add_section(struct writer *w, const struct uki_section *s)
{
	uint64_t address = round_up(w->next_address, w->section_align);
	uint64_t raw = round_up(s->len, w->stub.file_alignment), offset = w->out->len;
	uint8_t *header;

	if (address + s->len > UINT32_MAX - w->section_align || offset + raw > UINT32_MAX)
		return complain("the image would grow beyond 4 GiB with %s", s->name);
	bytes_add(w->out, s->data, s->len);
	bytes_zeros(w->out, (size_t)raw - s->len);
	header = w->out->data + w->stub.section_table_offset +
		 (size_t)PE_SECTION_ENTRY * w->section_count;
	memset(header, 0, PE_SECTION_ENTRY);
	memcpy(header, s->name, strlen(s->name));
	put_le32(header + 8, (uint32_t)s->len);
	put_le32(header + 12, (uint32_t)address);
	put_le32(header + 16, (uint32_t)raw);
	put_le32(header + 20, (uint32_t)offset);
	put_le32(header + 36, SECTION_DATA);
	w->section_count++;
	w->initialized += (uint32_t)raw;
	w->next_address = (uint32_t)(address + s->len);
	return true;
}

static void finish_headers(struct writer *w, bool kernel_is_nx)
{
	uint16_t dll = w->stub.dll_characteristics;

	put_le16(field(w, COFF_SECTIONS), w->section_count);
	/* A symbol table, if the linker left one, lay behind the sections and is gone. */
	put_le32(field(w, COFF_SYMBOL_TABLE), 0);
	put_le32(field(w, COFF_SYMBOL_COUNT), 0);
	put_le32(field(w, COFF_LEN + OPT_INITIALIZED_SIZE),
		le32(field(w, COFF_LEN + OPT_INITIALIZED_SIZE)) + w->initialized);
	put_le32(field(w, COFF_LEN + OPT_SIZE_OF_IMAGE),
		(uint32_t)round_up(w->next_address, w->section_align));
	put_le32(field(w, COFF_LEN + OPT_CHECKSUM), 0);
	if (!kernel_is_nx)
		dll &= (uint16_t)~PE_NX_COMPAT;
	put_le16(field(w, COFF_LEN + OPT_DLL_CHARACTERISTICS), dll);
}

bool uki_write(const uint8_t *stub, size_t stub_len, const struct uki_section *sections,
	size_t count, bool kernel_is_nx, struct bytes *out)
{
	struct writer w = {.out = out};
	struct pe_image written;
	uint32_t file_end, header_capacity;
	bool fine = true;

	if (pe_parse(stub, stub_len, PE_ON_DISK, &w.stub) != PE_OK)
		return complain("the stub is not a PE32+ image that could be loaded");
	measure_stub(&w, &file_end, &header_capacity);
	if (!check_stub(&w, count, header_capacity))
		return false;
	w.section_align = w.stub.section_alignment < SECTION_ALIGN ? SECTION_ALIGN
								   : w.stub.section_alignment;
	w.section_count = w.stub.section_count;
	bytes_add(out, stub, file_end);
	bytes_align(out, w.stub.file_alignment);
	for (size_t i = 0; fine && i < count; i++)
		fine = check_section(&w, &sections[i]) && add_section(&w, &sections[i]);
	if (fine)
		finish_headers(&w, kernel_is_nx);
	/* What was written must read back: a section given twice, for one, does not. */
	if (fine && pe_parse(out->data, out->len, PE_ON_DISK, &written) != PE_OK)
		fine = complain("the image would not be one that the stub takes");
	if (!fine)
		bytes_free(out);
	return fine;
}

bool pe_is_nx(const uint8_t *file, size_t len)
{
	struct pe_image image;

	return pe_parse(file, len, PE_ON_DISK, &image) == PE_OK &&
	       (image.dll_characteristics & PE_NX_COMPAT);
}
