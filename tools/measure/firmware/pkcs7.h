/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Authenticode's signatures: PKCS#7 over SpcIndirectDataContent, which holds the image's hash.
 * OpenSSL parses and verifies; the rules are those of edk2's BaseCryptLib: one trusted certificate
 * at a time, anywhere in the chain, and no look at the clock.
 *
 * Order: pkcs7_open(), the questions, pkcs7_close().
 */
#ifndef TOOLS_MEASURE_FIRMWARE_PKCS7_H
#define TOOLS_MEASURE_FIRMWARE_PKCS7_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/bank.h"

struct pkcs7_st;

struct pkcs7_signature {
	struct pkcs7_st *p7;
	enum bank bank;		/* of the image's hash */
	const uint8_t *content; /* what is signed */
	size_t content_len;
};

/* False (no complaint): these len bytes are no such signature. */
bool pkcs7_open(struct pkcs7_signature *out, const uint8_t *der, size_t len);
void pkcs7_close(struct pkcs7_signature *signature);

/* Whether the signed content says this hash, bank_len(signature->bank) bytes. */
bool pkcs7_is_of(const struct pkcs7_signature *signature, const uint8_t *hash);
/* Whether the signature is good when this certificate (X.509, DER) alone is trusted. */
bool pkcs7_signed_under(
	const struct pkcs7_signature *signature, const uint8_t *certificate, size_t len);
/* Whether one of its certificates has this hash over its TBSCertificate. */
bool pkcs7_brings(const struct pkcs7_signature *signature, enum bank bank, const uint8_t *hash);

/*
 * The subject of a certificate, for people: printable ASCII, malloc'd. NULL: these len bytes are no
 * certificate.
 */
char *certificate_subject(const uint8_t *der, size_t len);

#endif
