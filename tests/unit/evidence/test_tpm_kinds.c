/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinds of keys beside those of test_tpm_evidence: RSA attestation keys, endorsement keys of every
 * template; and a real quote of an Azure machine (the folder of quotes is the argument).
 */
#include "tests/unit/test.h"

#include <openssl/rsa.h>
#include <stdlib.h>
#include "crypto/digest.h"
#include "tests/unit/evidence/tpm_pki.h"
#include "tools/evidence/tpm/area.h"
#include "tools/evidence/tpm/credential.h"
#include "tools/evidence/tpm/key.h"
#include "tools/evidence/tpm/quote.h"
#include "tools/lib/bytes.h"

#define AK_ATTRIBUTES 0x00050072u
#define EK_L	      0x000300b2u
#define EK_H	      0x000300f2u

static const char *folder;
static const uint8_t policy[48] = {1, 2, 3};

/* An area with this key, as the template of an EK has it. */
static struct tpm_area ek_area(EVP_PKEY *key, uint16_t hash, uint16_t bits)
{
	struct tpm_area a = {
		.name_hash = hash,
		.attributes = hash == ALG_SHA256 ? EK_L : EK_H,
		.policy = policy,
		.policy_len = tpm_hash_len(hash),
		.symmetric = ALG_AES,
		.symmetric_bits = bits,
		.symmetric_mode = ALG_CFB,
		.scheme = ALG_NULL,
	};
	struct tpm_public p = {0};

	CHECK(tpm_key_read(key, &p));
	a.kind = p.kind;
	memcpy(a.key, p.key, p.key_len);
	a.key_len = p.key_len;
	return a;
}

static struct tpm_area ak_area(EVP_PKEY *key)
{
	struct tpm_area a = ek_area(key, ALG_SHA256, 0);

	a.attributes = AK_ATTRIBUTES;
	a.policy_len = 0;
	a.symmetric = ALG_NULL;
	a.scheme = a.kind == TPM_KEY_RSA ? ALG_RSASSA : ALG_ECDSA;
	a.scheme_hash = ALG_SHA256;
	return a;
}

static enum tpm_fault parse_ek(const struct tpm_area *a, struct tpm_public *out)
{
	uint8_t bytes[AREA_MAX];

	return tpm_ek_parse(bytes, tpm_area_write(a, bytes), out);
}

static enum tpm_fault parse_ak(const struct tpm_area *a, struct tpm_public *out)
{
	uint8_t bytes[AREA_MAX];

	return tpm_ak_parse(bytes, tpm_area_write(a, bytes), out);
}

struct template
{
	const char *curve;
	unsigned rsa_bits;
	uint16_t hash, bits;
	size_t blob, encrypted;
};

static const struct template templates[] = {
	{"P-256", 0, ALG_SHA256, 128, 68, 68},
	{"P-384", 0, ALG_SHA384, 256, 84, 100},
	{NULL, 2048, ALG_SHA256, 128, 68, 256},
	{NULL, 3072, ALG_SHA384, 256, 84, 384},
	{NULL, 4096, ALG_SHA384, 256, 84, 512},
};

static void check_template(const struct template *t)
{
	EVP_PKEY *key = t->curve ? pki_ec(t->curve) : pki_rsa(t->rsa_bits);
	struct tpm_area a = ek_area(key, t->hash, t->bits), other = a;
	struct tpm_public p, q;
	struct tpm_credential c;
	uint8_t id[TPM_NAME_LEN];

	REQUIRE(parse_ek(&a, &p) == TPM_GOOD);
	CHECK(p.name_len == 2 + tpm_hash_len(t->hash) && p.symmetric_bits == t->bits);
	CHECK(tpm_make_credential(&p, p.node_id, p.key, 32, &c) == TPM_GOOD);
	CHECK(c.blob_len == t->blob && c.encrypted_len == t->encrypted);
	/* Worded in another way it has another Name, and is the same node. */
	other.attributes ^= USER_WITH_AUTH;
	other.policy_len = 0;
	REQUIRE(parse_ek(&other, &q) == TPM_GOOD);
	CHECK(memcmp(p.name, q.name, p.name_len) != 0);
	CHECK_BYTES(p.node_id, q.node_id, TPM_NAME_LEN);
	CHECK(tpm_ek_node_id(key, id));
	CHECK_BYTES(p.node_id, id, TPM_NAME_LEN);
	/* The name algorithm and the AES of another template. */
	other = a;
	other.symmetric_bits = t->bits == 128 ? 256 : 128;
	CHECK(parse_ek(&other, &q) == TPM_EK_SCHEME);
	other = a;
	other.name_hash = t->hash == ALG_SHA256 ? ALG_SHA384 : ALG_SHA256;
	other.policy_len = 0;
	CHECK(parse_ek(&other, &q) == TPM_EK_FORM);
	other = a;
	other.attributes |= SIGN;
	CHECK(parse_ek(&other, &q) == TPM_EK_ATTRIBUTES);
	EVP_PKEY_free(key);
}

static void test_templates(void)
{
	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++)
		check_template(&templates[i]);
}

/* A key with the policy of L-2: its id is its Name, as tpm2_readpublic shows it. */
static void test_id_is_name(void)
{
	static const uint8_t policy_a[32] = {0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a,
		0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b,
		0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};
	EVP_PKEY *key = pki_ec("P-256");
	struct tpm_area a = ek_area(key, ALG_SHA256, 128);
	struct tpm_public p;

	a.policy = policy_a;
	REQUIRE(parse_ek(&a, &p) == TPM_GOOD);
	CHECK_BYTES(p.node_id, p.name, TPM_NAME_LEN);
	EVP_PKEY_free(key);
}

static void test_rsa_areas(void)
{
	EVP_PKEY *key = pki_rsa(2048);
	struct tpm_area good = ak_area(key), a;
	uint8_t bytes[AREA_MAX];
	size_t len = tpm_area_write(&good, bytes), exponent = len - 2 - 256 - 4;
	struct tpm_public p;

	REQUIRE(tpm_ak_parse(bytes, len, &p) == TPM_GOOD && p.kind == TPM_KEY_RSA);
	put_be32(bytes + exponent, 65537);
	CHECK(tpm_ak_parse(bytes, len, &p) == TPM_GOOD);
	put_be32(bytes + exponent, 3);
	CHECK(tpm_ak_parse(bytes, len, &p) == TPM_AK_FORM);
	put_be32(bytes + exponent, 0);
	put_be16(bytes + exponent - 2, 3072); /* longer than the modulus */
	CHECK(tpm_ak_parse(bytes, len, &p) == TPM_AK_FORM);
	put_be16(bytes + exponent - 2, 2048);
	bytes[len - 1] &= 0xfe;
	CHECK(tpm_ak_parse(bytes, len, &p) == TPM_AK_FORM);
	bytes[len - 1] |= 1;
	bytes[len - 256] &= 0x7f;
	CHECK(tpm_ak_parse(bytes, len, &p) == TPM_AK_FORM);
	a = good;
	a.scheme = ALG_ECDSA;
	CHECK(parse_ak(&a, &p) == TPM_AK_SCHEME);
	a = good;
	a.scheme = 0x0016; /* RSAPSS */
	CHECK(parse_ak(&a, &p) == TPM_AK_SCHEME);
	a = good;
	a.scheme_hash = 0x0004;
	CHECK(parse_ak(&a, &p) == TPM_AK_SCHEME);
	a = good;
	a.attributes &= ~RESTRICTED; /* it would sign what somebody made up */
	CHECK(parse_ak(&a, &p) == TPM_AK_ATTRIBUTES);
	EVP_PKEY_free(key);
	key = pki_ec("P-384");
	a = ak_area(key);
	CHECK(parse_ak(&a, &p) == TPM_AK_FORM);
	EVP_PKEY_free(key);
}

static size_t slurp(const char *name, uint8_t *out, size_t size)
{
	char path[512];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "rb");
	n = f ? fread(out, 1, size, f) : 0;
	if (f)
		fclose(f);
	return n;
}

/* TPMS_ATTEST of a real Azure machine, with its extraData (9 bytes) replaced and signed anew. */
static void test_azure_quote(void)
{
	uint8_t attest[256], signature[4 + 2 + 256] = {0, 0x14, 0, 0x0b, 1, 0}, values[24 * 32];
	uint8_t longer[256 + 32];
	size_t len = slurp("azure.msg", attest, sizeof(attest)), extra = 4 + 2 + 2 + 34;
	static const uint8_t rd[32] = {7};
	struct tpm_public ak = {.kind = TPM_KEY_RSA, .key_len = 256};
	struct tpm_quote_request r = {
		.ak = &ak,
		.report_data = rd,
		.bank = ALG_SHA256,
		.pcr_mask = 0xffffff,
		.attest = {attest, len},
		.signature = {signature, sizeof(signature)},
		.pcr_values = {values, sizeof(values)},
	};
	struct tpm_quote quote;
	EVP_PKEY *key = pki_rsa(2048);
	size_t signed_len = 256;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	REQUIRE(len == 122 && slurp("azure.sig", signature + 6, 256) == 256 && ctx);
	REQUIRE(slurp("azure.pcrs", values, sizeof(values)) == sizeof(values));
	REQUIRE(slurp("azure.modulus", ak.key, 256) == 256);
	/* Microsoft's signature is good, and its answer is to another question. */
	CHECK(tpm_quote_check(&r, &quote) == TPM_QUOTE_REPORT_DATA);
	attest[len - 1] ^= 1;
	CHECK(tpm_quote_check(&r, &quote) == TPM_QUOTE_SIGNATURE);
	attest[len - 1] ^= 1;
	/* The rest of it, by a key of our own. */
	memcpy(longer, attest, extra);
	put_be16(longer + extra, 32);
	memcpy(longer + extra + 2, rd, 32);
	memcpy(longer + extra + 34, attest + extra + 2 + 9, len - extra - 2 - 9);
	r.attest = (struct span){longer, len + 32 - 9};
	REQUIRE(tpm_key_read(key, &ak));
	REQUIRE(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		EVP_DigestSign(ctx, signature + 6, &signed_len, longer, r.attest.len) == 1);
	REQUIRE(tpm_quote_check(&r, &quote) == TPM_GOOD);
	CHECK(quote.firmware_version == 0x2020031200120003u && quote.clock_safe == 1);
	/* The hash and the scheme are those of the key, whatever the signature says. */
	signature[3] = 0x0c;
	CHECK(tpm_quote_check(&r, &quote) == TPM_QUOTE_SIGNATURE);
	signature[3] = 0x0b;
	signature[1] = 0x16;
	CHECK(tpm_quote_check(&r, &quote) == TPM_QUOTE_SIGNATURE);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	folder = argv[1];
	RUN(test_templates);
	RUN(test_id_is_name);
	RUN(test_rsa_areas);
	RUN(test_azure_quote);
	return test_summary();
}
