/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checking of TPM evidence: every field spoiled, alone, is refused with its own code. */
#include "crypto/errors.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include "crypto/random.h"
#include "tests/unit/tpm_build.h"

#define BANK 0x000bu
#define MASK 0x00008a91u /* six PCRs */

static struct key_pair ak;
static struct tpm_public ak_public;
static const uint8_t rd[32] = {0xd1, 2, 3};
static uint8_t values[6 * 32];

static void make_ak(void)
{
	struct area_fields f = AK_FIELDS;
	struct bytes area;
	uint8_t name[32];

	REQUIRE(!failed(key_generate(&ak)));
	build_area(&area, &f, ak.pub);
	REQUIRE(!failed(tpm_ak_parse(area.b, area.len, &ak_public)));
	CHECK_BYTES(ak_public.pub, ak.pub, P256_PUB_LEN);
	sha256(area.b, area.len, name);
	CHECK(ak_public.name[0] == 0 && ak_public.name[1] == 0x0b);
	CHECK_BYTES(ak_public.name + 2, name, 32);
	for (size_t i = 0; i < sizeof(values); i++)
		values[i] = (uint8_t)i;
}

static uint16_t ak_verdict(const struct area_fields *f)
{
	struct tpm_public out;
	struct bytes area;

	build_area(&area, f, ak.pub);
	return tpm_ak_parse(area.b, area.len, &out).code;
}

static uint16_t ek_verdict(const struct area_fields *f)
{
	struct tpm_public out;
	struct bytes area;

	build_area(&area, f, ak.pub);
	return tpm_ek_parse(area.b, area.len, &out).code;
}

/* Spoils one field of both kinds of area and tells which code each parser gives. */
#define SPOIL(field, value, ak_code, ek_code)                        \
	do {                                                         \
		struct area_fields ak_ = AK_FIELDS, ek_ = EK_FIELDS; \
		ak_.field = ek_.field = (value);                     \
		CHECK(ak_verdict(&ak_) == (ak_code));                \
		CHECK(ek_verdict(&ek_) == (ek_code));                \
	} while (0)

static void test_area_fields(void)
{
	struct area_fields a = AK_FIELDS, e = EK_FIELDS;

	CHECK(ak_verdict(&a) == 0 && ek_verdict(&e) == 0);
	CHECK(ak_verdict(&e) == E_TPM_AK_ATTRIBUTES && ek_verdict(&a) == E_TPM_EK_ATTRIBUTES);
	SPOIL(type, 0x0001, E_TPM_AK_FORM, E_TPM_EK_FORM);
	SPOIL(name_alg, 0x0004, E_TPM_AK_FORM, E_TPM_EK_FORM);
	SPOIL(name_alg, 0x000c, E_TPM_AK_FORM, E_TPM_EK_FORM);
	SPOIL(policy_len, 0, 0, 0);
	SPOIL(policy_len, 32, 0, 0);
	SPOIL(policy_len, 20, E_TPM_AK_FORM, E_TPM_EK_FORM);
	SPOIL(policy_len, 48, E_TPM_AK_FORM, E_TPM_EK_FORM);
	SPOIL(curve, 0x0004, E_TPM_AK_FORM, E_TPM_EK_FORM);
	SPOIL(kdf, 0x0020, E_TPM_AK_FORM, E_TPM_EK_FORM);
	SPOIL(symmetric, 0x0013, E_TPM_AK_SCHEME, E_TPM_EK_SCHEME);
	SPOIL(symmetric, 0x0006, E_TPM_AK_SCHEME, 0);
	SPOIL(symmetric, 0x0010, 0, E_TPM_EK_SCHEME);
	SPOIL(bits, 256, 0, E_TPM_EK_SCHEME);
	SPOIL(mode, 0x0042, 0, E_TPM_EK_SCHEME);
	SPOIL(scheme, 0x001a, E_TPM_AK_SCHEME, E_TPM_EK_SCHEME); /* ECDAA */
	SPOIL(scheme, 0x0010, E_TPM_AK_SCHEME, 0);
	SPOIL(scheme, 0x0018, 0, E_TPM_EK_SCHEME);
	SPOIL(hash, 0x000c, E_TPM_AK_SCHEME, 0);
}

/* Each of the 32 attribute bits turned: only how the key is authorised is free to choose. */
static void test_attributes(void)
{
	const uint32_t free_bits = 1u << 2 | 1u << 6 | 1u << 7 | 1u << 10;

	for (unsigned bit = 0; bit < 32; bit++) {
		struct area_fields a = AK_FIELDS, e = EK_FIELDS;
		bool free_choice = free_bits >> bit & 1;

		a.attributes ^= 1u << bit;
		e.attributes ^= 1u << bit;
		CHECK(ak_verdict(&a) == (free_choice ? 0 : E_TPM_AK_ATTRIBUTES));
		CHECK(ek_verdict(&e) == (free_choice ? 0 : E_TPM_EK_ATTRIBUTES));
	}
}

static void test_area_bytes(void)
{
	struct area_fields a = AK_FIELDS, e = EK_FIELDS;
	struct tpm_public out;
	struct bytes area;
	uint8_t pub[P256_PUB_LEN];

	build_area(&area, &a, ak.pub);
	for (size_t n = 0; n < area.len; n++)
		CHECK(tpm_ak_parse(area.b, n, &out).code == E_TPM_AK_FORM);
	CHECK(tpm_ak_parse(area.b, area.len + 1, &out).code == E_TPM_AK_FORM);
	build_area(&area, &e, ak.pub);
	for (size_t n = 0; n < area.len; n++)
		CHECK(tpm_ek_parse(area.b, n, &out).code == E_TPM_EK_FORM);
	CHECK(tpm_ek_parse(area.b, area.len + 1, &out).code == E_TPM_EK_FORM);
	/* A point off the curve. */
	memcpy(pub, ak.pub, sizeof(pub));
	pub[40] ^= 1;
	build_area(&area, &a, pub);
	CHECK(tpm_ak_parse(area.b, area.len, &out).code == E_TPM_AK_FORM);
	build_area(&area, &e, pub);
	CHECK(tpm_ek_parse(area.b, area.len, &out).code == E_TPM_EK_FORM);
	/* Every bit: either refused, or another key or another Name. */
	build_area(&area, &a, ak.pub);
	for (size_t bit = 0; bit < area.len * 8; bit++) {
		area.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!failed(tpm_ak_parse(area.b, area.len, &out)))
			CHECK(memcmp(out.name, ak_public.name, TPM_NAME_LEN) != 0);
		area.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static struct quote_fields good_quote(void)
{
	struct quote_fields f = {
		.magic = 0xff544347,
		.type = 0x8018,
		.signer_len = 34,
		.extra_len = 32,
		.safe = 1,
		.selections = 1,
		.bank = BANK,
		.select_len = 3,
		.mask = MASK,
		.digest_len = 32,
	};

	memcpy(f.extra, rd, sizeof(rd));
	sha256(values, sizeof(values), f.digest);
	return f;
}

static uint16_t check(const struct bytes *attest, const struct bytes *sig)
{
	struct tpm_quote out;

	return tpm_quote_check(&ak_public, rd, BANK, MASK, attest->b, attest->len, sig->b, sig->len,
		values, sizeof(values), &out)
		.code;
}

/* The verdict on a quote with these fields, signed as it stands. */
static uint16_t quote_verdict(const struct quote_fields *f)
{
	struct bytes attest, sig;

	build_quote(&attest, f);
	if (!build_signature(&sig, &ak, &attest))
		return UINT16_MAX;
	return check(&attest, &sig);
}

#define SPOIL_QUOTE(field, value, code)                \
	do {                                           \
		struct quote_fields q_ = good_quote(); \
		q_.field = (value);                    \
		CHECK(quote_verdict(&q_) == (code));   \
	} while (0)

static void test_quote_fields(void)
{
	struct quote_fields good = good_quote();
	struct tpm_quote out;
	struct bytes attest, sig;

	build_quote(&attest, &good);
	REQUIRE(build_signature(&sig, &ak, &attest));
	REQUIRE(!failed(tpm_quote_check(&ak_public, rd, BANK, MASK, attest.b, attest.len, sig.b,
		sig.len, values, sizeof(values), &out)));
	CHECK(out.bank == BANK && out.pcr_mask == MASK && out.clock_ms == 123456789);
	CHECK(out.reset_count == 7 && out.restart_count == 3 && out.clock_safe == 1);
	CHECK_BYTES(out.pcr_digest, good.digest, 32);
	SPOIL_QUOTE(magic, 0xff544346, E_TPM_QUOTE_TYPE);
	SPOIL_QUOTE(type, 0x8017, E_TPM_QUOTE_TYPE);
	SPOIL_QUOTE(signer_len, 0, 0);
	SPOIL_QUOTE(signer_len, 67, E_TPM_QUOTE_FORM);
	SPOIL_QUOTE(extra_len, 0, E_TPM_QUOTE_RD);
	SPOIL_QUOTE(extra_len, 31, E_TPM_QUOTE_RD);
	SPOIL_QUOTE(extra_len, 33, E_TPM_QUOTE_RD);
	SPOIL_QUOTE(extra_len, 65, E_TPM_QUOTE_FORM);
	SPOIL_QUOTE(safe, 0, 0);
	SPOIL_QUOTE(safe, 2, E_TPM_QUOTE_FORM);
	SPOIL_QUOTE(selections, 0, E_TPM_QUOTE_PCRS);
	SPOIL_QUOTE(selections, 2, E_TPM_QUOTE_PCRS);
	SPOIL_QUOTE(bank, 0x000c, E_TPM_QUOTE_PCRS);
	SPOIL_QUOTE(select_len, 4, 0);
	SPOIL_QUOTE(select_len, 2, E_TPM_QUOTE_FORM);
	SPOIL_QUOTE(select_len, 5, E_TPM_QUOTE_FORM);
	SPOIL_QUOTE(digest_len, 0, E_TPM_QUOTE_DIGEST);
	SPOIL_QUOTE(digest_len, 31, E_TPM_QUOTE_DIGEST);
	SPOIL_QUOTE(digest_len, 64, E_TPM_QUOTE_DIGEST);
	for (unsigned i = 0; i < 32; i++) {
		SPOIL_QUOTE(extra[i], good.extra[i] ^ 1, E_TPM_QUOTE_RD);
		SPOIL_QUOTE(digest[i], good.digest[i] ^ 0x80, E_TPM_QUOTE_DIGEST);
	}
	for (unsigned bit = 0; bit < 24; bit++)
		SPOIL_QUOTE(mask, MASK ^ 1u << bit, E_TPM_QUOTE_PCRS);
}

/* Every bit and every length of what was signed, without a new signature. */
static void test_quote_bytes(void)
{
	struct quote_fields good = good_quote();
	struct bytes attest, sig, longer;

	build_quote(&attest, &good);
	REQUIRE(build_signature(&sig, &ak, &attest));
	for (size_t bit = 0; bit < attest.len * 8; bit++) {
		attest.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CHECK(check(&attest, &sig) == E_TPM_QUOTE_SIG);
		attest.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		bit += 4;
	}
	for (size_t bit = 0; bit < sig.len * 8; bit++) {
		sig.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CHECK(check(&attest, &sig) == E_TPM_QUOTE_SIG);
		sig.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	longer = sig;
	longer.len++;
	CHECK(check(&attest, &longer) == E_TPM_QUOTE_SIG);
	while (sig.len--)
		CHECK(check(&attest, &sig) == E_TPM_QUOTE_SIG);
	/* Cut or lengthened, and signed like that. */
	build_quote(&attest, &good);
	longer = attest;
	longer.b[longer.len++] = 0;
	REQUIRE(build_signature(&sig, &ak, &longer));
	CHECK(check(&longer, &sig) == E_TPM_QUOTE_FORM);
	while (attest.len--) {
		REQUIRE(build_signature(&sig, &ak, &attest));
		CHECK(check(&attest, &sig) ==
			(attest.len < 6 ? E_TPM_QUOTE_TYPE : E_TPM_QUOTE_FORM));
	}
}

static void test_pcr_values(void)
{
	struct quote_fields good = good_quote();
	struct tpm_quote out;
	struct bytes attest, sig;

	build_quote(&attest, &good);
	REQUIRE(build_signature(&sig, &ak, &attest));
	for (size_t len = 0; len < sizeof(values); len += 16)
		CHECK(tpm_quote_check(&ak_public, rd, BANK, MASK, attest.b, attest.len, sig.b,
			      sig.len, values, len, &out)
				.code == E_TPM_QUOTE_DIGEST);
	for (size_t i = 0; i < sizeof(values); i++) {
		values[i] ^= 1;
		CHECK(check(&attest, &sig) == E_TPM_QUOTE_DIGEST);
		values[i] ^= 1;
	}
	CHECK(check(&attest, &sig) == 0);
}

static void test_other_key(void)
{
	struct quote_fields good = good_quote();
	struct key_pair other;
	struct bytes attest, sig;

	REQUIRE(!failed(key_generate(&other)));
	build_quote(&attest, &good);
	REQUIRE(build_signature(&sig, &other, &attest));
	CHECK(check(&attest, &sig) == E_TPM_QUOTE_SIG);
	key_free(&other);
}

static void test_credential_form(void)
{
	uint8_t secret[33] = {1}, blob[2][TPM_CREDENTIAL_MAX], seed[2][TPM_CREDENTIAL_MAX];
	size_t blob_len[2], seed_len[2];
	struct tpm_public off_curve = ak_public;

	CHECK(tpm_make_credential(&ak_public, ak_public.name, secret, 0, blob[0], &blob_len[0],
		      seed[0], &seed_len[0])
			.code == E_TPM_CREDENTIAL_SECRET);
	CHECK(tpm_make_credential(&ak_public, ak_public.name, secret, 33, blob[0], &blob_len[0],
		      seed[0], &seed_len[0])
			.code == E_TPM_CREDENTIAL_SECRET);
	off_curve.pub[64] ^= 1;
	CHECK(tpm_make_credential(&off_curve, ak_public.name, secret, 32, blob[0], &blob_len[0],
		      seed[0], &seed_len[0])
			.code == E_KEY_PEER);
	for (int i = 0; i < 2; i++)
		REQUIRE(!failed(tpm_make_credential(&ak_public, ak_public.name, secret, 32, blob[i],
			&blob_len[i], seed[i], &seed_len[i])));
	CHECK(blob_len[0] == 2 + 32 + 2 + 32 && seed_len[0] == 68);
	CHECK(memcmp(seed[0], seed[1], 68) != 0);
	CHECK(memcmp(blob[0], blob[1], 68) != 0);
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()))
		return 1;
	RUN(make_ak);
	RUN(test_area_fields);
	RUN(test_attributes);
	RUN(test_area_bytes);
	RUN(test_quote_fields);
	RUN(test_quote_bytes);
	RUN(test_pcr_values);
	RUN(test_other_key);
	RUN(test_credential_form);
	key_free(&ak);
	secret_pool_close();
	return test_summary();
}
