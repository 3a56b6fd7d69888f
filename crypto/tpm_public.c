/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/errors.h"
#include "crypto/tpm_evidence.h"

#include <string.h>
#include "crypto/digest.h"
#include "crypto/tpm_wire.h"

/* TCG Algorithm Registry. */
#define ALG_AES	   0x0006u
#define ALG_NULL   0x0010u
#define ALG_ECDSA  0x0018u
#define ALG_ECC	   0x0023u
#define ALG_CFB	   0x0043u
#define CURVE_P256 0x0003u

/* TPMA_OBJECT (Part 2, 8.3). */
#define FIXED_TPM	      (1u << 1)
#define ST_CLEAR	      (1u << 2)
#define FIXED_PARENT	      (1u << 4)
#define SENSITIVE_DATA_ORIGIN (1u << 5)
#define USER_WITH_AUTH	      (1u << 6)
#define ADMIN_WITH_POLICY     (1u << 7)
#define NO_DA		      (1u << 10)
#define RESTRICTED	      (1u << 16)
#define DECRYPT		      (1u << 17)
#define SIGN		      (1u << 18)

/* How the key may be authorised is its owner's affair; every other attribute is laid down. */
#define FREE_TO_CHOOSE (ST_CLEAR | USER_WITH_AUTH | ADMIN_WITH_POLICY | NO_DA)
#define BORN_IN_TPM    (FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | RESTRICTED)

/* The fields of a TPMT_PUBLIC of type ECC that differ between the two kinds of key. */
struct ecc_area {
	uint32_t attributes;
	uint16_t symmetric, symmetric_bits, symmetric_mode;
	uint16_t scheme, scheme_hash;
	uint8_t pub[P256_PUB_LEN];
};

/* Part 2, 12.2.4. False unless ECC on P-256 with SHA-256 names, no KDF, nothing left over. */
static bool parse_area(const uint8_t *area, size_t len, struct ecc_area *out)
{
	struct cursor in = {area, len, false};
	bool named = tpm_u16(&in) == ALG_ECC && tpm_u16(&in) == DIGEST_SHA256;
	size_t policy_len;
	uint16_t curve, kdf;

	memset(out, 0, sizeof(*out));
	out->attributes = tpm_u32(&in);
	tpm_2b(&in, SHA256_LEN, &policy_len);
	out->symmetric = tpm_u16(&in);
	if (out->symmetric != ALG_NULL) {
		out->symmetric_bits = tpm_u16(&in);
		out->symmetric_mode = tpm_u16(&in);
	}
	out->scheme = tpm_u16(&in);
	if (out->scheme != ALG_NULL)
		out->scheme_hash = tpm_u16(&in);
	curve = tpm_u16(&in);
	kdf = tpm_u16(&in);
	out->pub[0] = 0x04;
	tpm_2b_uint(&in, out->pub + 1, 32);
	tpm_2b_uint(&in, out->pub + 33, 32);
	if (!cursor_done(&in) || !named || curve != CURVE_P256 || kdf != ALG_NULL)
		return false;
	return (policy_len == 0 || policy_len == SHA256_LEN) && key_pub_valid(out->pub);
}

/* The key's Name (Part 1, 16): the name algorithm and the hash of the public area. */
static void describe(
	const uint8_t *area, size_t len, const struct ecc_area *parsed, struct tpm_public *out)
{
	memcpy(out->pub, parsed->pub, sizeof(out->pub));
	out->name[0] = DIGEST_SHA256 >> 8;
	out->name[1] = DIGEST_SHA256 & 0xff;
	sha256(area, len, out->name + 2);
}

struct status tpm_ak_parse(const uint8_t *area, size_t len, struct tpm_public *out)
{
	struct ecc_area a;

	if (!parse_area(area, len, &a))
		return fail(E_TPM_AK_FORM);
	if ((a.attributes & ~FREE_TO_CHOOSE) != (BORN_IN_TPM | SIGN))
		return fail(E_TPM_AK_ATTRIBUTES);
	if (a.symmetric != ALG_NULL || a.scheme != ALG_ECDSA || a.scheme_hash != DIGEST_SHA256)
		return fail(E_TPM_AK_SCHEME);
	describe(area, len, &a, out);
	return OK;
}

struct status tpm_ek_parse(const uint8_t *area, size_t len, struct tpm_public *out)
{
	struct ecc_area a;

	if (!parse_area(area, len, &a))
		return fail(E_TPM_EK_FORM);
	if ((a.attributes & ~FREE_TO_CHOOSE) != (BORN_IN_TPM | DECRYPT))
		return fail(E_TPM_EK_ATTRIBUTES);
	if (a.symmetric != ALG_AES || a.symmetric_bits != 128 || a.symmetric_mode != ALG_CFB ||
		a.scheme != ALG_NULL)
		return fail(E_TPM_EK_SCHEME);
	describe(area, len, &a, out);
	return OK;
}
