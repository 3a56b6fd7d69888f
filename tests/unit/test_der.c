/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict DER: one encoding per value, and nothing read past the end. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include "crypto/der.h"

/* Whether these bytes are one whole element with this tag. */
static bool whole(const char *bytes, size_t len, uint8_t tag)
{
	/* Exact, so that AddressSanitizer sees a read past the end. */
	uint8_t *copy = malloc(len ? len : 1);
	struct der in = {copy, len}, content;
	bool good;

	if (!copy)
		exit(1);
	memcpy(copy, bytes, len);
	good = der_take(&in, tag, &content) && !in.left;
	free(copy);
	return good;
}

#define WHOLE(bytes, tag) whole(bytes, sizeof(bytes) - 1, tag)

static void test_lengths(void)
{
	static char bytes[70000];

	CHECK(WHOLE("\x04\x00", 0x04));
	CHECK(WHOLE("\x04\x01x", 0x04));
	CHECK(!WHOLE("\x04\x01x", 0x05));
	CHECK(!WHOLE("", 0x04));
	CHECK(!WHOLE("\x04", 0x04));
	CHECK(!WHOLE("\x04\x01", 0x04));
	CHECK(!WHOLE("\x04\x02x", 0x04));
	CHECK(!WHOLE("\x04\x80\x00\x00", 0x04)); /* indefinite */
	CHECK(!WHOLE("\x04\x81\x01x", 0x04));	 /* not the shortest form */
	CHECK(!WHOLE("\x04\x81", 0x04));
	CHECK(!WHOLE("\x04\x82\x00\x01x", 0x04));
	CHECK(!WHOLE("\x04\x82\x01", 0x04));
	CHECK(!WHOLE("\x04\x83\x00\x00\x01x", 0x04)); /* three bytes of length */
	CHECK(!WHOLE("\x04\xff", 0x04));
	for (size_t n = 0; n <= 0xffff; n += n < 300 ? 1 : 4093) {
		size_t head = n < 0x80 ? 2 : n < 0x100 ? 3 : 4;

		bytes[0] = 0x04;
		bytes[1] = (char)(n < 0x80 ? n : n < 0x100 ? 0x81 : 0x82);
		bytes[2] = (char)(n < 0x100 ? n : n >> 8);
		bytes[3] = (char)(n < 0x100 ? 0 : n);
		CHECK(whole(bytes, head + n, 0x04));
		CHECK(!whole(bytes, head + n + 1, 0x04));
		if (n)
			CHECK(!whole(bytes, head + n - 1, 0x04));
	}
}

/* The value of an INTEGER with these contents in two bytes, or -1. */
static int uint_of(const char *element, size_t len)
{
	struct der in = {(const uint8_t *)element, len};
	uint8_t v[2];

	if (!der_take_uint(&in, v, sizeof(v)) || in.left)
		return -1;
	return v[0] << 8 | v[1];
}

#define UINT_OF(element) uint_of(element, sizeof(element) - 1)

static void test_integers(void)
{
	CHECK(UINT_OF("\x02\x01\x00") == 0);
	CHECK(UINT_OF("\x02\x01\x7f") == 0x7f);
	CHECK(UINT_OF("\x02\x02\x00\x80") == 0x80);
	CHECK(UINT_OF("\x02\x02\x12\x34") == 0x1234);
	CHECK(UINT_OF("\x02\x03\x00\xff\xff") == 0xffff);
	CHECK(UINT_OF("\x02\x00") == -1);
	CHECK(UINT_OF("\x02\x01\x80") == -1);	      /* negative */
	CHECK(UINT_OF("\x02\x02\x00\x7f") == -1);     /* a zero too many */
	CHECK(UINT_OF("\x02\x03\x01\x00\x00") == -1); /* too large */
	CHECK(UINT_OF("\x02\x03\x00\x00\x80") == -1);
	CHECK(UINT_OF("\x03\x01\x00") == -1);
}

int main(void)
{
	RUN(test_lengths);
	RUN(test_integers);
	return test_summary();
}
