/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small OVMF image of the tests' own: 8 pages, both kinds of metadata, the table at its end. */
#ifndef TESTS_UNIT_MEASURE_OVMF_IMAGE_H
#define TESTS_UNIT_MEASURE_OVMF_IMAGE_H

#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"

#define IMAGE_LEN     (8u * 4096)
#define IMAGE_TDVF    0x6000u /* offset of the TDX metadata */
#define IMAGE_SEV     0x7000u /* of the SEV metadata */
#define IMAGE_FOOTER  (IMAGE_LEN - 50)
#define IMAGE_TABLE   (IMAGE_FOOTER - 22 - 22 - 22 - 26) /* of the table */
#define IMAGE_RESET   0x80b004u
#define IMAGE_HASHES  0x810c00u
#define TDVF_SECTIONS 4u
#define SEV_SECTIONS  6u

static inline uint8_t *image_entry(uint8_t *end, const char *guid, const void *data, size_t len)
{
	guid_parse(guid, end - GUID_LEN);
	put_le16(end - 18, (uint16_t)(18 + len));
	memcpy(end - 18 - len, data, len);
	return end - 18 - len;
}

static inline void image_tdvf_section(
	uint8_t *to, uint32_t offset, uint32_t raw, uint64_t address, uint64_t size, uint32_t type)
{
	put_le32(to, offset);
	put_le32(to + 4, raw);
	put_le64(to + 8, address);
	put_le64(to + 16, size);
	put_le32(to + 24, type);
	put_le32(to + 28, type == 0 ? 1 : 0);
}

/* Code that is measured and 100 bytes short of its pages, variables, hand-off list, memory. */
static inline void image_tdvf(uint8_t *to)
{
	memcpy(to, "TDVF", 4);
	put_le32(to + 4, 16 + 32 * TDVF_SECTIONS);
	put_le32(to + 8, 1);
	put_le32(to + 12, TDVF_SECTIONS);
	image_tdvf_section(to + 16, 0x2000, 0x6000 - 100, 0xffffa000, 0x6000, 0);
	image_tdvf_section(to + 48, 0, 0x2000, 0xffff8000, 0x2000, 1);
	image_tdvf_section(to + 80, 0, 0, 0x809000, 0x2000, 2);
	image_tdvf_section(to + 112, 0, 0, 0x80b000, 0x3000, 3);
}

/* As AmdSevX64 has them, with smaller runs of memory. */
static inline void image_sev(uint8_t *to)
{
	static const uint32_t sections[SEV_SECTIONS][3] = {{0x800000, 0x2000, 1},
		{0x80d000, 0x1000, 2}, {0x80e000, 0x1000, 3}, {0x80f000, 0x1000, 4},
		{0x810000, 0x1000, 0x10}, {0x811000, 0x3000, 1}};

	memcpy(to, "ASEV", 4);
	put_le32(to + 4, 16 + 12 * SEV_SECTIONS);
	put_le32(to + 8, 1);
	put_le32(to + 12, SEV_SECTIONS);
	for (size_t i = 0; i < SEV_SECTIONS; i++)
		for (size_t k = 0; k < 3; k++)
			put_le32(to + 16 + 12 * i + 4 * k, sections[i][k]);
}

static inline void make_image(uint8_t image[IMAGE_LEN])
{
	uint8_t number[8], *end = image + IMAGE_FOOTER;

	for (size_t i = 0; i < IMAGE_LEN; i++)
		image[i] = (uint8_t)(i * 7 + (i >> 8) * 13);
	image_tdvf(image + IMAGE_TDVF);
	image_sev(image + IMAGE_SEV);
	put_le32(number, IMAGE_RESET);
	end = image_entry(end, "00f771de-1a7e-4fcb-890e-68c77e2fb44e", number, 4);
	put_le32(number, IMAGE_HASHES);
	put_le32(number + 4, 0x400);
	end = image_entry(end, "7255371f-3a3b-4b04-927b-1da6efa8d454", number, 8);
	put_le32(number, IMAGE_LEN - IMAGE_SEV);
	end = image_entry(end, "dc886566-984a-4798-a75e-5585a7bf67cc", number, 4);
	put_le32(number, IMAGE_LEN - IMAGE_TDVF);
	image_entry(end, "e47a6535-984a-4798-865e-4685a7bf8ec2", number, 4);
	guid_parse("96b582de-1fb2-45f7-baea-a366c55a082d", image + IMAGE_FOOTER + 2);
	put_le16(image + IMAGE_FOOTER, (uint16_t)(IMAGE_FOOTER - IMAGE_TABLE + 18));
}

#endif
