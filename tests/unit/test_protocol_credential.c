/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Credentials for EKs on P-384 and of RSA-2048: the vectors of PROTOCOL.md 10.3 (its path is the
 * argument). Random numbers come from OpenSSL's generator for tests, which gives out what it was
 * given: seed and OAEP's own seed are the page's then.
 */
#include "tests/unit/protocol_vector.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include "early/contract/messages.h"
#include "tools/evidence/tpm/credential_private.h"

static uint8_t ak_name[TPM_NAME_LEN];

/* What this generator gives out next; anything beyond fails. */
static bool give(EVP_RAND_CTX *generator, uint8_t *bytes, size_t len)
{
	unsigned strength = 256;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_RAND_PARAM_TEST_ENTROPY, bytes, len),
		OSSL_PARAM_construct_uint(OSSL_RAND_PARAM_STRENGTH, &strength),
		OSSL_PARAM_construct_end(),
	};

	return EVP_RAND_CTX_set_params(generator, params) == 1;
}

static bool read_ek(const char *kind, struct tpm_public *ek)
{
	uint8_t area[512];
	char name[64];
	size_t len;

	snprintf(name, sizeof(name), "%s ek_area", kind);
	len = vector(name, area, sizeof(area));
	if (!len || tpm_ek_parse(area, len, ek) != TPM_GOOD)
		return false;
	snprintf(name, sizeof(name), "%s ek_name", kind);
	CHECK_VECTOR(name, ek->name, ek->name_len);
	snprintf(name, sizeof(name), "%s node_id", kind);
	CHECK_VECTOR(name, ek->node_id, TPM_NAME_LEN);
	return true;
}

static void check_challenge(const char *name, const struct tpm_credential *c)
{
	struct msg_challenge m = {{c->blob, c->blob_len}, {c->encrypted, c->encrypted_len}};
	struct wire_writer w;
	uint8_t frame[512];

	wire_write_start(&w, frame, sizeof(frame));
	message_put_challenge(&w, &m);
	REQUIRE(!w.failed);
	CHECK_VECTOR(name, frame, w.len);
}

/* The pair of this private scalar; the page has its public point. */
static EVP_PKEY *p384_key(const uint8_t scalar[48], uint8_t point[97])
{
	BIGNUM *d = BN_bin2bn(scalar, 48, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params = NULL;

	if (d && build && ctx &&
		OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-384", 0) &&
		OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 97) &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d))
		params = OSSL_PARAM_BLD_to_param(build);
	if (!params || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(d);
	return key;
}

static void test_p384(void)
{
	/* For the blinding of OpenSSL's arithmetic, whatever it is. */
	uint8_t any[4096], scalar[48], secret[32], point[128];
	struct tpm_credential c;
	struct tpm_public ek;
	EVP_PKEY *ephemeral;

	for (size_t i = 0; i < sizeof(any); i++)
		any[i] = (uint8_t)(i % 251);
	count_up(scalar, sizeof(scalar), 0x21);
	count_up(secret, sizeof(secret), 0x01);
	REQUIRE(read_ek("P-384", &ek) && ek.kind == TPM_KEY_P384);
	REQUIRE(give(RAND_get0_private(NULL), any, sizeof(any)));
	REQUIRE(vector("P-384 eph_pub", point, sizeof(point)) == 97);
	ephemeral = p384_key(scalar, point);
	REQUIRE(ephemeral != NULL);
	CHECK(tpm_make_credential_with(ephemeral, &ek, ak_name, secret, sizeof(secret), &c) ==
		TPM_GOOD);
	check_challenge("CHALLENGE of a TPM with P-384", &c);
	EVP_PKEY_free(ephemeral);
}

static void test_rsa(void)
{
	uint8_t seed[32], oaep_seed[32], secret[32];
	struct tpm_credential c;
	struct tpm_public ek;

	count_up(seed, sizeof(seed), 0xc0);
	count_up(oaep_seed, sizeof(oaep_seed), 0xe0);
	count_up(secret, sizeof(secret), 0x01);
	REQUIRE(read_ek("RSA-2048", &ek) && ek.kind == TPM_KEY_RSA);
	REQUIRE(give(RAND_get0_private(NULL), seed, sizeof(seed)) &&
		give(RAND_get0_public(NULL), oaep_seed, sizeof(oaep_seed)));
	CHECK(tpm_make_credential(&ek, ak_name, secret, sizeof(secret), &c) == TPM_GOOD);
	check_challenge("CHALLENGE of a TPM with RSA-2048", &c);
	/* Nothing is left to give: without random numbers there is no credential. */
	CHECK(tpm_make_credential(&ek, ak_name, secret, sizeof(secret), &c) ==
		TPM_CREDENTIAL_FAILED);
}

int main(int argc, char **argv)
{
	if (argc != 2 || !vector_open(argv[1]) ||
		RAND_set_DRBG_type(NULL, "TEST-RAND", NULL, NULL, NULL) != 1 ||
		vector("ak_name", ak_name, sizeof(ak_name)) != sizeof(ak_name))
		return 2;
	RUN(test_p384);
	RUN(test_rsa);
	free(vector_document);
	return test_summary();
}
