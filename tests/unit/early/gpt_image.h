/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small disk with a GPT, made by the tests themselves after UEFI 2.10 section 5.3.
 */
#ifndef TESTS_UNIT_EARLY_GPT_IMAGE_H
#define TESTS_UNIT_EARLY_GPT_IMAGE_H

#include <stdint.h>
#include <string.h>
#include "early/disk/gpt.h"

#define IMAGE_BLOCKS 128u
#define IMAGE_LEN    (IMAGE_BLOCKS * 512u)

static inline void put_le(uint8_t *p, uint64_t v, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* Makes both checksums fit what the table holds. */
static inline void image_seal(uint8_t *image)
{
	uint8_t *h = image + 512;

	put_le(h + 88, gpt_crc32(image + 1024, 128 * 128), 4);
	put_le(h + 16, 0, 4);
	put_le(h + 16, gpt_crc32(h, 92), 4);
}

/* An empty table: 128 entries at block 2, blocks 34..94 usable. */
static inline void image_start(uint8_t *image)
{
	uint8_t *h = image + 512;

	memset(image, 0, IMAGE_LEN);
	memcpy(h, "EFI PART", 8);
	put_le(h + 8, 0x10000, 4);
	put_le(h + 12, 92, 4);
	put_le(h + 24, 1, 8);
	put_le(h + 32, IMAGE_BLOCKS - 1, 8);
	put_le(h + 40, 34, 8);
	put_le(h + 48, 94, 8);
	put_le(h + 72, 2, 8);
	put_le(h + 80, 128, 4);
	put_le(h + 84, 128, 4);
	image_seal(image);
}

/* Partition `number`, from 1: GUID filled with guid, type filled with type. Seal afterwards. */
static inline void image_add(uint8_t *image, unsigned number, uint8_t type, uint8_t guid,
	uint64_t first, uint64_t last, const char *name)
{
	uint8_t *e = image + 1024 + (number - 1) * 128;

	memset(e, type, 16);
	memset(e + 16, guid, 16);
	put_le(e + 32, first, 8);
	put_le(e + 40, last, 8);
	for (size_t i = 0; name[i]; i++)
		e[56 + 2 * i] = (uint8_t)name[i];
}

#endif
