/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "early/contract/errors.h"
#include "early/disk/gpt.h"
#include "tests/unit/early/gpt_image.h"
#include "tests/unit/test.h"

static uint8_t image[IMAGE_LEN];

static uint16_t header(struct gpt *g)
{
	return gpt_header(image + 512, 512, IMAGE_BLOCKS, g).code;
}

static uint16_t entries(const struct gpt *g)
{
	return gpt_entries(g, image + 1024, (size_t)g->entry_count * g->entry_len).code;
}

static void test_crc(void)
{
	CHECK(gpt_crc32((const uint8_t *)"123456789", 9) == 0xcbf43926);
}

static void test_sound(void)
{
	struct gpt_entry e;
	struct gpt g;

	image_start(image);
	image_add(image, 1, 0xaa, 0x11, 34, 40, "root");
	image_add(image, 3, 0xbb, 0x22, 41, 94, "123456789012345678901234567890123456");
	image_add(image, 4, 0xbb, 0x33, 41, 41, "");
	image[1024 + 3 * 128 + 57] = 1;
	image_seal(image);
	REQUIRE(header(&g) == 0);
	CHECK(g.entries_lba == 2 && g.entry_count == 128 && g.first_lba == 34 && g.last_lba == 94);
	REQUIRE(entries(&g) == 0);
	REQUIRE(gpt_entry(&g, image + 1024, 0, &e));
	CHECK(e.type[0] == 0xaa && e.guid[15] == 0x11 && e.first_lba == 34 && e.last_lba == 40);
	CHECK(strcmp(e.name, "root") == 0);
	CHECK(!gpt_entry(&g, image + 1024, 1, &e));
	REQUIRE(gpt_entry(&g, image + 1024, 2, &e));
	CHECK(strlen(e.name) == GPT_NAME_UNITS);
	REQUIRE(gpt_entry(&g, image + 1024, 3, &e));
	CHECK(strcmp(e.name, "\x7f") == 0);
}

/* Changes of one header field, the checksum made right again: the field itself must be judged. */
static void test_geometry(void)
{
	static const struct {
		size_t at, len;
		uint64_t value;
		uint16_t code;
	} rows[] = {
		{8, 4, 0x20000, E_GPT_HEADER},
		{12, 4, 91, E_GPT_HEADER},
		{12, 4, 513, E_GPT_HEADER},
		{12, 4, 0xffffffff, E_GPT_HEADER},
		{24, 8, 2, E_GPT_GEOMETRY},
		{40, 8, 33, E_GPT_GEOMETRY},
		{40, 8, 95, E_GPT_GEOMETRY},
		{48, 8, IMAGE_BLOCKS, E_GPT_GEOMETRY},
		{48, 8, UINT64_MAX, E_GPT_GEOMETRY},
		{72, 8, 1, E_GPT_GEOMETRY},
		{72, 8, 3, E_GPT_GEOMETRY},
		{72, 8, UINT64_MAX, E_GPT_GEOMETRY},
		{72, 8, UINT64_MAX - 31, E_GPT_GEOMETRY},
		{80, 4, 0, E_GPT_GEOMETRY},
		{80, 4, 513, E_GPT_GEOMETRY},
		{80, 4, 0xffffffff, E_GPT_GEOMETRY},
		{84, 4, 0, E_GPT_GEOMETRY},
		{84, 4, 256, E_GPT_GEOMETRY},
		{84, 4, 0x80000000, E_GPT_GEOMETRY},
	};
	struct gpt g;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *h = image + 512;

		image_start(image);
		put_le(h + rows[i].at, rows[i].value, rows[i].len);
		put_le(h + 16, 0, 4);
		put_le(h + 16, gpt_crc32(h, 92), 4);
		CHECK(header(&g) == rows[i].code);
	}
}

static void test_entries_outside(void)
{
	static const uint64_t ranges[][2] = {
		{33, 40}, {34, 95}, {50, 49}, {0, 0}, {34, UINT64_MAX}, {UINT64_MAX, UINT64_MAX}};
	struct gpt g;

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		image_start(image);
		image_add(image, 128, 1, 1, ranges[i][0], ranges[i][1], "x");
		image_seal(image);
		REQUIRE(header(&g) == 0);
		CHECK(entries(&g) == E_GPT_ENTRY);
	}
}

/* One flipped bit anywhere in header or entries is noticed. */
static void test_bit_flips(void)
{
	struct gpt g;
	unsigned missed = 0;

	image_start(image);
	image_add(image, 1, 0xaa, 0x11, 34, 40, "root");
	image_seal(image);
	for (size_t bit = 0; bit < (92 + 2 * 128) * 8; bit++) {
		size_t byte = bit / 8 < 92 ? 512 + bit / 8 : 1024 - 92 + bit / 8;

		image[byte] ^= (uint8_t)(1u << bit % 8);
		missed += header(&g) == 0 && entries(&g) == 0;
		image[byte] ^= (uint8_t)(1u << bit % 8);
	}
	CHECK(missed == 0);
	CHECK(header(&g) == 0 && entries(&g) == 0);
}

static void test_truncation(void)
{
	struct gpt g;

	image_start(image);
	for (size_t len = 0; len < 512; len++) {
		uint8_t *cut = malloc(len ? len : 1);

		if (!cut)
			abort();
		memcpy(cut, image + 512, len);
		CHECK(gpt_header(cut, len, IMAGE_BLOCKS, &g).code == E_GPT_SIGNATURE);
		free(cut);
	}
	for (uint64_t blocks = 0; blocks <= 94; blocks++)
		CHECK(gpt_header(image + 512, 512, blocks, &g).code == E_GPT_GEOMETRY);
	REQUIRE(header(&g) == 0);
	CHECK(gpt_entries(&g, image + 1024, 128 * 128 - 1).code == E_GPT_ENTRIES_CRC);
}

static void test_no_table(void)
{
	struct gpt g;

	memset(image, 0, sizeof(image));
	CHECK(header(&g) == E_GPT_SIGNATURE);
}

int main(void)
{
	RUN(test_crc);
	RUN(test_sound);
	RUN(test_geometry);
	RUN(test_entries_outside);
	RUN(test_bit_flips);
	RUN(test_truncation);
	RUN(test_no_table);
	return test_summary();
}
