/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ECDSA over a SHA-256 digest, raw: what a TPM does, and no program of ours. */
#ifndef TESTS_KEY_SIGN_H
#define TESTS_KEY_SIGN_H

#include "crypto/key.h"

#include <bearssl.h>

static inline bool key_sign(
	const struct key_pair *k, const uint8_t digest[32], uint8_t out_sig[P256_SIG_LEN])
{
	br_ec_private_key priv = {BR_EC_secp256r1, k->priv.bytes, P256_PRIV_LEN};

	return br_ecdsa_i31_sign_raw(&br_ec_p256_m31, &br_sha256_vtable, digest, &priv, out_sig) ==
	       P256_SIG_LEN;
}

#endif
