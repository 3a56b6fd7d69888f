/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams: what comes out, what is refused, and that no header makes memory grow. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include "tests/mock/initrd_maker.h"

static const enum compression all[] = {
	COMPRESSION_GZIP, COMPRESSION_XZ, COMPRESSION_LZMA, COMPRESSION_ZSTD, COMPRESSION_LZ4};
#define ALL (sizeof(all) / sizeof(all[0]))

/* Bytes that pack well, but not to nothing. */
static struct bytes sample(size_t len)
{
	struct bytes out = {0};
	uint32_t x = 1;

	while (out.len < len) {
		x = x * 1664525 + 1013904223;
		bytes_addf(&out, "line %u of it\n", x >> 24);
	}
	out.len = len;
	return out;
}

static void test_unpacks(void)
{
	struct bytes plain = sample(700000);

	for (size_t i = 0; i < ALL; i++) {
		struct bytes packed = {0}, out = {0};
		struct flaw flaw;
		size_t used = 0, len;

		bytes_add_text(&out, "kept");
		initrd_maker_pack(all[i], plain.data, plain.len, &packed);
		len = packed.len;
		CHECK(compression_of(packed.data, packed.len) == all[i]);
		/* lz4's frame has no end of its own but a length of 0 (Linux takes it so too). */
		bytes_zeros(&packed, 4);
		bytes_add_text(&packed, "more");
		CHECK(decompress(all[i], packed.data, packed.len, plain.len, &out, &used, &flaw));
		CHECK(used == len);
		REQUIRE(out.len == plain.len + 4);
		CHECK(memcmp(out.data + 4, plain.data, plain.len) == 0);
		bytes_free(&packed);
		bytes_free(&out);
	}
	bytes_free(&plain);
}

static void test_refuses_more_than_the_limit(void)
{
	struct bytes plain = sample(700000);

	for (size_t i = 0; i < ALL; i++) {
		struct bytes packed = {0}, out = {0};
		struct flaw flaw = {0};
		size_t used;

		initrd_maker_pack(all[i], plain.data, plain.len, &packed);
		CHECK(!decompress(
			all[i], packed.data, packed.len, plain.len - 1, &out, &used, &flaw));
		CHECK(flaw.reason && strstr(flaw.reason, "more than"));
		CHECK(out.len == plain.len - 1);
		bytes_free(&packed);
		bytes_free(&out);
	}
	bytes_free(&plain);
}

/* 512 MiB of zeros in at most half a megabyte: stops at the limit. */
static void test_stops_bombs(void)
{
	size_t len = 512u << 20;
	uint8_t *zeros = calloc(1, len);
	struct bytes packed = {0}, out = {0};
	struct flaw flaw = {0};
	size_t used, limit;

	REQUIRE(zeros);
	initrd_maker_pack(COMPRESSION_ZSTD, zeros, len, &packed);
	free(zeros);
	limit = decompress_limit(packed.len);
	CHECK(limit < len);
	CHECK(!decompress(COMPRESSION_ZSTD, packed.data, packed.len, limit, &out, &used, &flaw));
	CHECK(out.len == limit && out.capacity < 2 * limit);
	bytes_free(&packed);
	bytes_free(&out);
	CHECK(decompress_limit(0) == 64u << 20);
	CHECK(decompress_limit(SIZE_MAX) == (size_t)2 << 30);
}

static void test_cut_anywhere(void)
{
	struct bytes plain = sample(3000);

	for (size_t i = 0; i < ALL; i++) {
		struct bytes packed = {0};
		unsigned whole = 0;

		initrd_maker_pack(all[i], plain.data, plain.len, &packed);
		for (size_t len = 0; len < packed.len; len++) {
			struct bytes out = {0};
			uint8_t *exact = must_alloc(len);
			struct flaw flaw = {0};
			size_t used;

			if (len)
				memcpy(exact, packed.data, len);
			if (decompress(all[i], exact, len, 1u << 20, &out, &used, &flaw))
				whole++;
			else
				CHECK(flaw.reason && flaw.offset <= len);
			free(exact);
			bytes_free(&out);
		}
		/* A legacy lz4 frame may end after its magic. */
		CHECK(whole == (all[i] == COMPRESSION_LZ4));
		bytes_free(&packed);
	}
	bytes_free(&plain);
}

/* Each bit: an error or an output within the limit. Checksums catch all of gzip's and xz's. */
static void test_flipped_anywhere(void)
{
	struct bytes plain = sample(1000);

	for (size_t i = 0; i < ALL; i++) {
		struct bytes packed = {0};

		initrd_maker_pack(all[i], plain.data, plain.len, &packed);
		for (size_t bit = 0; bit < 8 * packed.len; bit++) {
			struct bytes out = {0};
			struct flaw flaw = {0};
			size_t used;
			bool fine;

			packed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			fine = decompress(
				all[i], packed.data, packed.len, 1u << 20, &out, &used, &flaw);
			packed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			CHECK(fine ? used <= packed.len : flaw.reason != NULL);
			CHECK(out.len <= 1u << 20);
			if (fine && (all[i] == COMPRESSION_GZIP || all[i] == COMPRESSION_XZ))
				CHECK(out.len == plain.len &&
					memcmp(out.data, plain.data, plain.len) == 0);
			bytes_free(&out);
		}
		bytes_free(&packed);
	}
	bytes_free(&plain);
}

static void test_refuses_what_it_does_not_unpack(void)
{
	static const char bzip2[] = "BZh91AY&SY", lzo[] = "\x89LZO\0\r\n\x1a\n";
	struct bytes out = {0};
	struct flaw flaw = {0};
	size_t used;

	CHECK(compression_of((const uint8_t *)bzip2, 10) == COMPRESSION_BZIP2);
	CHECK(compression_of((const uint8_t *)lzo, 9) == COMPRESSION_LZO);
	CHECK(compression_of((const uint8_t *)"070701", 6) == COMPRESSION_NONE);
	CHECK(!decompress(COMPRESSION_BZIP2, (const uint8_t *)bzip2, 10, 100, &out, &used, &flaw));
	CHECK(flaw.reason != NULL);
	CHECK(!decompress(COMPRESSION_ZSTD, (const uint8_t *)"BZh9", 4, 100, &out, &used, &flaw));
	CHECK(strcmp(compression_name(COMPRESSION_LZMA), "lzma") == 0);
}

int main(void)
{
	RUN(test_unpacks);
	RUN(test_refuses_more_than_the_limit);
	RUN(test_stops_bombs);
	RUN(test_cut_anywhere);
	RUN(test_flipped_anywhere);
	RUN(test_refuses_what_it_does_not_unpack);
	return test_summary();
}
