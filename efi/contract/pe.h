/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounds-checked walk over a PE32+ image (PE/COFF specification, sections 2 to 4), shared by the
 * stub (its own loaded image, and the kernel inside it), the builder and the predictor. Plain C, no
 * allocation, no writes; the caller owns the bytes and keeps them as long as the struct is used.
 *
 * Order of calls: pe_parse() once, then pe_section_at() and pe_find() as often as needed.
 *
 * Everything is refused that is not needed: more than PE_SECTIONS_MAX sections, sections that
 * overlap in memory or on disk, that reach out of the image or into the headers, unaligned or
 * overflowing numbers, a section name twice. What is accepted has one meaning for every reader.
 */
#ifndef EFI_CONTRACT_PE_H
#define EFI_CONTRACT_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PE_SECTIONS_MAX	   96u
#define PE_SECTION_ENTRY   40u /* bytes of one row of the section table */
#define PE_MACHINE_X86_64  0x8664u
#define PE_MACHINE_AARCH64 0xaa64u

/* Bits of pe_section.characteristics. */
#define PE_SECTION_EXECUTE 0x20000000u
#define PE_SECTION_READ	   0x40000000u
#define PE_SECTION_WRITE   0x80000000u

/* Bit of pe_image.dll_characteristics: the image never runs what it can write. */
#define PE_NX_COMPAT 0x0100u

/* Where the bytes are: as the file lies on disk, or as a loader laid it out in memory. */
enum pe_layout { PE_ON_DISK, PE_LOADED };

struct pe_section {
	char name[9];				/* NUL-terminated copy */
	uint32_t virtual_address, virtual_size; /* bytes */
	uint32_t raw_offset, raw_size;		/* bytes */
	uint32_t characteristics;
	bool has_relocations; /* COFF relocations, which an image must not have */
};

struct pe_image {
	const uint8_t *base;
	size_t len; /* bytes at base */
	enum pe_layout layout;
	uint32_t header_offset; /* of "PE\0\0" */
	uint16_t machine, major_image_version, subsystem, dll_characteristics, section_count;
	uint32_t entry_rva, size_of_image, size_of_headers, section_alignment, file_alignment;
	uint32_t base_relocation_size; /* bytes of the base relocation directory, 0 if none */
	uint32_t section_table_offset;
};

enum pe_result {
	PE_OK = 0,
	PE_TRUNCATED,	  /* a header or table reaches past the end */
	PE_NOT_PE,	  /* no MZ, no PE signature, not PE32+ */
	PE_SECTION_COUNT, /* none, or more than PE_SECTIONS_MAX */
	PE_SECTION_RANGE, /* a section reaches out of file or image, or into the headers */
	PE_SECTION_OVERLAP,
	PE_SECTION_TWICE,
	PE_ALIGNMENT,
	PE_ENTRY,	 /* the entry point is in no executable section */
	PE_SECTION_NAME, /* bytes after a name's NUL */
	PE_RESULT_COUNT
};

/*
 * Parses and checks the headers and every section of the len bytes at base. With PE_LOADED, len is
 * the size that the loader gave (at least SizeOfImage), with PE_ON_DISK the size of the file.
 * *out is written only with PE_OK.
 */
enum pe_result pe_parse(
	const uint8_t *base, size_t len, enum pe_layout layout, struct pe_image *out);

/* Section number index (< section_count) of a parsed image, in the order of its table. */
struct pe_section pe_section_at(const struct pe_image *image, unsigned index);

/*
 * The contents of the section with exactly this name (all eight bytes are compared): VirtualSize
 * bytes. False when there is none or its VirtualSize is 0.
 *
 * On disk, a section with VirtualSize > SizeOfRawData has no contiguous contents: *out_len is then
 * the raw bytes and *out_zeros the zeros that follow them in memory. Loaded, *out_zeros is 0.
 * *out_data points into the image. Nothing is written when it returns false.
 */
bool pe_find(const struct pe_image *image, const char *name, const uint8_t **out_data,
	size_t *out_len, size_t *out_zeros);

#endif
