/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/decompress.h"

#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#define ZLIB_CONST
#include <zlib.h>

#define CHUNK	    (256u << 10)
#define LIMIT_FLOOR (64ull << 20)
#define LIMIT_RATIO 256u
#define LIMIT_MAX   (2ull << 30)
#define XZ_MEMORY   (256ull << 20) /* xz -9 takes 65 MiB */
/* Linux: lib/decompress_unlz4.c; lz4's "legacy frame". */
#define LZ4_MAGIC 0x184c2102u
#define LZ4_BLOCK (8u << 20)

struct unpacking {
	const uint8_t *data;
	size_t len, used;
	size_t left; /* bytes that may still come out */
	struct bytes *out;
	uint8_t *chunk; /* CHUNK bytes */
	struct flaw *flaw;
};

enum compression compression_of(const uint8_t *data, size_t len)
{
	static const struct {
		enum compression compression;
		uint8_t len, bytes[6];
	} magics[] = {
		{COMPRESSION_GZIP, 2, {0x1f, 0x8b}},
		{COMPRESSION_XZ, 6, {0xfd, '7', 'z', 'X', 'Z', 0}},
		{COMPRESSION_LZMA, 3, {0x5d, 0, 0}},
		{COMPRESSION_ZSTD, 4, {0x28, 0xb5, 0x2f, 0xfd}},
		{COMPRESSION_LZ4, 4, {0x02, 0x21, 0x4c, 0x18}},
		{COMPRESSION_BZIP2, 3, {'B', 'Z', 'h'}},
		{COMPRESSION_LZO, 4, {0x89, 'L', 'Z', 'O'}},
	};

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (len >= magics[i].len && memcmp(data, magics[i].bytes, magics[i].len) == 0)
			return magics[i].compression;
	return COMPRESSION_NONE;
}

const char *compression_name(enum compression compression)
{
	static const char *const names[COMPRESSION_COUNT] = {
		"none", "gzip", "xz", "lzma", "zstd", "lz4", "bzip2", "lzo"};

	return names[compression];
}

size_t decompress_limit(size_t len)
{
	if (len > (LIMIT_MAX - LIMIT_FLOOR) / LIMIT_RATIO)
		return LIMIT_MAX;
	return LIMIT_FLOOR + LIMIT_RATIO * len;
}

static bool bad(const struct unpacking *u, const char *reason)
{
	return flaw_at(u->flaw, u->used, reason);
}

static bool put(struct unpacking *u, const void *data, size_t len)
{
	bool fits = len <= u->left;

	if (!fits)
		len = u->left;
	u->left -= len;
	bytes_add(u->out, data, len);
	return fits || bad(u, "unpacks to more than can be meant");
}

static bool unpack_gzip(struct unpacking *u)
{
	z_stream z = {0};
	int result = inflateInit2(&z, 15 + 16); /* the largest window, gzip's header */
	bool fine = true;

	while (result == Z_OK && fine) {
		uInt given = u->len - u->used < CHUNK ? (uInt)(u->len - u->used) : CHUNK;

		z.next_in = u->data + u->used;
		z.avail_in = given;
		z.next_out = u->chunk;
		z.avail_out = CHUNK;
		result = inflate(&z, Z_NO_FLUSH);
		u->used += given - z.avail_in;
		fine = put(u, u->chunk, CHUNK - z.avail_out);
	}
	inflateEnd(&z);
	if (!fine || result == Z_STREAM_END)
		return fine;
	return bad(u, result == Z_BUF_ERROR ? "the gzip stream ends too early"
					    : "the gzip stream is damaged");
}

static bool run_lzma(struct unpacking *u, lzma_stream *stream)
{
	lzma_ret result = LZMA_OK;
	bool fine = true;

	stream->next_in = u->data;
	stream->avail_in = u->len;
	while (result == LZMA_OK && fine) {
		stream->next_out = u->chunk;
		stream->avail_out = CHUNK;
		/* All of the input is there, so that a stream that wants more is cut off. */
		result = lzma_code(stream, LZMA_FINISH);
		u->used = u->len - stream->avail_in;
		fine = put(u, u->chunk, CHUNK - stream->avail_out);
	}
	if (!fine || result == LZMA_STREAM_END)
		return fine;
	if (result == LZMA_MEMLIMIT_ERROR)
		return bad(u, "unpacking the xz stream takes too much memory");
	return bad(u, result == LZMA_BUF_ERROR ? "the xz stream ends too early"
					       : "the xz stream is damaged");
}

static bool unpack_xz(struct unpacking *u)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	bool fine = lzma_stream_decoder(&stream, XZ_MEMORY, 0) == LZMA_OK
			    ? run_lzma(u, &stream)
			    : bad(u, "the xz library refuses it");

	lzma_end(&stream);
	return fine;
}

static bool unpack_lzma(struct unpacking *u)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	bool fine = lzma_alone_decoder(&stream, XZ_MEMORY) == LZMA_OK
			    ? run_lzma(u, &stream)
			    : bad(u, "the xz library refuses it");

	lzma_end(&stream);
	return fine;
}

/* One frame. The result of ZSTD_decompressStream() is 0 at its end, else a hint or an error. */
static bool run_zstd(struct unpacking *u, ZSTD_DStream *stream)
{
	ZSTD_inBuffer in = {.src = u->data, .size = u->len};
	size_t result = 1;

	while (result) {
		ZSTD_outBuffer out = {.dst = u->chunk, .size = CHUNK};
		size_t before = in.pos;

		result = ZSTD_decompressStream(stream, &out, &in);
		u->used = in.pos;
		if (ZSTD_isError(result))
			return bad(u, "the zstd stream is damaged");
		if (!put(u, u->chunk, out.pos))
			return false;
		if (result && in.pos == before && out.pos == 0)
			return bad(u, "the zstd stream ends too early");
	}
	return true;
}

static bool unpack_zstd(struct unpacking *u)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	bool fine = stream ? run_zstd(u, stream) : bad(u, "the zstd library refuses it");

	ZSTD_freeDStream(stream);
	return fine;
}

/* Blocks of {length, contents} after the magic, until the input ends or a length is 0. */
static bool unpack_lz4_blocks(struct unpacking *u, char *block)
{
	while (u->len - u->used >= 4) {
		uint32_t len = le32(u->data + u->used);
		int unpacked;

		if (len == 0 && u->used > 4)
			return true;
		if (len == LZ4_MAGIC) {
			u->used += 4;
			continue;
		}
		if (len == 0 || len > (uint32_t)LZ4_compressBound(LZ4_BLOCK))
			return bad(u, "the lz4 stream has a block of impossible size");
		if (len > u->len - u->used - 4)
			return bad(u, "the lz4 stream ends too early");
		unpacked = LZ4_decompress_safe(
			(const char *)u->data + u->used + 4, block, (int)len, LZ4_BLOCK);
		if (unpacked < 0)
			return bad(u, "the lz4 stream is damaged");
		u->used += 4 + (size_t)len;
		if (!put(u, block, (size_t)unpacked))
			return false;
	}
	return u->used == u->len || bad(u, "the lz4 stream ends too early");
}

static bool unpack_lz4(struct unpacking *u)
{
	char *block = must_alloc(LZ4_BLOCK);
	bool fine;

	u->used = 4;
	fine = unpack_lz4_blocks(u, block);
	free(block);
	return fine;
}

bool decompress(enum compression compression, const uint8_t *data, size_t len, size_t limit,
	struct bytes *out, size_t *used, struct flaw *flaw)
{
	static bool (*const unpackers[COMPRESSION_COUNT])(struct unpacking *) = {
		[COMPRESSION_GZIP] = unpack_gzip,
		[COMPRESSION_XZ] = unpack_xz,
		[COMPRESSION_LZMA] = unpack_lzma,
		[COMPRESSION_ZSTD] = unpack_zstd,
		[COMPRESSION_LZ4] = unpack_lz4,
	};
	struct unpacking u = {.data = data, .len = len, .left = limit, .out = out, .flaw = flaw};
	bool fine;

	if (compression_of(data, len) != compression || !unpackers[compression])
		return flaw_at(flaw, 0, "a compression that is not unpacked here");
	u.chunk = must_alloc(CHUNK);
	fine = unpackers[compression](&u);
	free(u.chunk);
	*used = u.used;
	return fine;
}
