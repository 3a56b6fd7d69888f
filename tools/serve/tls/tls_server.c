/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/tls/tls_server.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lib/key_kinds.h"
#include "tools/serve/tls/peer.h"
#include "tools/serve/tls/tls_server_private.h"

/* Of locked memory: what one connection's fresh key takes, and what there is once. */
#define SECURE_PER_CONNECTION 64u
#define SECURE_ONCE	      (32u << 10)
#define SECURE_LEAST	      32u /* bytes of the smallest piece */

struct failure tls_library_start(size_t connections)
{
	size_t size = SECURE_ONCE;

	while (size < SECURE_ONCE / 2 + connections * SECURE_PER_CONNECTION)
		size *= 2;
	if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		return refuse("OpenSSL cannot be started");
	if (CRYPTO_secure_malloc_init(size, SECURE_LEAST) != 1)
		return refuse("no locked memory for private keys: raise RLIMIT_MEMLOCK by %zu KiB, "
			      "or lower --max-connections",
			size >> 10);
	return failure_none();
}

static OSSL_PARAM *key_params(const struct key_pair *key, BIGNUM *scalar)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;

	if (build && scalar &&
		OSSL_PARAM_BLD_push_utf8_string(
			build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
		OSSL_PARAM_BLD_push_octet_string(
			build, OSSL_PKEY_PARAM_PUB_KEY, key->pub, P256_PUB_LEN) == 1 &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	OSSL_PARAM_BLD_free(build);
	return params;
}

/* The scalar is in OpenSSL's locked memory in each of its forms. */
static EVP_PKEY *make_key(const struct key_pair *key)
{
	BIGNUM *scalar = BN_secure_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(key_kinds(), "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *made = NULL;

	if (scalar && ctx && BN_bin2bn(key->priv.bytes, P256_PRIV_LEN, scalar))
		params = key_params(key, scalar);
	if (params && EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &made, EVP_PKEY_KEYPAIR, params);
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	BN_clear_free(scalar);
	return made;
}

static bool use_key(SSL_CTX *ctx, const struct key_pair *key)
{
	uint8_t cert[CERT_LEN];
	EVP_PKEY *own = make_key(key);
	bool good;

	key_certificate(key->pub, cert);
	good = own && SSL_CTX_use_certificate_ASN1(ctx, sizeof(cert), cert) == 1 &&
	       SSL_CTX_use_PrivateKey(ctx, own) == 1;
	EVP_PKEY_free(own);
	return good;
}

/* Everything that the profile leaves to choose is left one choice. */
static bool use_profile(SSL_CTX *ctx)
{
	static char groups[] = "P-256", algorithms[] = "ECDSA+SHA256";

	SSL_CTX_set_security_level(ctx, 0); /* the lists below are stricter than any level */
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
					 SSL_OP_NO_EXTENDED_MASTER_SECRET |
					 SSL_OP_CLEANSE_PLAINTEXT);
	/*
	 * Nobody renegotiates: session_events.c refuses every ClientHello but the first, with a
	 * fatal alert. Where these are not allowed libssl answers with a warning and goes on.
	 */
	SSL_CTX_set_options(
		ctx, SSL_OP_ALLOW_CLIENT_RENEGOTIATION | SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_max_cert_list(ctx, PEER_CERT_MESSAGE_MAX);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, "ECDHE-ECDSA-AES256-GCM-SHA384") == 1 &&
	       SSL_CTX_set1_groups_list(ctx, groups) == 1 &&
	       SSL_CTX_set1_sigalgs_list(ctx, algorithms) == 1 &&
	       SSL_CTX_set1_client_sigalgs_list(ctx, algorithms) == 1;
}

static bool prepare(struct tls_server *t, const struct key_pair *key)
{
	memcpy(t->pub, key->pub, sizeof(t->pub));
	t->wire = session_wire_method();
	t->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	t->ctx = SSL_CTX_new_ex(key_kinds(), NULL, TLS_server_method());
	if (!t->wire || !t->sha256 || !t->ctx)
		return false;
	session_events(t->ctx);
	return use_profile(t->ctx) && use_key(t->ctx, key);
}

struct failure tls_server_open(const struct key_pair *key, struct tls_server **out)
{
	struct tls_server *t = calloc(1, sizeof(*t));
	unsigned long error;

	if (!t)
		return refuse("out of memory");
	ERR_clear_error();
	if (!prepare(t, key)) {
		error = ERR_peek_error();
		tls_server_close(t);
		return refuse("OpenSSL cannot serve TLS: %s",
			error ? ERR_reason_error_string(error) : "out of memory");
	}
	*out = t;
	return failure_none();
}

void tls_server_close(struct tls_server *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ctx);
	EVP_MD_free(t->sha256);
	BIO_meth_free(t->wire);
	free(t);
}
