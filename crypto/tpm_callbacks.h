/*
 * ESAPI's cryptography over BearSSL: the callbacks for Esys_SetCryptoCallbacks (tpm2-tss 4.1.3
 * built with no crypto library of its own). Covers what salted, parameter-encrypting HMAC sessions
 * and credential activation need: SHA-1/256/384/512, HMAC, RSA-OAEP, ECDH on P-256 and P-384,
 * AES-CFB. Contexts that hold key material are wiped when ESAPI finishes or aborts them.
 */
#ifndef CRYPTO_TPM_CALLBACKS_H
#define CRYPTO_TPM_CALLBACKS_H

#include <tss2/tss2_esys.h>
#include "crypto/status.h"

/* Call once after Esys_Initialize, before any command. random_open() must have succeeded. */
struct status tpm_callbacks_install(ESYS_CONTEXT *esys) MUST_CHECK;

#endif
