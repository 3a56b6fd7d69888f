/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wire form of a TPMT_PUBLIC (Part 2, 12.2.4), without a judgement; private to this room. */
#ifndef TOOLS_EVIDENCE_TPM_AREA_H
#define TOOLS_EVIDENCE_TPM_AREA_H

#include <stdbool.h>
#include "tools/evidence/tpm/public.h"

/* TCG Algorithm Registry. */
#define ALG_RSA	   0x0001u
#define ALG_AES	   0x0006u
#define ALG_SHA256 0x000Bu
#define ALG_SHA384 0x000Cu
#define ALG_NULL   0x0010u
#define ALG_RSASSA 0x0014u
#define ALG_ECDSA  0x0018u
#define ALG_ECC	   0x0023u
#define ALG_CFB	   0x0043u
#define CURVE_P256 0x0003u
#define CURVE_P384 0x0004u

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

#define AREA_MAX (64u + TPM_KEY_MAX + 48u)

struct tpm_area {
	enum tpm_key_kind kind;
	uint16_t name_hash;
	uint32_t attributes;
	const uint8_t *policy; /* borrowed */
	size_t policy_len;
	uint16_t symmetric, symmetric_bits, symmetric_mode;
	uint16_t scheme, scheme_hash;
	uint8_t key[TPM_KEY_MAX]; /* as in struct tpm_public */
	size_t key_len;
};

/*
 * False unless it is RSA of 2048, 3072 or 4096 bits, P-256 or P-384, named by SHA-256 or SHA-384,
 * without a KDF, with a key that can be one, and nothing left over.
 */
bool tpm_area_read(const uint8_t *area, size_t len, struct tpm_area *out);
/* Bytes written; out has AREA_MAX. */
size_t tpm_area_write(const struct tpm_area *a, uint8_t *out);
/* Bytes of a digest by this algorithm: SHA-256 or SHA-384; 0 of another. */
size_t tpm_hash_len(uint16_t hash);
/* By SHA-256 or SHA-384; false when OpenSSL refuses. */
bool tpm_hash(uint16_t hash, const void *data, size_t len, uint8_t *out) MUST_CHECK;

#endif
