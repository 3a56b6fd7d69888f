/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/mock/uki_maker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PE_NX 0x0100u

struct pe_maker uki_maker_kernel(void)
{
	static uint8_t setup[700], text[5000], data[600];
	struct pe_maker maker = {
		.major_version = 1, .dll_characteristics = PE_NX, .entry_section = 1};

	memset(setup, 's', sizeof(setup));
	memset(text, 't', sizeof(text));
	memset(data, 'd', sizeof(data));
	pe_maker_add(&maker, ".setup", setup, sizeof(setup), PE_R);
	pe_maker_add(&maker, ".text", text, sizeof(text), PE_RX);
	pe_maker_add(&maker, ".data", data, sizeof(data), PE_RW);
	maker.sections[2].virtual_size = 9000;
	return maker;
}

struct pe_maker uki_maker_image(const uint8_t *kernel, size_t kernel_len)
{
	struct pe_maker maker = {.dll_characteristics = PE_NX};

	pe_maker_add(&maker, ".text", "stub", 4, PE_RX);
	pe_maker_add(&maker, ".rdata", "const", 5, PE_R);
	pe_maker_add(&maker, ".sbat", "sbat,1\n", 7, PE_R);
	pe_maker_add(&maker, ".initrd", UKI_INITRD, sizeof(UKI_INITRD) - 1, PE_R);
	pe_maker_add(&maker, ".cmdline", UKI_CMDLINE, sizeof(UKI_CMDLINE) - 1, PE_R);
	pe_maker_add(&maker, ".osrel", "ID=test\n", 8, PE_R);
	pe_maker_add(&maker, ".linux", kernel, (uint32_t)kernel_len, PE_R);
	return maker;
}

struct pe_maker_section *uki_maker_section(struct pe_maker *maker, const char *name)
{
	for (unsigned i = 0; i < maker->section_count; i++) {
		if (!strcmp(maker->sections[i].name, name))
			return &maker->sections[i];
	}
	fprintf(stderr, "uki_maker: no section %s\n", name);
	abort();
}
