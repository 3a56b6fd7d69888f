/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tpm/area.h"

#include <string.h>
#include "crypto/digest.h"
#include "tools/evidence/tpm/key.h"
#include "tools/evidence/tpm/wire.h"
#include "tools/lib/bytes.h"

#define RSA_EXPONENT 65537u

size_t tpm_hash_len(uint16_t hash)
{
	return hash == ALG_SHA256 || hash == ALG_SHA384 ? digest_len(hash) : 0;
}

bool tpm_hash(uint16_t hash, const void *data, size_t len, uint8_t *out)
{
	const EVP_MD *md = hash == ALG_SHA384 ? EVP_sha384() : EVP_sha256();

	return EVP_Digest(data, len, out, NULL, md, NULL) == 1;
}

/* TPMT_SYM_DEF_OBJECT and a scheme (Part 2, 11.1.7, 11.2.4.2). */
static void read_schemes(struct cursor *in, struct tpm_area *out)
{
	out->symmetric = tpm_u16(in);
	if (out->symmetric != ALG_NULL) {
		out->symmetric_bits = tpm_u16(in);
		out->symmetric_mode = tpm_u16(in);
	}
	out->scheme = tpm_u16(in);
	if (out->scheme != ALG_NULL)
		out->scheme_hash = tpm_u16(in);
}

/* TPMS_RSA_PARMS without its schemes, and the modulus. An exponent of 0 stands for 65537. */
static bool read_rsa(struct cursor *in, struct tpm_area *out)
{
	uint16_t bits = tpm_u16(in);
	uint32_t exponent = tpm_u32(in);
	const uint8_t *modulus = tpm_2b(in, TPM_KEY_MAX, &out->key_len);

	if ((exponent && exponent != RSA_EXPONENT) || !modulus || out->key_len * 8 != bits)
		return false;
	out->kind = TPM_KEY_RSA;
	memcpy(out->key, modulus, out->key_len);
	/* As long as it says, and no even number. */
	return (bits == 2048 || bits == 3072 || bits == 4096) && out->key[0] >> 7 &&
	       (out->key[out->key_len - 1] & 1);
}

static bool read_point(struct cursor *in, struct tpm_area *out)
{
	uint16_t curve = tpm_u16(in), kdf = tpm_u16(in);
	size_t len = curve == CURVE_P384 ? 48 : 32;

	out->kind = curve == CURVE_P384 ? TPM_KEY_P384 : TPM_KEY_P256;
	out->key[0] = 0x04;
	tpm_2b_uint(in, out->key + 1, len);
	tpm_2b_uint(in, out->key + 1 + len, len);
	out->key_len = 1 + 2 * len;
	return (curve == CURVE_P256 || curve == CURVE_P384) && kdf == ALG_NULL;
}

bool tpm_area_read(const uint8_t *area, size_t len, struct tpm_area *out)
{
	struct cursor in = {area, len, false};
	uint16_t type = tpm_u16(&in);
	bool known;

	memset(out, 0, sizeof(*out));
	out->name_hash = tpm_u16(&in);
	out->attributes = tpm_u32(&in);
	out->policy = tpm_2b(&in, DIGEST_MAX, &out->policy_len);
	read_schemes(&in, out);
	if (type == ALG_RSA)
		known = read_rsa(&in, out);
	else
		known = type == ALG_ECC && read_point(&in, out);
	if (!cursor_done(&in) || !known || !tpm_hash_len(out->name_hash))
		return false;
	return (out->policy_len == 0 || out->policy_len == tpm_hash_len(out->name_hash)) &&
	       tpm_key_valid(out->kind, out->key, out->key_len);
}

static void put16(uint8_t **at, size_t value)
{
	put_be16(*at, (uint16_t)value);
	*at += 2;
}

static void put_2b(uint8_t **at, const uint8_t *data, size_t len)
{
	put16(at, len);
	if (len)
		memcpy(*at, data, len);
	*at += len;
}

static void put_key(uint8_t **at, const struct tpm_area *a)
{
	size_t half = (a->key_len - 1) / 2;

	if (a->kind == TPM_KEY_RSA) {
		put16(at, a->key_len * 8);
		put_be32(*at, 0);
		*at += 4;
		put_2b(at, a->key, a->key_len);
		return;
	}
	put16(at, a->kind == TPM_KEY_P384 ? CURVE_P384 : CURVE_P256);
	put16(at, ALG_NULL);
	put_2b(at, a->key + 1, half);
	put_2b(at, a->key + 1 + half, half);
}

size_t tpm_area_write(const struct tpm_area *a, uint8_t *out)
{
	uint8_t *at = out;

	put16(&at, a->kind == TPM_KEY_RSA ? ALG_RSA : ALG_ECC);
	put16(&at, a->name_hash);
	put_be32(at, a->attributes);
	at += 4;
	put_2b(&at, a->policy, a->policy_len);
	put16(&at, a->symmetric);
	if (a->symmetric != ALG_NULL) {
		put16(&at, a->symmetric_bits);
		put16(&at, a->symmetric_mode);
	}
	put16(&at, a->scheme);
	if (a->scheme != ALG_NULL)
		put16(&at, a->scheme_hash);
	put_key(&at, a);
	return (size_t)(at - out);
}
