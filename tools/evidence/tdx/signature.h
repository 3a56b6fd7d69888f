/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ECDSA over P-256 with SHA-256, signatures and keys as Intel writes them: numbers, big-endian. */
#ifndef TOOLS_EVIDENCE_TDX_SIGNATURE_H
#define TOOLS_EVIDENCE_TDX_SIGNATURE_H

#include <openssl/evp.h>
#include <stdbool.h>
#include "early/contract/wire.h"

/* signature: r || s, 64 bytes. False for a key on another curve, too. */
bool tdx_signature_good(EVP_PKEY *key, struct span message, const uint8_t signature[static 64]);

/* The key x || y; NULL when that is no point of the curve. The caller frees it. */
EVP_PKEY *tdx_key_from_point(const uint8_t point[static 64]);

#endif
