/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checking of TPM evidence: every field spoiled, alone, is refused with its own code. */
#include "crypto/errors.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include "crypto/random.h"
#include "tests/unit/tpm_build.h"
#include "tools/evidence/tpm/credential.h"

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
	REQUIRE(tpm_ak_parse(area.b, area.len, &ak_public) == TPM_GOOD);
	CHECK_BYTES(ak_public.key, ak.pub, P256_PUB_LEN);
	sha256(area.b, area.len, name);
	CHECK(ak_public.name[0] == 0 && ak_public.name[1] == 0x0b);
	CHECK_BYTES(ak_public.name + 2, name, 32);
	for (size_t i = 0; i < sizeof(values); i++)
		values[i] = (uint8_t)i;
}

static enum tpm_fault ak_verdict(const struct area_fields *f)
{
	struct tpm_public out;
	struct bytes area;

	build_area(&area, f, ak.pub);
	return tpm_ak_parse(area.b, area.len, &out);
}

static enum tpm_fault ek_verdict(const struct area_fields *f)
{
	struct tpm_public out;
	struct bytes area;

	build_area(&area, f, ak.pub);
	return tpm_ek_parse(area.b, area.len, &out);
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
	CHECK(ak_verdict(&e) == TPM_AK_ATTRIBUTES && ek_verdict(&a) == TPM_EK_ATTRIBUTES);
	SPOIL(type, 0x0001, TPM_AK_FORM, TPM_EK_FORM);
	SPOIL(name_alg, 0x0004, TPM_AK_FORM, TPM_EK_FORM);
	SPOIL(name_alg, 0x000c, TPM_AK_FORM, TPM_EK_FORM);
	SPOIL(name_alg, 0x000d, TPM_AK_FORM, TPM_EK_FORM);
	SPOIL(policy_len, 0, 0, 0);
	SPOIL(policy_len, 32, 0, 0);
	SPOIL(policy_len, 20, TPM_AK_FORM, TPM_EK_FORM);
	SPOIL(policy_len, 48, TPM_AK_FORM, TPM_EK_FORM);
	SPOIL(curve, 0x0004, TPM_AK_FORM, TPM_EK_FORM);
	SPOIL(kdf, 0x0020, TPM_AK_FORM, TPM_EK_FORM);
	SPOIL(symmetric, 0x0013, TPM_AK_SCHEME, TPM_EK_SCHEME);
	SPOIL(symmetric, 0x0006, TPM_AK_SCHEME, 0);
	SPOIL(symmetric, 0x0010, 0, TPM_EK_SCHEME);
	SPOIL(bits, 256, 0, TPM_EK_SCHEME);
	SPOIL(mode, 0x0042, 0, TPM_EK_SCHEME);
	SPOIL(scheme, 0x001a, TPM_AK_SCHEME, TPM_EK_SCHEME); /* ECDAA */
	SPOIL(scheme, 0x0010, TPM_AK_SCHEME, 0);
	SPOIL(scheme, 0x0018, 0, TPM_EK_SCHEME);
	SPOIL(hash, 0x000c, TPM_AK_SCHEME, 0);
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
		CHECK(ak_verdict(&a) == (free_choice ? 0 : TPM_AK_ATTRIBUTES));
		CHECK(ek_verdict(&e) == (free_choice ? 0 : TPM_EK_ATTRIBUTES));
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
		CHECK(tpm_ak_parse(area.b, n, &out) == TPM_AK_FORM);
	CHECK(tpm_ak_parse(area.b, area.len + 1, &out) == TPM_AK_FORM);
	build_area(&area, &e, ak.pub);
	for (size_t n = 0; n < area.len; n++)
		CHECK(tpm_ek_parse(area.b, n, &out) == TPM_EK_FORM);
	CHECK(tpm_ek_parse(area.b, area.len + 1, &out) == TPM_EK_FORM);
	/* A point off the curve. */
	memcpy(pub, ak.pub, sizeof(pub));
	pub[40] ^= 1;
	build_area(&area, &a, pub);
	CHECK(tpm_ak_parse(area.b, area.len, &out) == TPM_AK_FORM);
	build_area(&area, &e, pub);
	CHECK(tpm_ek_parse(area.b, area.len, &out) == TPM_EK_FORM);
	/* Every bit: either refused, or another key or another Name. */
	build_area(&area, &a, ak.pub);
	for (size_t bit = 0; bit < area.len * 8; bit++) {
		area.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (tpm_ak_parse(area.b, area.len, &out) == TPM_GOOD)
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

static enum tpm_fault check_values(
	const struct bytes *attest, const struct bytes *sig, size_t len, struct tpm_quote *out)
{
	struct tpm_quote_request r = {
		.ak = &ak_public,
		.report_data = rd,
		.bank = BANK,
		.pcr_mask = MASK,
		.attest = {attest->b, attest->len},
		.signature = {sig->b, sig->len},
		.pcr_values = {values, len},
	};

	return tpm_quote_check(&r, out);
}

static enum tpm_fault check(const struct bytes *attest, const struct bytes *sig)
{
	struct tpm_quote out;

	return check_values(attest, sig, sizeof(values), &out);
}

/* The verdict on a quote with these fields, signed as it stands. */
static enum tpm_fault quote_verdict(const struct quote_fields *f)
{
	struct bytes attest, sig;

	build_quote(&attest, f);
	if (!build_signature(&sig, &ak, &attest))
		return TPM_FAULT_COUNT;
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
	REQUIRE(check_values(&attest, &sig, sizeof(values), &out) == TPM_GOOD);
	CHECK(out.bank == BANK && out.pcr_mask == MASK && out.clock_ms == 123456789);
	CHECK(out.reset_count == 7 && out.restart_count == 3 && out.clock_safe == 1);
	CHECK(out.firmware_version == 0x2020);
	CHECK_BYTES(out.pcr_digest, good.digest, 32);
	SPOIL_QUOTE(magic, 0xff544346, TPM_QUOTE_TYPE);
	SPOIL_QUOTE(type, 0x8017, TPM_QUOTE_TYPE);
	SPOIL_QUOTE(signer_len, 0, 0);
	SPOIL_QUOTE(signer_len, 67, TPM_QUOTE_FORM);
	SPOIL_QUOTE(extra_len, 0, TPM_QUOTE_REPORT_DATA);
	SPOIL_QUOTE(extra_len, 31, TPM_QUOTE_REPORT_DATA);
	SPOIL_QUOTE(extra_len, 33, TPM_QUOTE_REPORT_DATA);
	SPOIL_QUOTE(extra_len, 65, TPM_QUOTE_FORM);
	SPOIL_QUOTE(safe, 0, 0);
	SPOIL_QUOTE(safe, 2, TPM_QUOTE_FORM);
	SPOIL_QUOTE(selections, 0, TPM_QUOTE_SELECTION);
	SPOIL_QUOTE(selections, 2, TPM_QUOTE_SELECTION);
	SPOIL_QUOTE(bank, 0x000c, TPM_QUOTE_SELECTION);
	SPOIL_QUOTE(select_len, 4, 0);
	SPOIL_QUOTE(select_len, 2, TPM_QUOTE_FORM);
	SPOIL_QUOTE(select_len, 5, TPM_QUOTE_FORM);
	SPOIL_QUOTE(digest_len, 0, TPM_QUOTE_DIGEST);
	SPOIL_QUOTE(digest_len, 31, TPM_QUOTE_DIGEST);
	SPOIL_QUOTE(digest_len, 64, TPM_QUOTE_DIGEST);
	for (unsigned i = 0; i < 32; i++) {
		SPOIL_QUOTE(extra[i], good.extra[i] ^ 1, TPM_QUOTE_REPORT_DATA);
		SPOIL_QUOTE(digest[i], good.digest[i] ^ 0x80, TPM_QUOTE_DIGEST);
	}
	for (unsigned bit = 0; bit < 24; bit++)
		SPOIL_QUOTE(mask, MASK ^ 1u << bit, TPM_QUOTE_SELECTION);
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
		CHECK(check(&attest, &sig) == TPM_QUOTE_SIGNATURE);
		attest.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		bit += 4;
	}
	for (size_t bit = 0; bit < sig.len * 8; bit++) {
		sig.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		CHECK(check(&attest, &sig) == TPM_QUOTE_SIGNATURE);
		sig.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	longer = sig;
	longer.len++;
	CHECK(check(&attest, &longer) == TPM_QUOTE_SIGNATURE);
	while (sig.len--)
		CHECK(check(&attest, &sig) == TPM_QUOTE_SIGNATURE);
	/* Cut or lengthened, and signed like that. */
	build_quote(&attest, &good);
	longer = attest;
	longer.b[longer.len++] = 0;
	REQUIRE(build_signature(&sig, &ak, &longer));
	CHECK(check(&longer, &sig) == TPM_QUOTE_FORM);
	while (attest.len--) {
		REQUIRE(build_signature(&sig, &ak, &attest));
		CHECK(check(&attest, &sig) == (attest.len < 6 ? TPM_QUOTE_TYPE : TPM_QUOTE_FORM));
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
		CHECK(check_values(&attest, &sig, len, &out) == TPM_QUOTE_DIGEST);
	for (size_t i = 0; i < sizeof(values); i++) {
		values[i] ^= 1;
		CHECK(check(&attest, &sig) == TPM_QUOTE_DIGEST);
		values[i] ^= 1;
	}
	CHECK(check(&attest, &sig) == 0);
}

/* Where the first selection stands: magic, type, signer, extraData, clock, version, count. */
#define SELECTION_AT (4u + 2 + (2 + 34) + (2 + 32) + 17 + 8 + 4)

/* CVE-2022-0317 of go-attestation: digests of one bank taken for another's. */
static void test_sha1_bank_beside_sha256(void)
{
	struct quote_fields f = good_quote();
	struct bytes attest, sig;

	f.selections = 2;
	build_quote(&attest, &f);
	attest.b[SELECTION_AT + 1] = 0x04;
	REQUIRE(build_signature(&sig, &ak, &attest));
	CHECK(check(&attest, &sig) == TPM_QUOTE_SELECTION);
	f.selections = 1;
	f.bank = 0x0004;
	CHECK(quote_verdict(&f) == TPM_QUOTE_SELECTION);
}

/* The quote is good for what it covers; the values beside it are of a bank it says nothing of. */
static void test_forged_sha256_values_beside_sha384_quote(void)
{
	struct quote_fields f = good_quote();

	f.bank = 0x000c;
	CHECK(quote_verdict(&f) == TPM_QUOTE_SELECTION);
	f.digest[0] ^= 1;
	CHECK(quote_verdict(&f) == TPM_QUOTE_SELECTION);
}

/* CVE-2024-29038 and -29040: a restricted key signs no other structure with this magic. */
static void test_wrong_magic(void)
{
	struct quote_fields f = good_quote();

	f.magic = 0;
	CHECK(quote_verdict(&f) == TPM_QUOTE_TYPE);
}

/* CVE-2024-29039: fewer PCRs than the verifier believes, with the digest of those. */
static void test_other_selection(void)
{
	struct quote_fields f = good_quote();

	f.mask = MASK & (MASK - 1);
	sha256(values + 32, sizeof(values) - 32, f.digest);
	CHECK(quote_verdict(&f) == TPM_QUOTE_SELECTION);
}

static void test_other_key(void)
{
	struct quote_fields good = good_quote();
	struct key_pair other;
	struct bytes attest, sig;

	REQUIRE(!failed(key_generate(&other)));
	build_quote(&attest, &good);
	REQUIRE(build_signature(&sig, &other, &attest));
	CHECK(check(&attest, &sig) == TPM_QUOTE_SIGNATURE);
	key_free(&other);
}

/* Which lengths there are, and that nothing of two credentials is the same. */
static void test_credential_form(void)
{
	uint8_t secret[33] = {1};
	struct tpm_credential c[2];
	struct tpm_public off_curve = ak_public;

	ak_public.symmetric_bits = 128;
	CHECK(tpm_make_credential(&ak_public, ak_public.name, secret, 0, &c[0]) ==
		TPM_CREDENTIAL_FAILED);
	CHECK(tpm_make_credential(&ak_public, ak_public.name, secret, 33, &c[0]) ==
		TPM_CREDENTIAL_FAILED);
	off_curve.key[64] ^= 1;
	CHECK(tpm_make_credential(&off_curve, ak_public.name, secret, 32, &c[0]) ==
		TPM_CREDENTIAL_FAILED);
	for (int i = 0; i < 2; i++)
		REQUIRE(tpm_make_credential(&ak_public, ak_public.name, secret, 32, &c[i]) ==
			TPM_GOOD);
	CHECK(c[0].blob_len == 2 + 32 + 2 + 32 && c[0].encrypted_len == 68);
	CHECK(memcmp(c[0].encrypted, c[1].encrypted, 68) != 0);
	CHECK(memcmp(c[0].blob, c[1].blob, 68) != 0);
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
	RUN(test_sha1_bank_beside_sha256);
	RUN(test_forged_sha256_values_beside_sha384_quote);
	RUN(test_wrong_magic);
	RUN(test_other_selection);
	RUN(test_other_key);
	RUN(test_credential_form);
	key_free(&ak);
	secret_pool_close();
	return test_summary();
}
