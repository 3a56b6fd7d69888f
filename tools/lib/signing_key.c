/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine interface is deprecated, but Debian 12 has no PKCS#11 provider. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "tools/lib/signing_key.h"

#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "tools/lib/report.h"

#define SECURE_HEAP	  (256 * 1024) /* bytes */
#define SECURE_HEAP_LEAST 32
#define TOKEN_SCHEME	  "pkcs11:"
#define BITS_MIN	  2048
#define BITS_MAX	  4096

static bool is_token(const char *uri)
{
	return strncmp(uri, TOKEN_SCHEME, strlen(TOKEN_SCHEME)) == 0;
}

struct signing_key {
	EVP_PKEY *pkey;
	ENGINE *engine;		 /* of a token's key; NULL: none */
	OSSL_PROVIDER *provider; /* of a token's key; NULL: none */
};

/* A PKCS#11 URI's query may hold the PIN (RFC 7512, 2.4): it is not shown. */
static char *shown(const char *uri)
{
	size_t len = is_token(uri) ? strcspn(uri, "?") : strlen(uri);

	return must_format("%.*s", (int)len, uri);
}

/* With OpenSSL's word for the last failure. */
static bool openssl_complain(const char *uri, const char *what)
{
	unsigned long error = ERR_peek_last_error();
	const char *reason = ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error))
						     : ERR_reason_error_string(error);
	char *name = shown(uri);

	complain("%s: %s%s%s", name, what, reason ? ": " : "", reason ? reason : "");
	free(name);
	ERR_clear_error();
	return false;
}

static void protect_memory(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	if (!CRYPTO_secure_malloc_initialized())
		CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_HEAP_LEAST);
}

static EVP_PKEY *from_store(const char *uri)
{
	OSSL_STORE_CTX *store = OSSL_STORE_open(uri, UI_OpenSSL(), NULL, NULL, NULL);
	EVP_PKEY *pkey = NULL;

	if (store)
		OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
	while (store && !pkey && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		/* What is no private key is left out; the store goes on behind it. */
		if (!info)
			continue;
		if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			pkey = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
	return pkey;
}

static EVP_PKEY *from_engine(struct signing_key *key, const char *uri)
{
	ENGINE_load_builtin_engines();
	key->engine = ENGINE_by_id("pkcs11");
	if (key->engine && !ENGINE_init(key->engine)) {
		ENGINE_free(key->engine);
		key->engine = NULL;
	}
	if (!key->engine)
		return NULL;
	/* Its own messages would show the URI with the PIN. */
	ENGINE_ctrl_cmd(key->engine, "QUIET", 0, NULL, NULL, 0);
	return ENGINE_load_private_key(key->engine, uri, UI_OpenSSL(), NULL);
}

static EVP_PKEY *from_token(struct signing_key *key, const char *uri)
{
	EVP_PKEY *pkey = NULL;

	key->provider = OSSL_PROVIDER_try_load(NULL, "pkcs11", 1);
	if (key->provider)
		pkey = from_store(uri);
	ERR_clear_error();
	if (!pkey)
		pkey = from_engine(key, uri);
	if (!pkey && !key->engine && !key->provider)
		complain("OpenSSL has neither a provider nor an engine pkcs11 (Debian: "
			 "libengine-pkcs11-openssl)");
	return pkey;
}

static bool public_half_is(const struct signing_key *key, const char *path)
{
	FILE *file = fopen(path, "re");
	EVP_PKEY *public;
	bool same;

	if (!file)
		return complain("cannot open %s", path);
	public = PEM_read_PUBKEY(file, NULL, NULL, NULL);
	fclose(file);
	if (!public)
		return openssl_complain(path, "it has no public key in PEM");
	same = EVP_PKEY_eq(public, key->pkey) == 1;
	EVP_PKEY_free(public);
	return same || complain("%s is not the public half of the private key", path);
}

static bool acceptable(const struct signing_key *key)
{
	int bits = EVP_PKEY_get_bits(key->pkey);

	if (!EVP_PKEY_is_a(key->pkey, "RSA") && EVP_PKEY_get_base_id(key->pkey) != EVP_PKEY_RSA)
		return complain("the private key is no RSA key, as TPM policies of this kind need");
	return (bits >= BITS_MIN && bits <= BITS_MAX) ||
	       complain(
		       "the private key has %d bits; TPMs take %d to %d", bits, BITS_MIN, BITS_MAX);
}

struct signing_key *signing_key_open(const char *uri, const char *public_path)
{
	struct signing_key *key;

	if (is_token(uri) && strstr(uri, "pin-value=")) {
		complain("%.*s: everybody on this machine can read a PIN there: put it into a "
			 "file and name that with ?pin-source=file:PATH",
			(int)strcspn(uri, "?;"), uri);
		return NULL;
	}
	key = must_alloc(sizeof(*key));
	*key = (struct signing_key){0};
	protect_memory();
	key->pkey = is_token(uri) ? from_token(key, uri) : from_store(uri);
	if (!key->pkey)
		openssl_complain(uri, "it gives no private key");
	else if (acceptable(key) && (!public_path || public_half_is(key, public_path)))
		return key;
	signing_key_close(key);
	return NULL;
}

void signing_key_close(struct signing_key *key)
{
	EVP_PKEY_free(key->pkey);
	if (key->engine) {
		ENGINE_finish(key->engine);
		ENGINE_free(key->engine);
	}
	if (key->provider)
		OSSL_PROVIDER_unload(key->provider);
	free(key);
}

bool signing_key_sign(struct signing_key *key, const void *data, size_t len, struct bytes *out)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t signature[BITS_MAX / 8];
	size_t signature_len = sizeof(signature);
	bool fine = context &&
		    EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->pkey) == 1 &&
		    EVP_DigestSign(context, signature, &signature_len, data, len) == 1;

	EVP_MD_CTX_free(context);
	if (!fine)
		return openssl_complain("the private key", "signing failed");
	bytes_add(out, signature, signature_len);
	return true;
}

bool signing_key_fingerprint(struct signing_key *key, uint8_t out[32])
{
	unsigned char *der = NULL;
	int len = i2d_PublicKey(key->pkey, &der);
	bool fine = len > 0 && EVP_Digest(der, (size_t)len, out, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	return fine || openssl_complain("the private key", "its public half cannot be had");
}
