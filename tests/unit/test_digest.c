/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes in every bank's algorithm, and extending a PCR. */
#include "tests/unit/test.h"

#include "crypto/digest.h"

static void test_digests(void)
{
	/* FIPS 180-4 examples for "abc", first eight bytes. */
	static const struct {
		uint16_t alg;
		size_t len;
		uint8_t head[8];
	} known[] = {
		{DIGEST_SHA1, 20, {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a}},
		{DIGEST_SHA256, 32, {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea}},
		{DIGEST_SHA384, 48, {0xcb, 0x00, 0x75, 0x3f, 0x45, 0xa3, 0x5e, 0x8b}},
		{DIGEST_SHA512, 64, {0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba}},
	};
	uint8_t out[DIGEST_MAX], pcr[DIGEST_MAX], both[2 * DIGEST_MAX];
	struct digest d;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		CHECK(digest_len(known[i].alg) == known[i].len);
		REQUIRE(digest_of(known[i].alg, "abc", 3, out));
		CHECK_BYTES(out, known[i].head, 8);
		REQUIRE(digest_start(&d, known[i].alg));
		digest_add(&d, "a", 1);
		digest_add(&d, "bc", 2);
		digest_end(&d, both);
		CHECK_BYTES(both, out, known[i].len);

		memset(pcr, 0, sizeof(pcr));
		memset(both, 0, known[i].len);
		memcpy(both + known[i].len, out, known[i].len);
		REQUIRE(pcr_extend(known[i].alg, pcr, out));
		REQUIRE(digest_of(known[i].alg, both, 2 * known[i].len, out));
		CHECK_BYTES(pcr, out, known[i].len);
	}
	CHECK(digest_len(0x0012) == 0);
	CHECK(!digest_start(&d, 0));
	CHECK(!digest_of(0x0012, "abc", 3, out));
	CHECK(!pcr_extend(0x0012, pcr, out));
}

/* hmac256 and hkdf256 have their vectors in test_wycheproof.c; here, that the context is left
 * empty. */
static void test_hmac_is_wiped(void)
{
	struct hmac256 h, zero;
	uint8_t out[SHA256_LEN];

	memset(&zero, 0, sizeof(zero));
	hmac256_start(&h, (const uint8_t *)"key", 3);
	hmac256_add(&h, "data", 4);
	hmac256_end(&h, out);
	CHECK_BYTES(&h, &zero, sizeof(h));
}

int main(void)
{
	RUN(test_digests);
	RUN(test_hmac_is_wiped);
	return test_summary();
}
