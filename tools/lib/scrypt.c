/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/scrypt.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

static OSSL_PARAM octets(const char *name, struct span bytes)
{
	/* The library's type wants a pointer to what it could write; it reads. */
	return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)bytes.data, bytes.len);
}

bool scrypt_key(struct span passphrase, struct span salt, const struct scrypt_cost *cost,
	uint8_t *out, size_t len)
{
	/* V, B and the working block of the algorithm (RFC 7914, 5 and 6), and some for OpenSSL. */
	uint64_t n = cost->n, r = cost->r, p = cost->p;
	uint64_t memory = 128 * r * (n + p + 2) + 65536;
	OSSL_PARAM params[] = {
		octets(OSSL_KDF_PARAM_PASSWORD, passphrase),
		octets(OSSL_KDF_PARAM_SALT, salt),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_R, &r),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_P, &p),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	bool good = ctx && EVP_KDF_derive(ctx, out, len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return good;
}
