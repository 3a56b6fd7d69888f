/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firmware volumes: what is found in them, and that no claim costs memory or time. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>
#include "tests/mock/volume_maker.h"
#include "tools/lib/firmware_volume.h"

#define OUTER	 "48db5e17-707c-472d-91cd-1613e7ef51b0"
#define INNER	 "7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1"
#define PACKED	 "9e21fd93-9c72-4c15-8c4b-e77f1db2d792"
#define DXE_CORE "d6a2cb7f-6a18-4e2f-b43b-9920a733700a"
#define SHELL	 "7c04a583-9e3e-4f1c-ad65-e05268d0b4d1"

#define VOLUME_IMAGE 0x17
#define DRIVER	     0x0b

/* A volume with two files, as it lies unpacked. */
static void make_inner(struct bytes *volume)
{
	struct bytes sections = {0};

	volume_begin(volume, INNER);
	section_add(&sections, FIRMWARE_SECTION_PE32, "MZ core", 7);
	section_add_name(&sections, "DxeCore");
	volume_add(volume, DXE_CORE, FIRMWARE_FILE_DXE_CORE, &sections);
	sections.len = 0;
	section_add(&sections, FIRMWARE_SECTION_PE32, "MZ shell", 8);
	section_add_name(&sections, "Shell");
	volume_add(volume, SHELL, FIRMWARE_FILE_APPLICATION, &sections);
	volume_end(volume);
	bytes_free(&sections);
}

/* The same in an LZMA section of another volume. */
static void make(struct bytes *image, uint64_t claimed)
{
	struct bytes inner = {0}, packed = {0}, sections = {0};

	make_inner(&inner);
	section_add(&packed, VOLUME_IMAGE, inner.data, inner.len);
	section_add_lzma(&sections, packed.data, packed.len, claimed);
	volume_begin(image, OUTER);
	volume_add(image, PACKED, DRIVER, &sections);
	volume_end(image);
	bytes_free(&inner);
	bytes_free(&packed);
	bytes_free(&sections);
}

static void test_unpacks(void)
{
	struct bytes image = {0}, inner = {0};
	struct firmware_volumes all;
	const struct firmware_volume *v;
	struct firmware_file shell;
	const uint8_t *pe;
	char text[GUID_TEXT], name[FIRMWARE_NAME_MAX];
	size_t len;
	struct flaw flaw;

	make(&image, 0);
	make_inner(&inner);
	REQUIRE(firmware_volumes_read(image.data, image.len, &all, &flaw));
	CHECK(all.count == 2 && !all.volumes[0].unpacked);
	v = firmware_volume_with(&all, FIRMWARE_FILE_DXE_CORE);
	REQUIRE(v == &all.volumes[1]);
	CHECK(v->unpacked && v->offset > 72 && v->offset < image.len);
	CHECK(v->packed_len > 13 && v->packed_len <= image.len - v->offset);
	CHECK(!all.volumes[0].packed_len);
	CHECK(v->len == inner.len && memcmp(v->data, inner.data, inner.len) == 0);
	guid_text(v->name, text);
	CHECK(strcmp(text, INNER) == 0);
	REQUIRE(firmware_file_find(v, SHELL, &shell));
	firmware_file_name(&shell, name);
	CHECK(strcmp(name, "Shell") == 0 && shell.type == FIRMWARE_FILE_APPLICATION);
	REQUIRE(firmware_section(&shell, FIRMWARE_SECTION_PE32, &pe, &len));
	CHECK(len == 8 && memcmp(pe, "MZ shell", 8) == 0);
	CHECK(!firmware_section(&shell, FIRMWARE_SECTION_TE, &pe, &len));
	CHECK(!firmware_file_find(v, PACKED, &shell));
	CHECK(!firmware_volume_with(&all, FIRMWARE_FILE_PEI_CORE));
	firmware_volumes_free(&all);
	bytes_free(&image);
	bytes_free(&inner);
}

static bool refused(const struct bytes *image, const char *reason)
{
	struct firmware_volumes all;
	struct flaw flaw;

	if (!firmware_volumes_read(image->data, image->len, &all, &flaw))
		return strstr(flaw.reason, reason) != NULL && flaw.offset <= image->len;
	firmware_volumes_free(&all);
	return false;
}

/* Sizes that are claimed and not there. */
static void test_refuses_claims(void)
{
	static const uint64_t claims[] = {1, 1u << 20, 1u << 30, UINT64_MAX};

	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		struct bytes image = {0};

		make(&image, claims[i]);
		CHECK(refused(&image, "compressed section"));
		bytes_free(&image);
	}
}

/* 48 MiB of zeros in a few KiB, twice: the second no longer fits. */
static void test_bounds_bombs(void)
{
	struct bytes zeros = {0}, sections = {0}, image = {0};

	/* One raw section with the long header, so that it is sound. */
	bytes_zeros(&zeros, (size_t)48 << 20);
	put_le32(zeros.data, 0x19ffffff);
	put_le32(zeros.data + 4, (uint32_t)zeros.len);
	section_add_lzma(&sections, zeros.data, zeros.len, 0);
	section_add_lzma(&sections, zeros.data, zeros.len, 0);
	volume_begin(&image, OUTER);
	volume_add(&image, PACKED, DRIVER, &sections);
	volume_end(&image);
	CHECK(image.len < (size_t)64 << 10);
	CHECK(refused(&image, "more bytes than firmware has"));
	bytes_free(&zeros);
	bytes_free(&sections);
	bytes_free(&image);
}

static void test_bounds_depth(void)
{
	struct bytes image = {0};

	make_inner(&image);
	for (unsigned i = 0; i < 8; i++) {
		struct bytes sections = {0}, outer = {0};

		section_add(&sections, VOLUME_IMAGE, image.data, image.len);
		volume_begin(&outer, NULL);
		volume_add(&outer, PACKED, DRIVER, &sections);
		volume_end(&outer);
		bytes_free(&sections);
		bytes_free(&image);
		image = outer;
	}
	CHECK(refused(&image, "too deep"));
	bytes_free(&image);
}

static void test_refuses_broken_fields(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *reason;
	} cases[] = {
		{35, 0x40, "longer than what holds it"},
		{48, 0xff, "no room"},
		{60, 1, "checksum"},
		{96 + 1, 1, "checksum"}, /* the file's name */
		{96 + 22, 0xff, "reaches out of its volume"},
		{96 + 24 + 2, 0xff, "reaches out of its file"},
		{96 + 24 + 4 + 16, 0, "outside it"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes image = {0};

		make(&image, 0);
		image.data[cases[i].at] = cases[i].value;
		CHECK(refused(&image, cases[i].reason));
		bytes_free(&image);
	}
}

static void test_survives_damage(void)
{
	struct bytes image = {0};
	struct firmware_volumes all;
	struct flaw flaw;
	size_t read = 0;

	make(&image, 0);
	for (size_t len = 0; len < image.len; len++) {
		uint8_t *cut = malloc(len ? len : 1);

		REQUIRE(cut != NULL);
		memcpy(cut, image.data, len);
		CHECK(!firmware_volumes_read(cut, len, &all, &flaw) && flaw.offset <= len);
		free(cut);
	}
	for (size_t bit = 0; bit < 8 * image.len; bit++) {
		image.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (firmware_volumes_read(image.data, image.len, &all, &flaw)) {
			read++;
			firmware_volumes_free(&all);
		}
		image.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	CHECK(read > 0);
	bytes_free(&image);
}

int main(void)
{
	RUN(test_unpacks);
	RUN(test_refuses_claims);
	RUN(test_bounds_bombs);
	RUN(test_bounds_depth);
	RUN(test_refuses_broken_fields);
	RUN(test_survives_damage);
	return test_summary();
}
