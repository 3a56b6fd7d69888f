/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/mock/volume_maker.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/hex.h"

#define VOLUME_HEADER 72u
#define FILE_HEADER   24u

static void align(struct bytes *b, size_t to, uint8_t fill)
{
	while (b->len % to)
		bytes_add(b, &fill, 1);
}

void volume_begin(struct bytes *volume, const char *name)
{
	uint8_t header[VOLUME_HEADER] = {0}, extended[20] = {0};

	guid_parse("8c8ce578-8a3d-4f1c-9935-896185c32dd3", header + 16);
	memcpy(header + 40, "_FVH", 4);
	put_le16(header + 48, VOLUME_HEADER);
	put_le16(header + 52, name ? VOLUME_HEADER : 0);
	header[55] = 2; /* revision */
	bytes_add(volume, header, sizeof(header));
	if (!name)
		return;
	guid_parse(name, extended);
	put_le32(extended + 16, sizeof(extended));
	bytes_add(volume, extended, sizeof(extended));
	align(volume, 8, 0xff);
}

void volume_add(struct bytes *volume, const char *guid, uint8_t type, const struct bytes *sections)
{
	uint8_t header[FILE_HEADER] = {0}, sum = 0;
	uint32_t len = (uint32_t)(FILE_HEADER + sections->len);

	guid_parse(guid, header);
	header[18] = type;
	put_le16(header + 20, (uint16_t)len);
	header[22] = (uint8_t)(len >> 16);
	for (size_t i = 0; i < FILE_HEADER; i++)
		sum = (uint8_t)(sum + header[i]);
	header[16] = (uint8_t)-sum;
	header[17] = 0xaa;
	header[23] = 0xf8;
	bytes_add(volume, header, sizeof(header));
	bytes_add(volume, sections->data, sections->len);
	align(volume, 8, 0xff);
}

void volume_end(struct bytes *volume)
{
	uint16_t sum = 0;

	align(volume, 4096, 0xff);
	put_le64(volume->data + 32, volume->len);
	for (size_t i = 0; i < VOLUME_HEADER; i += 2)
		sum = (uint16_t)(sum + le16(volume->data + i));
	put_le16(volume->data + 50, (uint16_t)-sum);
}

void section_add(struct bytes *sections, uint8_t type, const void *data, size_t len)
{
	uint8_t header[4];

	align(sections, 4, 0);
	put_le32(header, (uint32_t)(sizeof(header) + len) | (uint32_t)type << 24);
	bytes_add(sections, header, sizeof(header));
	bytes_add(sections, data, len);
}

void section_add_name(struct bytes *sections, const char *name)
{
	struct bytes text = {0};

	for (size_t i = 0; i <= strlen(name); i++)
		bytes_add(&text, (const char[2]){name[i], 0}, 2);
	section_add(sections, 0x15, text.data, text.len);
	bytes_free(&text);
}

void section_add_lzma(struct bytes *sections, const void *data, size_t len, uint64_t claimed)
{
	size_t room = len + 4096, begin = GUID_LEN + 4, out = 0;
	uint8_t *packed = calloc(1, begin + room);
	lzma_options_lzma options;
	lzma_stream stream = LZMA_STREAM_INIT;

	if (!packed || lzma_lzma_preset(&options, 1))
		abort();
	guid_parse("ee4e5898-3914-4259-9d6e-dc7bd79403cf", packed);
	put_le16(packed + 16, 24);
	put_le16(packed + 18, 1);
	if (lzma_alone_encoder(&stream, &options) != LZMA_OK)
		abort();
	stream.next_in = data;
	stream.avail_in = len;
	stream.next_out = packed + begin;
	stream.avail_out = room;
	if (lzma_code(&stream, LZMA_FINISH) != LZMA_STREAM_END)
		abort();
	out = room - stream.avail_out;
	lzma_end(&stream);
	/* liblzma does not say the size; edk2's tools do. */
	put_le64(packed + begin + 5, claimed ? claimed : len);
	section_add(sections, 0x02, packed, begin + out);
	free(packed);
}
