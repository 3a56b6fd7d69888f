/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PROTOCOL.md 10.3: this client's TPM opens the credentials that are written there. */
#include "tests/interop/independent/cases.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <string.h>
#include "tests/unit/protocol_vector.h"

static BIGNUM *number(const uint8_t *bytes, size_t len)
{
	BIGNUM *n = BN_bin2bn(bytes, (int)len, NULL);

	need(n != NULL, "a number");
	return n;
}

/* Takes over build. */
static EVP_PKEY *key_of_params(const char *kind, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
	EVP_PKEY *key = NULL;

	need(params && ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
			EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) == 1,
		"a key of the page");
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* A scalar that counts up from `first`, and the point at the end of an area. */
static EVP_PKEY *ecc_key(const char *curve, uint8_t first, const char *area_name, size_t half)
{
	uint8_t scalar[HASH_MAX], area[512], point[POINT_MAX] = {4};
	size_t len = vector(area_name, area, sizeof(area));
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *d;
	EVP_PKEY *key;

	need(build && len > 2 * (2 + half), "an area of the page");
	count_up(scalar, half, first);
	memcpy(point + 1, area + len - 2 * half - 2, half);
	memcpy(point + 1 + half, area + len - half, half);
	d = number(scalar, half);
	need(OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) &&
			OSSL_PARAM_BLD_push_octet_string(
				build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * half) &&
			OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d),
		"parts of a key");
	key = key_of_params("EC", build);
	BN_free(d);
	return key;
}

/* n = pq, d = 1/e modulo (p - 1)(q - 1). */
static EVP_PKEY *rsa_key(void)
{
	uint8_t bytes[2][128];
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p, *q, *n = BN_new(), *e = BN_new(), *d = BN_new(), *both = BN_new();
	EVP_PKEY *key;

	need(vector("RSA-2048 p", bytes[0], 128) == 128 &&
			vector("RSA-2048 q", bytes[1], 128) == 128,
		"primes of the page");
	p = number(bytes[0], 128);
	q = number(bytes[1], 128);
	need(build && ctx && n && e && d && both && BN_mul(n, p, q, ctx) && BN_set_word(e, 65537) &&
			BN_sub_word(p, 1) && BN_sub_word(q, 1) && BN_mul(both, p, q, ctx) &&
			BN_mod_inverse(d, e, both, ctx) &&
			OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
			OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) &&
			OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_D, d),
		"an RSA key");
	key = key_of_params("RSA", build);
	BN_free(p);
	BN_free(q);
	BN_free(n);
	BN_free(e);
	BN_free(d);
	BN_free(both);
	BN_CTX_free(ctx);
	return key;
}

static bool area_is(const struct area *a, EVP_PKEY *key, const char *name)
{
	struct buf area = {0};
	uint8_t want[512];
	size_t len = vector(name, want, sizeof(want));
	bool same;

	area_put(&area, a, key);
	same = len && area.len == len && !memcmp(area.data, want, len);
	buf_free(&area);
	return same;
}

/* The page's CHALLENGE, of which one byte may be another: the secret 01..20, or nothing. */
static bool opens(const struct machine *m, const char *name, size_t flipped)
{
	uint8_t frame[512], want[32], secret[32] = {0};
	size_t len = vector(name, frame, sizeof(frame));
	struct reader r = {{frame + 6, len - 6}, false};
	struct span credential, encrypted;

	need(len > 6 && flipped < len, "a CHALLENGE of the page");
	frame[flipped] ^= flipped ? 1 : 0;
	credential = take_lp(&r, 512);
	encrypted = take_lp(&r, 512);
	count_up(want, sizeof(want), 1);
	return reader_done(&r) && machine_activate(m, credential, encrypted, secret) == 32 &&
	       !memcmp(secret, want, 32);
}

static void one(enum key_kind kind, EVP_PKEY *ek, const char *prefix, const char *challenge)
{
	struct machine m = {.ek_kind = kind,
		.ak_kind = KEY_P256,
		.ek = ek,
		.ak = ecc_key("P-256", 0x61, "ak_area", 32)};
	char area[32], name[64];

	area_init(&m.ek_area, kind, true);
	area_init(&m.ak_area, KEY_P256, false);
	snprintf(area, sizeof(area), "%sek_area", prefix);
	need(area_is(&m.ak_area, m.ak, "ak_area"), "the page's AK");
	snprintf(name, sizeof(name), "vectors: %s", area);
	expect(name, GOOD, area_is(&m.ek_area, m.ek, area) ? GOOD : 1);
	snprintf(name, sizeof(name), "vectors: %s", challenge);
	expect(name, GOOD, opens(&m, challenge, 0) ? GOOD : 1);
	snprintf(name, sizeof(name), "vectors: %s, spoilt", challenge);
	expect(name, 1, opens(&m, challenge, 20) ? GOOD : 1);
	machine_free(&m);
}

void cases_vectors(const char *page)
{
	need(vector_open(page), "PROTOCOL.md");
	one(KEY_P256, ecc_key("P-256", 0x41, "ek_area", 32), "", "CHALLENGE of a TPM");
	one(KEY_P384, ecc_key("P-384", 0x41, "P-384 ek_area", 48), "P-384 ",
		"CHALLENGE of a TPM with P-384");
	one(KEY_RSA_2048, rsa_key(), "RSA-2048 ", "CHALLENGE of a TPM with RSA-2048");
	free(vector_document);
}
