/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which keys of certificates are read, and that those are the same as OpenSSL alone reads. */
#include "tools/lib/key_kinds.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include "tests/unit/evidence/tpm_pki.h"
#include "tests/unit/test.h"

static X509 *read_in(OSSL_LIB_CTX *library, struct span der)
{
	const unsigned char *at = der.data;
	X509 *cert = X509_new_ex(library, NULL);

	CHECK(cert && d2i_X509(&cert, &at, (long)der.len));
	return cert;
}

/* A self-signed certificate of the key, read anew: in our context and in OpenSSL's. */
static void check_kind(EVP_PKEY *key, const EVP_MD *digest, bool is_read)
{
	struct pki_entity made = pki_make(
		&(struct pki_request){.name = "x", .key = key, .digest = digest});
	struct span der = pki_der(made.cert);
	X509 *ours = read_in(key_kinds(), der), *usual = read_in(NULL, der);
	EVP_PKEY *read = X509_get0_pubkey(ours);

	CHECK(is_read == (read != NULL));
	CHECK(X509_get0_pubkey(usual) && X509_verify(usual, X509_get0_pubkey(usual)) == 1);
	if (read) {
		CHECK(EVP_PKEY_eq(read, key) == 1);
		CHECK(X509_verify(ours, read) == 1);
		/* Keys of one context serve in the other. */
		CHECK(X509_verify(usual, read) == 1);
		CHECK(X509_verify(ours, X509_get0_pubkey(usual)) == 1);
	}
	X509_free(ours);
	X509_free(usual);
	free((void *)(uintptr_t)der.data);
	pki_free(&made);
	EVP_PKEY_free(key);
}

static void test_kinds(void)
{
	REQUIRE(key_kinds() && key_kinds() == key_kinds());
	check_kind(pki_ec("P-256"), EVP_sha256(), true);
	check_kind(pki_ec("P-384"), EVP_sha384(), true);
	check_kind(pki_ec("P-521"), EVP_sha512(), true);
	check_kind(pki_rsa(2048), EVP_sha256(), true);
}

static void test_forged_signature(void)
{
	struct pki_entity made = pki_ca("x", NULL);
	struct span der = pki_der(made.cert);
	X509 *cert;

	((uint8_t *)(uintptr_t)der.data)[der.len - 1] ^= 1;
	cert = read_in(key_kinds(), der);
	CHECK(X509_verify(cert, X509_get0_pubkey(cert)) != 1);
	X509_free(cert);
	free((void *)(uintptr_t)der.data);
	pki_free(&made);
}

static void test_tls(void)
{
	char group[] = "P-256"; /* OpenSSL's macro casts const away */
	SSL_CTX *ctx = SSL_CTX_new_ex(key_kinds(), NULL, TLS_server_method());

	REQUIRE(ctx);
	CHECK(SSL_CTX_set_cipher_list(ctx, "ECDHE-ECDSA-AES256-GCM-SHA384") == 1);
	CHECK(SSL_CTX_set1_groups_list(ctx, group) == 1);
	SSL_CTX_free(ctx);
}

static void test_no_other_kind(void)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	X509 *cert = X509_new(), *read;
	unsigned char *out = NULL;
	int len;

	REQUIRE(key && cert && X509_set_pubkey(cert, key) == 1);
	CHECK(X509_gmtime_adj(X509_getm_notBefore(cert), 0));
	CHECK(X509_gmtime_adj(X509_getm_notAfter(cert), 60));
	REQUIRE(X509_sign(cert, key, NULL) > 0);
	len = i2d_X509(cert, &out);
	REQUIRE(len > 0);
	read = read_in(NULL, (struct span){out, (size_t)len});
	CHECK(X509_get0_pubkey(read) != NULL);
	X509_free(read);
	read = read_in(key_kinds(), (struct span){out, (size_t)len});
	CHECK(X509_get0_pubkey(read) == NULL);
	X509_free(read);
	OPENSSL_free(out);
	X509_free(cert);
	EVP_PKEY_free(key);
}

int main(void)
{
	RUN(test_kinds);
	RUN(test_forged_signature);
	RUN(test_no_other_kind);
	RUN(test_tls);
	return test_summary();
}
