/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/independent/machine.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#define ALG_RSA	    0x0001u
#define ALG_AES	    0x0006u
#define ALG_NULL    0x0010u
#define ALG_RSASSA  0x0014u
#define ALG_ECDSA   0x0018u
#define ALG_ECC	    0x0023u
#define ALG_CFB	    0x0043u
#define AK_BITS	    0x00050072u
#define EK_BITS	    0x000300b2u
#define EK_BITS_384 0x000300f2u

static const unsigned rsa_bits[] = {0, 0, 2048, 3072, 4096};

/* PolicyA of the TCG's EK templates, by SHA-256, and PolicyB, by SHA-384. */
static const uint8_t policy_a[48] = {0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90,
	0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2,
	0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};
static const uint8_t policy_b[48] = {0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a, 0x50, 0xbc, 0x53, 0xd8,
	0x82, 0xbc, 0xf5, 0xfd, 0x3a, 0x1a, 0x07, 0x41, 0x48, 0xbb, 0x35, 0xd3, 0xb4, 0xe4, 0xcb,
	0x1c, 0x0a, 0xd9, 0xbd, 0xe4, 0x19, 0xca, 0xcb, 0x47, 0xba, 0x09, 0x69, 0x96, 0x46, 0x15,
	0x0f, 0x9f, 0xc0, 0x00, 0xf3, 0xf8, 0x0e, 0x12};

static EVP_PKEY *make_key(enum key_kind kind)
{
	EVP_PKEY *key = kind == KEY_P256   ? EVP_EC_gen("P-256")
			: kind == KEY_P384 ? EVP_EC_gen("P-384")
					   : EVP_RSA_gen(rsa_bits[kind]);

	need(key != NULL, "a key of the TPM");
	return key;
}

void area_init(struct area *a, enum key_kind kind, bool endorsement)
{
	bool large = endorsement && kind != KEY_P256 && kind != KEY_RSA_2048;
	bool rsa = kind >= KEY_RSA_2048;

	*a = (struct area){.type = rsa ? ALG_RSA : ALG_ECC,
		.name_alg = large ? HASH_SHA384 : HASH_SHA256,
		.attributes = AK_BITS,
		.symmetric = ALG_NULL,
		.scheme = rsa ? ALG_RSASSA : ALG_ECDSA,
		.scheme_hash = HASH_SHA256,
		.curve = kind == KEY_P384 ? 4 : 3,
		.kdf = ALG_NULL,
		.key_bits = rsa_bits[kind]};
	if (!endorsement)
		return;
	a->attributes = large ? EK_BITS_384 : EK_BITS;
	a->policy_len = large ? 48 : 32;
	a->symmetric = ALG_AES;
	a->symmetric_bits = large ? 256 : 128;
	a->mode = ALG_CFB;
	a->scheme = ALG_NULL;
}

static void put_point(struct buf *out, const struct area *a, EVP_PKEY *key)
{
	uint8_t point[POINT_MAX];
	size_t half = (point_of(key, point) - 1) / 2;

	point[2 * half] ^= (uint8_t)a->off_curve;
	put_uint(out, a->curve, 2);
	put_uint(out, a->kdf, 2);
	put_2b(out, point + 1, half);
	put_2b(out, point + 1 + half, half);
}

static void put_modulus(struct buf *out, const struct area *a, EVP_PKEY *key)
{
	BIGNUM *n = NULL;
	uint8_t bytes[512];
	int len;

	need(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1, "a modulus");
	len = BN_bn2bin(n, bytes);
	bytes[len - 1] ^= (uint8_t)a->off_curve;
	put_uint(out, a->key_bits, 2);
	put_uint(out, a->exponent, 4);
	put_2b(out, bytes, (size_t)len);
	BN_free(n);
}

void area_put(struct buf *out, const struct area *a, EVP_PKEY *key)
{
	put_uint(out, a->type, 2);
	put_uint(out, a->name_alg, 2);
	put_uint(out, a->attributes, 4);
	put_uint(out, a->policy_len, 2);
	put_raw(out, a->policy_len == sizeof(policy_b) ? policy_b : policy_a, a->policy_len);
	put_uint(out, a->symmetric, 2);
	if (a->symmetric != ALG_NULL) {
		put_uint(out, a->symmetric_bits, 2);
		put_uint(out, a->mode, 2);
	}
	put_uint(out, a->scheme, 2);
	if (a->scheme != ALG_NULL)
		put_uint(out, a->scheme_hash, 2);
	if (EVP_PKEY_is_a(key, "RSA"))
		put_modulus(out, a, key);
	else
		put_point(out, a, key);
	put_fill(out, 0, a->more);
	out->len -= a->less;
}

size_t area_name(const struct area *a, EVP_PKEY *key, uint8_t out[2 + HASH_MAX])
{
	struct buf area = {0};

	area_put(&area, a, key);
	out[0] = (uint8_t)(a->name_alg >> 8);
	out[1] = (uint8_t)a->name_alg;
	hash_of(a->name_alg, area.data, area.len, out + 2);
	buf_free(&area);
	return 2 + hash_len(a->name_alg);
}

void machine_make(struct machine *m, enum key_kind ek, enum key_kind ak)
{
	*m = (struct machine){.ek_kind = ek, .ak_kind = ak};
	m->ek = make_key(ek);
	m->ak = make_key(ak);
	area_init(&m->ek_area, ek, true);
	area_init(&m->ak_area, ak, false);
	need(RAND_bytes(m->disk, sizeof(m->disk)) == 1, "random bytes");
}

void machine_new_ak(struct machine *m)
{
	EVP_PKEY_free(m->ak);
	m->ak = make_key(m->ak_kind);
}

void machine_free(struct machine *m)
{
	EVP_PKEY_free(m->ek);
	EVP_PKEY_free(m->ak);
	*m = (struct machine){0};
}

void pcr_event(const struct machine *m, unsigned bank, unsigned n, uint8_t out[HASH_MAX])
{
	char what[32];
	int len = snprintf(what, sizeof(what), "event of PCR %u, %u", n, m ? m->changed[n] : 0u);

	hash_of(bank, what, (size_t)len, out);
}

void pcr_value(const struct machine *m, unsigned bank, unsigned n, uint8_t out[HASH_MAX])
{
	uint8_t both[2 * HASH_MAX] = {0};
	size_t len = hash_len(bank);

	memset(out, 0, HASH_MAX);
	if (n == 15 && !(m && m->changed[n]))
		return;
	pcr_event(m, bank, n, both + len);
	hash_of(bank, both, 2 * len, out);
}
