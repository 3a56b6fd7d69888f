/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/key_kinds.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <stdbool.h>
#include <string.h>

#define KINDS_MAX    4u /* with the entry that ends a list */
#define DECODERS_MAX 8u

static const char *const kinds[] = {"EC", "RSA", "RSA-PSS"};

/* OpenSSL's default provider, and what is shown of its lists. */
static OSSL_PROVIDER *full;
static OSSL_ALGORITHM managers[KINDS_MAX], decoders[DECODERS_MAX];

/* Names are separated by colons; the first is the usual one. */
static bool is_of_kind(const OSSL_ALGORITHM *a)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i]);

		if (strncmp(a->algorithm_names, kinds[i], len) == 0 &&
			(!a->algorithm_names[len] || a->algorithm_names[len] == ':'))
			return true;
	}
	return false;
}

/* Copies what is of these kinds and has the property; false when nothing is, or too much. */
static bool choose(int operation, const char *property, OSSL_ALGORITHM *out, size_t max)
{
	int no_cache = 0;
	const OSSL_ALGORITHM *a = OSSL_PROVIDER_query_operation(full, operation, &no_cache);
	size_t n = 0;

	for (; a && a->algorithm_names; a++) {
		if (!is_of_kind(a) || !strstr(a->property_definition, property))
			continue;
		if (n == max - 1)
			return false;
		out[n++] = *a;
	}
	return n > 0;
}

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
	(void)context;
	if (operation == OSSL_OP_KEYMGMT || operation == OSSL_OP_DECODER) {
		*no_cache = 0;
		return operation == OSSL_OP_KEYMGMT ? managers : decoders;
	}
	return OSSL_PROVIDER_query_operation(full, operation, no_cache);
}

/* TLS asks for the groups that there are. */
static int capabilities(void *context, const char *capability, OSSL_CALLBACK *each, void *argument)
{
	(void)context;
	return OSSL_PROVIDER_get_capabilities(full, capability, each, argument);
}

/* A provider whose algorithms are the default one's, and run in its context. */
static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
	void **context)
{
	static const OSSL_DISPATCH functions[] = {
		{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
		{OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))capabilities},
		{0, NULL},
	};

	(void)handle;
	(void)in;
	*out = functions;
	*context = OSSL_PROVIDER_get0_provider_ctx(full);
	return 1;
}

static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
static OSSL_LIB_CTX *library;

static void make(void)
{
	OSSL_LIB_CTX *made = OSSL_LIB_CTX_new();

	full = OSSL_PROVIDER_load(NULL, "default");
	if (made && full && choose(OSSL_OP_KEYMGMT, "", managers, KINDS_MAX) &&
		choose(OSSL_OP_DECODER, "structure=SubjectPublicKeyInfo", decoders, DECODERS_MAX) &&
		OSSL_PROVIDER_add_builtin(made, "protostar", start) == 1 &&
		OSSL_PROVIDER_load(made, "protostar"))
		library = made;
	else
		OSSL_LIB_CTX_free(made);
	ERR_clear_error();
}

OSSL_LIB_CTX *key_kinds(void)
{
	CRYPTO_THREAD_run_once(&once, make);
	return library;
}
