/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ESAPI's cryptography over BearSSL: the callbacks for Esys_SetCryptoCallbacks (tpm2-tss built with
 * no crypto library of its own). Covers what HMAC sessions that are salted to a P-256 key and
 * encrypt responses need: hashes, HMAC, ECDH, decryption with AES-CFB. Anything else is answered
 * with TSS2_ESYS_RC_NOT_IMPLEMENTED. Contexts that hold key material are wiped when ESAPI finishes
 * or aborts them.
 */
#ifndef CRYPTO_TPM_CALLBACKS_H
#define CRYPTO_TPM_CALLBACKS_H

#include <tss2/tss2_esys.h>
#include "crypto/errors.h"
#include "efi/base/status.h"

/*
 * Call once after Esys_Initialize, before any command; random_open() must have succeeded.
 * E_TPM_CALLBACKS when ESAPI does not take them.
 */
struct status tpm_callbacks_install(ESYS_CONTEXT *esys) MUST_CHECK;

/* The callbacks themselves, for tests against known answers. */
extern const ESYS_CRYPTO_CALLBACKS tpm_callbacks;

#endif
