/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes PE32+ images for tests, sound ones and, by its overrides, unsound ones. Not a tool: sizes
 * are small and fixed, a spec that does not fit ends the program.
 */
#ifndef TESTS_MOCK_PE_MAKER_H
#define TESTS_MOCK_PE_MAKER_H

#include <stddef.h>
#include <stdint.h>

#define PE_MAKER_SECTIONS 100u
#define PE_MAKER_ROOM	  (1u << 20)

/* File offsets of what tests overwrite, in every image that pe_make() makes. */
enum {
	PE_AT = 64,
	PE_AT_MACHINE = PE_AT + 4,
	PE_AT_SECTION_COUNT = PE_AT + 6,
	PE_AT_OPTIONAL_SIZE = PE_AT + 20,
	PE_AT_OPTIONAL = PE_AT + 24,
	PE_AT_ENTRY = PE_AT_OPTIONAL + 16,
	PE_AT_SECTION_ALIGNMENT = PE_AT_OPTIONAL + 32,
	PE_AT_FILE_ALIGNMENT = PE_AT_OPTIONAL + 36,
	PE_AT_SIZE_OF_IMAGE = PE_AT_OPTIONAL + 56,
	PE_AT_SIZE_OF_HEADERS = PE_AT_OPTIONAL + 60,
	PE_AT_DIRECTORY_COUNT = PE_AT_OPTIONAL + 108,
	PE_AT_BASE_RELOCATION_SIZE = PE_AT_OPTIONAL + 112 + 5 * 8 + 4,
	PE_AT_SECTIONS = PE_AT_OPTIONAL + 240,
	PE_ROW = 40,
	PE_ROW_VIRTUAL_SIZE = 8,
	PE_ROW_ADDRESS = 12,
	PE_ROW_RAW_SIZE = 16,
	PE_ROW_RAW_OFFSET = 20,
	PE_ROW_RELOCATIONS = 24,
	PE_ROW_CHARACTERISTICS = 36,
};

#define PE_R  0x40000040u
#define PE_RX 0x60000020u
#define PE_RW 0xc0000040u

struct pe_maker_section {
	const char *name; /* at most 8 characters */
	const void *data;
	uint32_t len;	       /* bytes at data, padded to the file alignment */
	uint32_t virtual_size; /* 0: len */
	uint32_t characteristics;
};

struct pe_maker {
	uint16_t machine, major_version, dll_characteristics; /* machine 0: x86-64 */
	uint32_t section_alignment, file_alignment;	      /* 0: 4096 and 512 */
	uint32_t entry_section;				      /* whose first byte is the entry */
	struct pe_maker_section sections[PE_MAKER_SECTIONS];
	unsigned section_count;
};

void pe_maker_add(struct pe_maker *maker, const char *name, const void *data, uint32_t len,
	uint32_t characteristics);

/* The file, in memory of exactly *out_len bytes that the caller frees. */
uint8_t *pe_make(const struct pe_maker *maker, size_t *out_len);

/* A sound file laid out as firmware does, in memory of SizeOfImage bytes that the caller frees. */
uint8_t *pe_make_loaded(const uint8_t *file, size_t *out_len);

void put16(uint8_t *p, uint16_t n);
void put32(uint8_t *p, uint32_t n);
uint32_t get32(const uint8_t *p);

/* Row of the section with this index in the section table. */
uint8_t *pe_row(uint8_t *file, unsigned index);

#endif
