/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/key_kinds.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <stdbool.h>
#include <string.h>

#define SHOWN_MAX 8u /* with the entry that ends a list */

/* Of one operation's algorithms those with these names and this property, and no other. */
struct shown {
	int operation;
	const char *names[SHOWN_MAX], *property;
	OSSL_ALGORITHM list[SHOWN_MAX];
};

/* OpenSSL goes through all that it ever fetched: so ciphers and hashes are few, too. */
static struct shown shown[] = {
	{.operation = OSSL_OP_KEYMGMT, .names = {"EC", "RSA", "RSA-PSS"}, .property = ""},
	{.operation = OSSL_OP_DECODER,
		.names = {"EC", "RSA", "RSA-PSS"},
		.property = "structure=SubjectPublicKeyInfo"},
	{.operation = OSSL_OP_DIGEST,
		.names = {"SHA1", "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512"},
		.property = ""},
	{.operation = OSSL_OP_CIPHER, .names = {"AES-256-GCM"}, .property = ""},
};

#define SHOWN_COUNT (sizeof(shown) / sizeof(shown[0]))

static OSSL_PROVIDER *full; /* OpenSSL's default provider */

/* Names are separated by colons; the first is the usual one. */
static bool is_shown(const struct shown *s, const OSSL_ALGORITHM *a)
{
	for (size_t i = 0; i < SHOWN_MAX && s->names[i]; i++) {
		size_t len = strlen(s->names[i]);

		if (strncmp(a->algorithm_names, s->names[i], len) == 0 &&
			(!a->algorithm_names[len] || a->algorithm_names[len] == ':'))
			return strstr(a->property_definition, s->property);
	}
	return false;
}

/* False when there is nothing of it, or too much. */
static bool choose(struct shown *s)
{
	int no_cache = 0;
	const OSSL_ALGORITHM *a = OSSL_PROVIDER_query_operation(full, s->operation, &no_cache);
	size_t n = 0;

	for (; a && a->algorithm_names; a++) {
		if (!is_shown(s, a))
			continue;
		if (n == SHOWN_MAX - 1)
			return false;
		s->list[n++] = *a;
	}
	return n > 0;
}

static bool choose_all(void)
{
	for (size_t i = 0; i < SHOWN_COUNT; i++)
		if (!choose(&shown[i]))
			return false;
	return true;
}

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
	(void)context;
	for (size_t i = 0; i < SHOWN_COUNT; i++) {
		if (shown[i].operation != operation)
			continue;
		*no_cache = 0;
		return shown[i].list;
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
	if (made && full && choose_all() &&
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
