/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/mock/pe_maker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int good)
{
	if (!good) {
		fprintf(stderr, "pe_maker: the image does not fit\n");
		abort();
	}
}

void put16(uint8_t *p, uint16_t n)
{
	p[0] = (uint8_t)n;
	p[1] = (uint8_t)(n >> 8);
}

void put32(uint8_t *p, uint32_t n)
{
	put16(p, (uint16_t)n);
	put16(p + 2, (uint16_t)(n >> 16));
}

uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint8_t *pe_row(uint8_t *file, unsigned index)
{
	return file + PE_AT_SECTIONS + index * PE_ROW;
}

void pe_maker_add(struct pe_maker *maker, const char *name, const void *data, uint32_t len,
	uint32_t characteristics)
{
	must(maker->section_count < PE_MAKER_SECTIONS);
	maker->sections[maker->section_count++] = (struct pe_maker_section){
		name, data, len, 0, characteristics};
}

static uint32_t up(uint32_t n, uint32_t alignment)
{
	return (n + alignment - 1) / alignment * alignment;
}

static void put_headers(uint8_t *file, const struct pe_maker *maker, uint32_t headers)
{
	memcpy(file, "MZ", 2);
	put32(file + 60, PE_AT);
	memcpy(file + PE_AT, "PE\0\0", 4);
	put16(file + PE_AT_MACHINE, maker->machine ? maker->machine : 0x8664);
	put16(file + PE_AT_SECTION_COUNT, (uint16_t)maker->section_count);
	put16(file + PE_AT_OPTIONAL_SIZE, 240);
	put16(file + PE_AT_OPTIONAL, 0x20b);
	put32(file + PE_AT_SIZE_OF_HEADERS, headers);
	put16(file + PE_AT_OPTIONAL + 44, maker->major_version);
	put16(file + PE_AT_OPTIONAL + 68, 10);
	put16(file + PE_AT_OPTIONAL + 70, maker->dll_characteristics);
	put32(file + PE_AT_DIRECTORY_COUNT, 16);
}

uint8_t *pe_make(const struct pe_maker *maker, size_t *out_len)
{
	uint32_t section_alignment = maker->section_alignment ? maker->section_alignment : 4096;
	uint32_t file_alignment = maker->file_alignment ? maker->file_alignment : 512;
	uint32_t headers = up(PE_AT_SECTIONS + maker->section_count * PE_ROW, file_alignment);
	uint32_t offset = headers, address = up(headers, section_alignment);
	uint8_t *file = calloc(1, PE_MAKER_ROOM), *exact;

	must(file && headers < PE_MAKER_ROOM);
	put_headers(file, maker, headers);
	put32(file + PE_AT_SECTION_ALIGNMENT, section_alignment);
	put32(file + PE_AT_FILE_ALIGNMENT, file_alignment);
	for (unsigned i = 0; i < maker->section_count; i++) {
		const struct pe_maker_section *s = &maker->sections[i];
		uint32_t raw = up(s->len, file_alignment);
		uint32_t size = s->virtual_size ? s->virtual_size : s->len;
		uint8_t *row = pe_row(file, i);

		must(offset + raw <= PE_MAKER_ROOM && strlen(s->name) <= 8);
		memcpy(row, s->name, strlen(s->name));
		put32(row + PE_ROW_VIRTUAL_SIZE, size);
		put32(row + PE_ROW_ADDRESS, address);
		put32(row + PE_ROW_RAW_SIZE, raw);
		put32(row + PE_ROW_RAW_OFFSET, raw ? offset : 0);
		put32(row + PE_ROW_CHARACTERISTICS, s->characteristics);
		if (s->len)
			memcpy(file + offset, s->data, s->len);
		if (i == maker->entry_section)
			put32(file + PE_AT_ENTRY, address);
		offset += raw;
		address = up(address + (size ? size : raw), section_alignment);
	}
	put32(file + PE_AT_SIZE_OF_IMAGE, address);
	exact = malloc(offset);
	must(exact != NULL);
	memcpy(exact, file, offset);
	free(file);
	*out_len = offset;
	return exact;
}

uint8_t *pe_make_loaded(const uint8_t *file, size_t *out_len)
{
	uint32_t size = get32(file + PE_AT_SIZE_OF_IMAGE);
	unsigned count = file[PE_AT_SECTION_COUNT];
	uint8_t *image = calloc(1, size);

	must(image != NULL);
	memcpy(image, file, get32(file + PE_AT_SIZE_OF_HEADERS));
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *row = file + PE_AT_SECTIONS + i * PE_ROW;
		uint32_t raw = get32(row + PE_ROW_RAW_SIZE), len = get32(row + PE_ROW_VIRTUAL_SIZE);

		if (!len || len > raw)
			len = raw;
		memcpy(image + get32(row + PE_ROW_ADDRESS), file + get32(row + PE_ROW_RAW_OFFSET),
			len);
	}
	*out_len = size;
	return image;
}
