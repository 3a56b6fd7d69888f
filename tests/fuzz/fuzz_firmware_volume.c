/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firmware images. The first byte chooses: an image as it stands; one whose volume header's
 * checksum is put right; sections, in a sound file of a sound volume; LZMA, in a sound section.
 */
#include <stdlib.h>
#include <string.h>
#include "tests/mock/volume_maker.h"
#include "tools/lib/firmware_volume.h"
#include "tools/lib/lzma_section.h"

#define VOLUME_HEADER 72u
#define OUTER	      "48db5e17-707c-472d-91cd-1613e7ef51b0"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_into(const struct firmware_volume *volume)
{
	struct firmware_files walk;
	struct firmware_file file;
	char name[FIRMWARE_NAME_MAX];
	const uint8_t *section;
	size_t len;

	firmware_files_begin(&walk, volume);
	while (firmware_files_next(&walk, &file)) {
		if (file.offset > volume->len || file.len > volume->len - file.offset ||
			file.data != volume->data + file.offset)
			__builtin_trap();
		firmware_file_name(&file, name);
		if (firmware_section(&file, FIRMWARE_SECTION_PE32, &section, &len) &&
			(section < file.data || section + len > file.data + file.len))
			__builtin_trap();
	}
	if (walk.flaw.reason && walk.flaw.offset > volume->len)
		__builtin_trap();
}

static void read_image(const uint8_t *image, size_t size)
{
	struct firmware_volumes all;
	struct flaw flaw = {0};

	if (!firmware_volumes_read(image, size, &all, &flaw)) {
		if (!flaw.reason || flaw.offset > size)
			__builtin_trap();
		return;
	}
	if (!all.count || all.unpacked_len > FIRMWARE_UNPACKED_MAX)
		__builtin_trap();
	for (size_t i = 0; i < all.count; i++)
		look_into(&all.volumes[i]);
	firmware_volumes_free(&all);
}

static void read_sections(const uint8_t *data, size_t size)
{
	struct bytes image = {0}, sections = {0};

	bytes_add(&sections, data, size);
	volume_begin(&image, OUTER);
	volume_add(&image, OUTER, 0x0b, &sections);
	volume_end(&image);
	read_image(image.data, image.len);
	bytes_free(&image);
	bytes_free(&sections);
}

static void unpack(const uint8_t *data, size_t size)
{
	const char *reason = NULL;
	uint8_t *out;
	size_t len;

	/* A low limit keeps the fuzzer quick; the real one differs in nothing but size. */
	if (!lzma_section_unpack(data, size, (size_t)1 << 20, &out, &len, &reason)) {
		if (!reason)
			__builtin_trap();
		return;
	}
	if (len > (size_t)1 << 20)
		__builtin_trap();
	free(out);
}

static void mend_and_read(const uint8_t *data, size_t size)
{
	uint8_t *image = malloc(size);
	uint16_t sum = 0;

	if (!image)
		abort();
	memcpy(image, data, size);
	put_le16(image + 48, VOLUME_HEADER);
	put_le16(image + 50, 0);
	for (size_t i = 0; i < VOLUME_HEADER; i += 2)
		sum = (uint16_t)(sum + le16(image + i));
	put_le16(image + 50, (uint16_t)-sum);
	read_image(image, size);
	free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	switch (data[0] % 4) {
	case 0:
		read_image(data + 1, size - 1);
		break;
	case 1:
		if (size > VOLUME_HEADER)
			mend_and_read(data + 1, size - 1);
		break;
	case 2:
		read_sections(data + 1, size - 1);
		break;
	default:
		unpack(data + 1, size - 1);
		break;
	}
	return 0;
}
