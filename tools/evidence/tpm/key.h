/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A TPM's public key as OpenSSL's; private to this room. */
#ifndef TOOLS_EVIDENCE_TPM_KEY_H
#define TOOLS_EVIDENCE_TPM_KEY_H

#include <openssl/evp.h>
#include <stdbool.h>
#include "tools/evidence/tpm/public.h"

/* NULL when the point is not on its curve, or memory is out. EVP_PKEY_free() it. */
EVP_PKEY *tpm_key_open(enum tpm_key_kind kind, const uint8_t *key, size_t key_len);
/*
 * The curve of such keys, P-384 or else P-256: what new keys are made from. It is this room's; NULL
 * when memory is out.
 */
EVP_PKEY *tpm_key_curve(enum tpm_key_kind kind);
/* Whether it can be a public key: a point is on its curve; of a modulus nothing can be said. */
bool tpm_key_valid(enum tpm_key_kind kind, const uint8_t *key, size_t key_len);
/*
 * The key of a certificate as an area has it: kind and bytes; false when it is of another kind or
 * length, or its exponent is not 65537.
 */
bool tpm_key_read(const EVP_PKEY *from, struct tpm_public *out);
/* Whether a certificate's key is this one; an RSA exponent counts. */
bool tpm_key_same(const struct tpm_public *key, const EVP_PKEY *other);

/* The node id of an EK with this key; false of a key that no EK has. */
bool tpm_ek_node_id(const EVP_PKEY *key, uint8_t out[TPM_NAME_LEN]);

#endif
