/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shares of a bundle's key: the field against its definition, splitting and joining against
 * libgfshare's programs gfsplit and gfcombine, which know the same field, and each wrong share.
 */
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"

#include "crypto/random.h"
#include "tools/bundle/gf256.h"
#include "tools/bundle/shares.h"
#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"
#include "tools/lib/run.h"

static const uint8_t id[BUNDLE_ID_LEN] = {0xb0, 1, 2, 3}, other_id[BUNDLE_ID_LEN] = {0xb1};

static bool said(const char *words)
{
	return strstr(last_failure.text, words) != NULL;
}

/* Long multiplication of polynomials over GF(2), then division by 0x11d. */
static uint8_t product_by_definition(uint8_t a, uint8_t b)
{
	unsigned long_product = 0;

	for (unsigned i = 0; i < 8; i++)
		if (b >> i & 1)
			long_product ^= (unsigned)a << i;
	for (unsigned i = 15; i >= 8; i--)
		if (long_product >> i & 1)
			long_product ^= 0x11du << (i - 8);
	return (uint8_t)long_product;
}

static void test_field(void)
{
	unsigned wrong = 0;

	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++)
			wrong += gf256_multiply((uint8_t)a, (uint8_t)b) !=
				 product_by_definition((uint8_t)a, (uint8_t)b);
	CHECK(!wrong);
	for (unsigned a = 1; a < 256; a++)
		wrong += gf256_multiply((uint8_t)a, gf256_invert((uint8_t)a)) != 1;
	CHECK(!wrong);
	CHECK(gf256_invert(0) == 0);
}

static void fill(uint8_t key[BUNDLE_KEY_LEN])
{
	if (failed(random_bytes(key, BUNDLE_KEY_LEN)))
		abort();
}

static void free_shares(struct share *shares, size_t count)
{
	for (size_t i = 0; i < count; i++)
		share_free(&shares[i]);
}

/* Every choice of `needed` of `count` shares, and one less than that. */
static void test_split_and_join(void)
{
	enum { COUNT = 5 };
	uint8_t key[BUNDLE_KEY_LEN], back[BUNDLE_KEY_LEN];
	unsigned choices = 0;

	fill(key);
	for (uint8_t needed = 2; needed <= COUNT; needed++) {
		struct share shares[COUNT];

		REQUIRE(done(shares_split(key, id, needed, COUNT, shares)));
		for (unsigned mask = 0; mask < 1u << COUNT; mask++) {
			struct share chosen[COUNT];
			size_t n = 0;

			for (unsigned i = 0; i < COUNT; i++)
				if (mask >> i & 1)
					chosen[n++] = shares[i];
			if (n < needed) {
				CHECK(!done(shares_join(chosen, n, id, back)));
				CHECK(said("are needed"));
				continue;
			}
			REQUIRE(done(shares_join(chosen, n, id, back)));
			CHECK_BYTES(back, key, sizeof(key));
			choices++;
		}
		free_shares(shares, COUNT);
	}
	CHECK(choices == 26 + 16 + 6 + 1);
}

static void test_all_of_the_most(void)
{
	struct share shares[SHARES_MAX];
	uint8_t key[BUNDLE_KEY_LEN], back[BUNDLE_KEY_LEN];

	fill(key);
	REQUIRE(done(shares_split(key, id, SHARES_MAX, SHARES_MAX, shares)));
	REQUIRE(done(shares_join(shares, SHARES_MAX, id, back)));
	CHECK_BYTES(back, key, sizeof(key));
	/* One bit of one share is another key. */
	shares[7].value.bytes[31] ^= 1;
	REQUIRE(done(shares_join(shares, SHARES_MAX, id, back)));
	CHECK(memcmp(back, key, sizeof(key)) != 0);
	free_shares(shares, SHARES_MAX);
}

static void test_numbers(void)
{
	CHECK(done(shares_check_numbers(2, 2)) && done(shares_check_numbers(2, SHARES_MAX)));
	CHECK(done(shares_check_numbers(SHARES_MAX, SHARES_MAX)));
	CHECK(!done(shares_check_numbers(1, 2)) && said("1 of 2"));
	CHECK(!done(shares_check_numbers(0, 2)) && !done(shares_check_numbers(3, 2)));
	CHECK(!done(shares_check_numbers(1, 1)) && !done(shares_check_numbers(0, 0)));
	CHECK(!done(shares_check_numbers(2, SHARES_MAX + 1)));
}

static void test_wrong_shares(void)
{
	struct share shares[3], foreign[3], other[3];
	uint8_t key[BUNDLE_KEY_LEN], back[BUNDLE_KEY_LEN];

	fill(key);
	REQUIRE(done(shares_split(key, id, 2, 3, shares)));
	REQUIRE(done(shares_split(key, other_id, 2, 3, foreign)));
	REQUIRE(done(shares_split(key, id, 3, 3, other)));
	for (unsigned i = 0; i < 3; i++) {
		shares[i].path = (const char *const[]){"one", "two", "three"}[i];
		foreign[i].path = "foreign";
		other[i].path = "other";
	}
	CHECK(!done(shares_join((struct share[]){shares[0], shares[0]}, 2, id, back)));
	CHECK(said("share 1 is there twice: one and one"));
	CHECK(!done(shares_join((struct share[]){shares[0], foreign[1]}, 2, id, back)));
	CHECK(said("foreign is a share of another bundle"));
	CHECK(!done(shares_join(shares, 3, other_id, back)));
	CHECK(said("one is a share of another bundle"));
	CHECK(!done(shares_join((struct share[]){shares[0], other[1]}, 2, id, back)));
	CHECK(said("other says 3 of 3, and one says 2 of 3"));
	CHECK(!done(shares_join(shares, 1, id, back)) && said("1 shares are given, and 2"));
	CHECK(!done(shares_join(shares, 0, id, back)) && said("0 shares are given"));
	free_shares(shares, 3);
	free_shares(foreign, 3);
	free_shares(other, 3);
}

/* gfcombine, of another library, makes the key of what was split here. */
static void test_combined_elsewhere(void)
{
	char paths[3][256], out[256];
	const char *const argv[] = {"gfcombine", "-o", out, paths[0], paths[1], paths[2], NULL};
	struct share shares[5];
	uint8_t key[BUNDLE_KEY_LEN], back[BUNDLE_KEY_LEN + 1];
	FILE *f;

	fill(key);
	REQUIRE(done(shares_split(key, id, 3, 5, shares)));
	snprintf(out, sizeof(out), "%s", scratch_path("combined"));
	for (unsigned i = 0; i < 3; i++) {
		const struct share *s = &shares[2 * i];

		snprintf(paths[i], sizeof(paths[i]), "%s/split.%03u", scratch, s->index);
		scratch_write(paths[i], s->value.bytes, BUNDLE_KEY_LEN, 0600);
	}
	REQUIRE(run(argv, NULL, "libgfshare-bin", NULL));
	f = fopen(out, "rb");
	REQUIRE(f);
	CHECK(fread(back, 1, sizeof(back), f) == BUNDLE_KEY_LEN);
	fclose(f);
	CHECK_BYTES(back, key, sizeof(key));
	free_shares(shares, 5);
}

/*
 * What gfsplit -n 2 -m 3 of libgfshare-bin 2.0.0 made of the 32 bytes 00 to 1f, as shares
 * 4, 96 and 111 by its files' names.
 */
static void test_split_elsewhere(void)
{
	static const struct {
		uint8_t index;
		const char *value;
	} made[] = {
		{4, "e6d5a84914dc1ac4ff41e5cc239ad8a3aaf3c4b4c756f853160ee03ee93ed2e9"},
		{96, "a52e49bd99923bfd28877791a3441114c6d40de07373733988cc82440c126c27"},
		{111, "56105bdaa57716b32d6950d089c9a680e828ba2901c09ec610bc5cf9802970e8"},
	};
	uint8_t want[BUNDLE_KEY_LEN], back[BUNDLE_KEY_LEN];
	struct share shares[3] = {{.index = 0}};

	for (uint8_t i = 0; i < 3; i++) {
		shares[i] = (struct share){.index = made[i].index, .count = 3, .needed = 2};
		REQUIRE(!failed(secret_new(BUNDLE_KEY_LEN, &shares[i].value)));
		REQUIRE(hex_decode(made[i].value, shares[i].value.bytes, BUNDLE_KEY_LEN));
		memcpy(shares[i].bundle_id, id, sizeof(id));
	}
	for (uint8_t i = 0; i < BUNDLE_KEY_LEN; i++)
		want[i] = i;
	REQUIRE(done(shares_join(shares, 2, id, back)));
	CHECK_BYTES(back, want, sizeof(want));
	REQUIRE(done(shares_join(shares + 1, 2, id, back)));
	CHECK_BYTES(back, want, sizeof(want));
	free_shares(shares, 3);
}

static bool reads(const char *text, size_t len)
{
	struct share back = {.path = NULL};
	bool good = done(share_decode((struct span){(const uint8_t *)text, len}, &back));

	share_free(&back);
	return good;
}

static void test_file(void)
{
	uint8_t key[BUNDLE_KEY_LEN], commitment[SHA256_LEN], again[SHA256_LEN];
	const char *path = scratch_path("share");
	struct share shares[3], back = {.path = NULL};
	struct secret text = {0};

	fill(key);
	REQUIRE(done(shares_split(key, id, 2, 3, shares)));
	REQUIRE(done(share_save(&shares[2], path)));
	CHECK(!done(share_save(&shares[2], path)) && said("cannot be created"));
	REQUIRE(done(share_load(path, &back)));
	CHECK(back.index == 3 && back.count == 3 && back.needed == 2 && back.path == path);
	CHECK_BYTES(back.bundle_id, id, sizeof(id));
	CHECK_BYTES(back.value.bytes, shares[2].value.bytes, BUNDLE_KEY_LEN);
	share_commitment(&shares[2], commitment);
	share_commitment(&back, again);
	CHECK_BYTES(commitment, again, sizeof(again));
	back.value.bytes[0] ^= 1;
	share_commitment(&back, again);
	CHECK(memcmp(commitment, again, sizeof(again)) != 0);
	share_free(&back);
	/* No character of the file may be another one, and none may be missing or too many. */
	REQUIRE(done(share_encode(&shares[2], &text)));
	CHECK(reads((char *)text.bytes, text.len));
	for (size_t i = 0; i < text.len; i++) {
		text.bytes[i] ^= 1;
		CHECK(!reads((char *)text.bytes, text.len));
		text.bytes[i] ^= 1;
		/* Nor large letters for small ones. */
		text.bytes[i] ^= 0x20;
		CHECK(!reads((char *)text.bytes, text.len));
		text.bytes[i] ^= 0x20;
		CHECK(!reads((char *)text.bytes, i));
	}
	CHECK(text.len < SHARE_FILE_MAX);
	text.bytes[text.len] = '\n';
	CHECK(!reads((char *)text.bytes, text.len + 1));
	secret_free(&text);
	chmod(path, 0644);
	CHECK(!done(share_load(path, &back)) && said("others may have read it"));
	free_shares(shares, 3);
}

/* Numbers that no splitting has, in a file whose check fits. */
static void test_file_numbers(void)
{
	static const struct {
		uint8_t index, count, needed;
		bool good;
	} cases[] = {
		{1, 2, 2, true},
		{32, 32, 32, true},
		{3, 2, 2, false},
		{1, 1, 1, false},
		{1, 2, 1, false},
		{1, 2, 3, false},
		{0, 2, 2, false},
		{1, 33, 2, false},
	};
	struct share share = {.path = NULL};

	REQUIRE(!failed(secret_new(BUNDLE_KEY_LEN, &share.value)));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct secret text = {0};

		share.index = cases[i].index;
		share.count = cases[i].count;
		share.needed = cases[i].needed;
		REQUIRE(done(share_encode(&share, &text)));
		CHECK(reads((char *)text.bytes, text.len) == cases[i].good);
		secret_free(&text);
	}
	share_free(&share);
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()))
		return 1;
	scratch_open();
	RUN(test_field);
	RUN(test_split_and_join);
	RUN(test_all_of_the_most);
	RUN(test_numbers);
	RUN(test_wrong_shares);
	RUN(test_combined_elsewhere);
	RUN(test_split_elsewhere);
	RUN(test_file);
	RUN(test_file_numbers);
	scratch_close();
	secret_pool_close();
	return test_summary();
}
