/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/mock/initrd_maker.h"

#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include "tools/lib/gzip.h"

void initrd_maker_entry(const struct initrd_maker_file *file, struct bytes *out)
{
	size_t len = file->text ? strlen(file->text) : 0;

	bytes_addf(out, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", file->inode,
		file->mode, file->uid, 0u, file->links ? file->links : 1u, file->mtime,
		(unsigned)len, 8u, 1u, 0u, 0u, (unsigned)strlen(file->name) + 1, 0u);
	bytes_add(out, file->name, strlen(file->name) + 1);
	bytes_align(out, 4);
	bytes_add(out, file->text, len);
	bytes_align(out, 4);
}

void initrd_maker_archive(const struct initrd_maker_file *files, size_t count, struct bytes *out)
{
	const struct initrd_maker_file trailer = {.name = "TRAILER!!!"};

	for (size_t i = 0; i < count; i++)
		initrd_maker_entry(&files[i], out);
	initrd_maker_entry(&trailer, out);
}

static void must(bool fine)
{
	if (!fine)
		abort();
}

static void pack_lz4(const void *data, size_t len, struct bytes *out)
{
	int bound = LZ4_compressBound((int)len);
	uint8_t *block = must_alloc((size_t)bound), number[4];
	int packed = LZ4_compress_default(data, (char *)block, (int)len, bound);

	must(len <= 8u << 20 && packed > 0);
	put_le32(number, 0x184c2102);
	bytes_add(out, number, 4);
	put_le32(number, (uint32_t)packed);
	bytes_add(out, number, 4);
	bytes_add(out, block, (size_t)packed);
	free(block);
}

static void pack_lzma_alone(const void *data, size_t len, uint8_t *room, size_t size, size_t *used)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_options_lzma options;

	must(!lzma_lzma_preset(&options, 6));
	must(lzma_alone_encoder(&stream, &options) == LZMA_OK);
	stream.next_in = data;
	stream.avail_in = len;
	stream.next_out = room;
	stream.avail_out = size;
	must(lzma_code(&stream, LZMA_FINISH) == LZMA_STREAM_END);
	*used = size - stream.avail_out;
	lzma_end(&stream);
}

void initrd_maker_pack(
	enum compression compression, const void *data, size_t len, struct bytes *out)
{
	size_t room = len + len / 8 + 4096, used = 0;
	uint8_t *packed = must_alloc(room);

	if (compression == COMPRESSION_GZIP)
		must(gzip_pack(data, len, out));
	else if (compression == COMPRESSION_LZ4)
		pack_lz4(data, len, out);
	else if (compression == COMPRESSION_XZ)
		must(lzma_easy_buffer_encode(
			     6, LZMA_CHECK_CRC32, NULL, data, len, packed, &used, room) == LZMA_OK);
	else if (compression == COMPRESSION_LZMA)
		pack_lzma_alone(data, len, packed, room, &used);
	else if (compression == COMPRESSION_ZSTD)
		used = ZSTD_compress(packed, room, data, len, 3);
	must(!ZSTD_isError(used));
	bytes_add(out, packed, used);
	free(packed);
}
