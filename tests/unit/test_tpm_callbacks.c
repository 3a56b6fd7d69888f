/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ESAPI's crypto callbacks against known answers: FIPS 180-4, RFC 4231, SP 800-38A for AES-CFB;
 * ECDH against the other side of the exchange.
 */
#include <bearssl.h>
#include <stdlib.h>
#include "crypto/key.h"
#include "crypto/random.h"
#include "crypto/tpm_callbacks.h"
#include "tests/unit/test.h"

static const ESYS_CRYPTO_CALLBACKS *const cb = &tpm_callbacks;

static const uint8_t *bytes_of(const char *hex)
{
	static uint8_t out[128];
	unsigned byte;

	for (size_t i = 0; hex[2 * i]; i++) {
		if (i == sizeof(out) || sscanf(hex + 2 * i, "%2x", &byte) != 1)
			abort();
		out[i] = (uint8_t)byte;
	}
	return out;
}

static void test_hashes(void)
{
	static const struct {
		TPM2_ALG_ID alg;
		size_t len;
		const char *abc;
	} cases[] = {
		{TPM2_ALG_SHA1, 20, "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{TPM2_ALG_SHA256, 32,
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{TPM2_ALG_SHA384, 48,
			"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
			"8086072ba1e7cc2358baeca134c825a7"},
		{TPM2_ALG_SHA512, 64,
			"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
			"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
	};
	ESYS_CRYPTO_CONTEXT_BLOB *c = NULL;
	uint8_t out[64];
	size_t len;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		REQUIRE(cb->hash_start(&c, cases[i].alg, NULL) == TSS2_RC_SUCCESS);
		CHECK(cb->hash_update(c, (const uint8_t *)"abc", 3, NULL) == TSS2_RC_SUCCESS);
		len = cases[i].len - 1;
		CHECK(cb->hash_finish(&c, out, &len, NULL) == TSS2_ESYS_RC_BAD_SIZE && c);
		len = sizeof(out);
		CHECK(cb->hash_finish(&c, out, &len, NULL) == TSS2_RC_SUCCESS && !c);
		CHECK(len == cases[i].len);
		CHECK_BYTES(out, bytes_of(cases[i].abc), len);
	}
	CHECK(cb->hash_start(&c, TPM2_ALG_SM3_256, NULL) == TSS2_ESYS_RC_NOT_IMPLEMENTED && !c);
	REQUIRE(cb->hash_start(&c, TPM2_ALG_SHA256, NULL) == TSS2_RC_SUCCESS);
	cb->hash_abort(&c, NULL);
	CHECK(!c);
	cb->hash_abort(&c, NULL);
	CHECK(cb->hash_update(NULL, out, 1, NULL) == TSS2_ESYS_RC_BAD_REFERENCE);
}

static void test_hmac(void)
{
	static const char message[] = "what do ya want for nothing?";
	ESYS_CRYPTO_CONTEXT_BLOB *c = NULL;
	uint8_t out[64];
	size_t len = sizeof(out);

	REQUIRE(cb->hmac_start(&c, TPM2_ALG_SHA256, (const uint8_t *)"Jefe", 4, NULL) ==
		TSS2_RC_SUCCESS);
	CHECK(cb->hmac_update(c, (const uint8_t *)message, sizeof(message) - 1, NULL) ==
		TSS2_RC_SUCCESS);
	CHECK(cb->hmac_finish(&c, out, &len, NULL) == TSS2_RC_SUCCESS && !c && len == 32);
	CHECK_BYTES(out,
		bytes_of("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"), 32);
	CHECK(cb->hmac_start(&c, TPM2_ALG_SM3_256, out, 4, NULL) == TSS2_ESYS_RC_NOT_IMPLEMENTED);
	REQUIRE(cb->hmac_start(&c, TPM2_ALG_SHA384, NULL, 0, NULL) == TSS2_RC_SUCCESS);
	cb->hmac_abort(&c, NULL);
	CHECK(!c);
}

static const char cfb_plain[] = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
				"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

/* Every length up to the vector's: CFB's output is a prefix of the longer output. */
static void cfb_agrees(const char *key_hex, TPMI_AES_KEY_BITS bits, const char *cipher_hex)
{
	uint8_t key[32], iv[16], sealed[64], plain[64], data[64];

	memcpy(key, bytes_of(key_hex), sizeof(key));
	memcpy(iv, bytes_of("000102030405060708090a0b0c0d0e0f"), sizeof(iv));
	memcpy(plain, bytes_of(cfb_plain), sizeof(plain));
	memcpy(sealed, bytes_of(cipher_hex), sizeof(sealed));
	for (size_t len = 0; len <= sizeof(data); len++) {
		memcpy(data, sealed, sizeof(data));
		CHECK(cb->aes_decrypt(key, TPM2_ALG_AES, bits, TPM2_ALG_CFB, data, len, iv, NULL) ==
			TSS2_RC_SUCCESS);
		CHECK_BYTES(data, plain, len);
		CHECK_BYTES(data + len, sealed + len, sizeof(data) - len);
	}
}

static void test_aes_cfb(void)
{
	uint8_t key[32] = {0}, iv[16] = {0}, data[16] = {0};

	cfb_agrees("2b7e151628aed2a6abf7158809cf4f3c", 128,
		"3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b"
		"26751f67a3cbb140b1808cf187a4f4dfc04b05357c5d1c0eeac4c66f9ff7f2e6");
	cfb_agrees("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", 256,
		"dc7e84bfda79164b7ecd8486985d386039ffed143b28b1c832113c6331e5407b"
		"df10132415e54b92a13ed0a8267ae2f975a385741ab9cef82031623d55b1e471");
	CHECK(cb->aes_decrypt(key, TPM2_ALG_AES, 128, TPM2_ALG_CBC, data, 16, iv, NULL) ==
		TSS2_ESYS_RC_NOT_IMPLEMENTED);
	CHECK(cb->aes_decrypt(key, TPM2_ALG_SM4, 128, TPM2_ALG_CFB, data, 16, iv, NULL) ==
		TSS2_ESYS_RC_NOT_IMPLEMENTED);
	CHECK(cb->aes_decrypt(key, TPM2_ALG_AES, 64, TPM2_ALG_CFB, data, 16, iv, NULL) ==
		TSS2_ESYS_RC_BAD_VALUE);
	CHECK(cb->aes_decrypt(NULL, TPM2_ALG_AES, 128, TPM2_ALG_CFB, data, 16, iv, NULL) ==
		TSS2_ESYS_RC_BAD_REFERENCE);
}

/* What PID 1 never asks for: command parameters encrypted, and salts for an RSA key. */
static void test_not_offered(void)
{
	TPM2B_PUBLIC to = {.publicArea = {.type = TPM2_ALG_RSA, .nameAlg = TPM2_ALG_SHA256}};
	uint8_t key[32] = {0}, iv[16] = {0}, data[16] = {0}, out[512];
	size_t len = 0;

	CHECK(cb->aes_encrypt(key, TPM2_ALG_AES, 128, TPM2_ALG_CFB, data, 16, iv, NULL) ==
		TSS2_ESYS_RC_NOT_IMPLEMENTED);
	CHECK(cb->rsa_pk_encrypt(&to, sizeof(data), data, sizeof(out), out, &len, "SECRET", NULL) ==
		TSS2_ESYS_RC_NOT_IMPLEMENTED);
}

/* One exchange with a TPM's key, of which TPMs may send coordinates without their leading zeros. */
static void exchange(const struct key_pair *tpm, size_t skip_x)
{
	TPM2B_PUBLIC to = {.publicArea = {.type = TPM2_ALG_ECC,
				   .parameters.eccDetail.curveID = TPM2_ECC_NIST_P256}};
	uint8_t out[256], peer[P256_PUB_LEN] = {0x04}, x[32];
	TPM2B_ECC_PARAMETER z;
	TPMS_ECC_POINT q;
	size_t len = 0;

	to.publicArea.unique.ecc.x.size = (UINT16)(32 - skip_x);
	memcpy(to.publicArea.unique.ecc.x.buffer, tpm->pub + 1 + skip_x, 32 - skip_x);
	to.publicArea.unique.ecc.y.size = 32;
	memcpy(to.publicArea.unique.ecc.y.buffer, tpm->pub + 33, 32);
	REQUIRE(cb->get_ecdh_point(&to, sizeof(out), &z, &q, out, &len, NULL) == TSS2_RC_SUCCESS);
	CHECK(q.x.size == 32 && q.y.size == 32 && z.size == 32 && len == 68);
	CHECK(out[1] == 32 && memcmp(out + 2, q.x.buffer, 32) == 0);
	memcpy(peer + 1, q.x.buffer, 32);
	memcpy(peer + 33, q.y.buffer, 32);
	REQUIRE(!failed(key_agree(tpm, peer, x)));
	CHECK_BYTES(z.buffer, x, 32);
	/* A point off the curve, and one too long for it. */
	to.publicArea.unique.ecc.y.buffer[31] ^= 1;
	CHECK(cb->get_ecdh_point(&to, sizeof(out), &z, &q, out, &len, NULL) != TSS2_RC_SUCCESS);
	to.publicArea.unique.ecc.y.size = 33;
	CHECK(cb->get_ecdh_point(&to, sizeof(out), &z, &q, out, &len, NULL) != TSS2_RC_SUCCESS);
	to.publicArea.parameters.eccDetail.curveID = TPM2_ECC_NIST_P384;
	CHECK(cb->get_ecdh_point(&to, sizeof(out), &z, &q, out, &len, NULL) ==
		TSS2_ESYS_RC_NOT_IMPLEMENTED);
}

static void test_ecdh(void)
{
	struct key_pair tpm;
	bool short_seen = false;

	REQUIRE(!failed(key_generate(&tpm)));
	exchange(&tpm, 0);
	key_free(&tpm);
	/* One key in 256 has an x that begins with a zero byte. */
	for (unsigned tries = 0; tries < 10000 && !short_seen; tries++) {
		REQUIRE(!failed(key_generate(&tpm)));
		short_seen = tpm.pub[1] == 0;
		if (short_seen)
			exchange(&tpm, 1);
		key_free(&tpm);
	}
	CHECK(short_seen);
}

static void test_nonces(void)
{
	TPM2B_NONCE a = {0}, b = {0};

	CHECK(cb->get_random2b(&a, 32, NULL) == TSS2_RC_SUCCESS && a.size == 32);
	CHECK(cb->get_random2b(&b, 32, NULL) == TSS2_RC_SUCCESS);
	CHECK(memcmp(a.buffer, b.buffer, 32) != 0);
	CHECK(cb->get_random2b(&a, 0, NULL) == TSS2_RC_SUCCESS && a.size == sizeof(a.buffer));
	CHECK(cb->get_random2b(&a, sizeof(a.buffer) + 1, NULL) == TSS2_ESYS_RC_BAD_SIZE);
}

/* Without randomness nothing may work that needs it. */
static void test_fails_closed(void)
{
	TPM2B_NONCE nonce;

	CHECK(cb->get_random2b(&nonce, 32, NULL) != TSS2_RC_SUCCESS);
	CHECK(failed(tpm_callbacks_install(NULL)));
}

int main(void)
{
	RUN(test_fails_closed);
	if (failed(secret_pool_open(65536)) || failed(random_open()))
		return 2;
	RUN(test_hashes);
	RUN(test_hmac);
	RUN(test_aes_cfb);
	RUN(test_not_offered);
	RUN(test_ecdh);
	RUN(test_nonces);
	return test_summary();
}
