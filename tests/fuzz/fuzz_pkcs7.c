/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Authenticode signatures: two bytes length of a certificate, the certificate, the signature. The
 * signature is judged under the certificate, and the certificate hashed as dbx would name it.
 */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/measure/firmware/pkcs7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t hash[BANK_DIGEST_MAX];
	struct pkcs7_signature signature;
	size_t len;

	if (size < 2 || le16(data) > size - 2)
		return 0;
	len = le16(data);
	free(certificate_subject(data + 2, len));
	if (!pkcs7_open(&signature, data + 2 + len, size - 2 - len))
		return 0;
	if (signature.content_len > size || signature.bank >= BANK_COUNT)
		__builtin_trap();
	pkcs7_is_of(&signature, hash);
	pkcs7_signed_under(&signature, data + 2, len);
	pkcs7_brings(&signature, BANK_SHA256, hash);
	pkcs7_close(&signature);
	return 0;
}
