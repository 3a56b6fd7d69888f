/*
 * A bounds-checked walk over a PE32+ image (PE/COFF specification, sections 2 to 4), shared by the
 * stub (its own loaded image, and the kernel inside it), the builder and the predictor. Plain C, no
 * allocation, no writes; the caller keeps the bytes. Everything is refused that is not needed:
 * more than PE_SECTIONS_MAX sections, sections that overlap or reach out of the image, unaligned or
 * overflowing numbers, a section name twice.
 */
#ifndef EFI_CONTRACT_PE_H
#define EFI_CONTRACT_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PE_SECTIONS_MAX 96u

/* Where the bytes are: as the file lies on disk, or as a loader laid it out in memory. */
enum pe_layout { PE_ON_DISK, PE_LOADED };

struct pe_section {
	char name[9]; /* NUL-terminated copy */
	uint32_t virtual_address, virtual_size; /* bytes */
	uint32_t raw_offset, raw_size;		/* bytes */
	uint32_t characteristics;
};

struct pe_image {
	const uint8_t *base;
	size_t len; /* bytes at base */
	enum pe_layout layout;
	uint32_t header_offset; /* of "PE\0\0" */
	uint16_t machine, major_image_version, dll_characteristics, section_count;
	uint32_t entry_rva, size_of_image, size_of_headers, section_alignment, file_alignment;
	uint32_t section_table_offset;
};

enum pe_result {
	PE_OK = 0,
	PE_TRUNCATED,	 /* a header or table reaches past the end */
	PE_NOT_PE,	 /* no MZ, no PE signature, not PE32+ */
	PE_SECTION_COUNT,
	PE_SECTION_RANGE, /* a section reaches out of file or image, or into the headers */
	PE_SECTION_OVERLAP,
	PE_SECTION_TWICE,
	PE_ALIGNMENT,
	PE_ENTRY, /* the entry point is in no executable section */
};

/* Parses and checks the headers and every section. *out is written only with PE_OK. */
enum pe_result pe_parse(const uint8_t *base, size_t len, enum pe_layout layout,
	struct pe_image *out);

/* Section number index (< section_count) of a parsed image. */
struct pe_section pe_section_at(const struct pe_image *image, unsigned index);

/*
 * The contents of the section with exactly this name: VirtualSize bytes. False when there is none
 * or its VirtualSize is 0. On disk, a section with VirtualSize > SizeOfRawData has no contiguous
 * contents: *out_len is then the raw bytes and *out_zeros the zeros that follow them in memory.
 */
bool pe_find(const struct pe_image *image, const char *name, const uint8_t **out_data,
	size_t *out_len, size_t *out_zeros);

#endif
