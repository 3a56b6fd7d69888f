/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TPM's side of PROTOCOL.md (its path is the argument): the vectors of section 10.3 through the
 * doors that judge evidence and make a challenge. The one random number of a credential, the
 * ephemeral scalar, is given.
 */
#include "crypto/errors.h"
#include "tests/unit/protocol_vector.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include "crypto/key.h"
#include "early/contract/messages.h"
#include "tools/evidence/tpm/credential_private.h"
#include "tools/evidence/tpm/quote.h"
#include "tools/lib/event_log.h"

#define BANK	 0x000bu
#define PCR_MASK 0x00009a10u
#define PCRS	 5u

static struct tpm_public ak, ek;

static void test_keys(void)
{
	uint8_t area[256];
	size_t len = vector("ak_area", area, sizeof(area));

	REQUIRE(len && tpm_ak_parse(area, len, &ak) == TPM_GOOD);
	CHECK_VECTOR("ak_name", ak.name, TPM_NAME_LEN);
	len = vector("ek_area", area, sizeof(area));
	REQUIRE(len && tpm_ek_parse(area, len, &ek) == TPM_GOOD);
	CHECK_VECTOR("ek_name", ek.name, TPM_NAME_LEN);
}

/* The key pair with this private scalar: OpenSSL wants the public point beside it. */
static EVP_PKEY *key_of(const uint8_t scalar[32])
{
	struct key_pair pair;
	BIGNUM *d = BN_bin2bn(scalar, 32, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params = NULL;

	if (!failed(key_from_private(scalar, &pair)) && d && build && ctx &&
		OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) &&
		OSSL_PARAM_BLD_push_octet_string(
			build, OSSL_PKEY_PARAM_PUB_KEY, pair.pub, sizeof(pair.pub)) &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d))
		params = OSSL_PARAM_BLD_to_param(build);
	if (!params || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	key_free(&pair);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(d);
	return key;
}

static void test_challenge(void)
{
	uint8_t secret[32], scalar[32], frame[256];
	struct tpm_credential c;
	struct msg_challenge m;
	struct wire_writer w;
	EVP_PKEY *ephemeral;

	count_up(secret, sizeof(secret), 0x01);
	count_up(scalar, sizeof(scalar), 0x21);
	ephemeral = key_of(scalar);
	REQUIRE(ephemeral != NULL);
	REQUIRE(tpm_make_credential_with(ephemeral, &ek, ak.name, secret, sizeof(secret), &c) ==
		TPM_GOOD);
	EVP_PKEY_free(ephemeral);
	m = (struct msg_challenge){{c.blob, c.blob_len}, {c.encrypted, c.encrypted_len}};
	wire_write_start(&w, frame, sizeof(frame));
	message_put_challenge(&w, &m);
	REQUIRE(!w.failed);
	CHECK_VECTOR("CHALLENGE of a TPM", frame, w.len);
}

static enum tpm_fault quote_verdict(const uint8_t *signature, size_t signature_len)
{
	uint8_t rd[32], attest[256], values[PCRS * 32];
	size_t attest_len = vector("attest", attest, sizeof(attest));
	struct tpm_quote_request r = {
		.ak = &ak,
		.report_data = rd,
		.bank = BANK,
		.pcr_mask = PCR_MASK,
		.attest = {attest, attest_len},
		.signature = {signature, signature_len},
		.pcr_values = {values, sizeof(values)},
	};
	struct tpm_quote quote;

	for (size_t i = 0; i < PCRS; i++)
		count_up(values + 32 * i, 32, (uint8_t)(16 * i));
	if (vector("rd", rd, sizeof(rd)) != sizeof(rd))
		return TPM_FAULT_COUNT;
	return tpm_quote_check(&r, &quote);
}

static void test_quote(void)
{
	/* FIPS 186-5: the order of P-256's group. */
	static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3,
		0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
	uint8_t signature[128];
	size_t len = vector("signature", signature, sizeof(signature));
	uint8_t *s = signature + len - 32;
	int borrow = 0;

	REQUIRE(len == 4 + 2 * 34);
	CHECK(quote_verdict(signature, len) == 0);
	for (size_t i = 32; i-- > 0;) {
		int digit = order[i] - s[i] - borrow;

		borrow = digit < 0;
		s[i] = (uint8_t)(digit + 256 * borrow);
	}
	CHECK(quote_verdict(signature, len) == 0); /* (r, n - s) */
	s[31] ^= 1;
	CHECK(quote_verdict(signature, len) == TPM_QUOTE_SIGNATURE);
}

static void test_event_log(void)
{
	uint8_t log[256];
	size_t len = vector("event_log", log, sizeof(log));
	struct event_replay replay;
	const char *problem = "";

	REQUIRE(len && event_log_replay(log, len, BANK, &replay, &problem));
	CHECK(replay.extended == (1u << 0 | 1u << 4) && replay.events == 2);
	CHECK_VECTOR("PCR 0 of event_log", replay.pcr[0], 32u);
	CHECK_VECTOR("PCR 4 of event_log", replay.pcr[4], 32u);
}

int main(int argc, char **argv)
{
	if (argc != 2 || !vector_open(argv[1]) || failed(secret_pool_open(1 << 16)))
		return 2;
	RUN(test_keys);
	RUN(test_challenge);
	RUN(test_quote);
	RUN(test_event_log);
	free(vector_document);
	secret_pool_close();
	return test_summary();
}
