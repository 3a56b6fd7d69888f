/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What somebody who has the token's PIN can do to its keys, in a process of its own.
 * usage: token_tool URI import VERSION HEX     a key of these bytes, of the kind of our own
 *        token_tool URI make VERSION KIND      one that is unfit: KIND names why
 *        token_tool URI destroy VERSION
 *        token_tool URI attack VERSION         tries to get the key, prints each refusal
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "crypto/secret.h"
#include "tools/keys/engine_pkcs11_token.h"
#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"
#include "tools/lib/report.h"

static struct token token;
static CK_SESSION_HANDLE session;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

/* The attributes of a KEK as the engine makes it, but for `kind`. */
static CK_RV make(uint32_t version, const char *kind, uint8_t *value, CK_ULONG len)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = strcmp(kind, "aes") == 0 ? CKK_AES : CKK_GENERIC_SECRET;
	uint8_t id[8] = {0};
	const bool odd = strcmp(kind, "id") == 0;
	CK_OBJECT_HANDLE made;
	char label[] = PKCS11_KEK_LABEL;
	CK_ATTRIBUTE key[] = {
		{CKA_CLASS, &class, sizeof(class)},
		{CKA_KEY_TYPE, &type, sizeof(type)},
		{CKA_LABEL, label, sizeof(label) - 1},
		{CKA_ID, id, odd ? 1 : PKCS11_KEK_ID_LEN},
		{CKA_TOKEN, &yes, 1},
		{CKA_PRIVATE, strcmp(kind, "public") == 0 ? &no : &yes, 1},
		{CKA_SENSITIVE, strcmp(kind, "readable") == 0 ? &no : &yes, 1},
		{CKA_EXTRACTABLE, strcmp(kind, "extractable") == 0 ? &yes : &no, 1},
		{CKA_DERIVE, strcmp(kind, "derive") == 0 ? &yes : &no, 1},
		{CKA_SIGN, strcmp(kind, "mute") == 0 ? &no : &yes, 1},
		{CKA_VALUE, value, len},
	};

	put_be32(id, version);
	if (odd)
		id[0] = 1;
	return token.call->C_CreateObject(session, key, sizeof(key) / sizeof(key[0]), &made);
}

static CK_OBJECT_HANDLE find(uint32_t version)
{
	uint8_t id[PKCS11_KEK_ID_LEN];
	CK_ATTRIBUTE wanted = {CKA_ID, id, sizeof(id)};
	CK_OBJECT_HANDLE found = 0;
	CK_ULONG count = 0;

	put_be32(id, version);
	if (token.call->C_FindObjectsInit(session, &wanted, 1) != CKR_OK)
		return 0;
	(void)token.call->C_FindObjects(session, &found, 1, &count);
	(void)token.call->C_FindObjectsFinal(session);
	return count == 1 ? found : 0;
}

static CK_RV set(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type, CK_BBOOL *value)
{
	CK_ATTRIBUTE a = {type, value, 1};

	return token.call->C_SetAttributeValue(session, key, &a, 1);
}

static CK_RV copy(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type, CK_BBOOL *value)
{
	CK_ATTRIBUTE a = {type, value, 1};
	CK_OBJECT_HANDLE made;

	return token.call->C_CopyObject(session, key, &a, 1, &made);
}

/* Wraps the key under an AES key made for it. */
static CK_RV wrap(CK_OBJECT_HANDLE key)
{
	CK_MECHANISM make_aes = {CKM_AES_KEY_GEN, NULL, 0}, wrap_aes = {CKM_AES_KEY_WRAP, NULL, 0};
	CK_ULONG len = 32, out_len = 64;
	uint8_t out[64];
	CK_OBJECT_HANDLE aes;
	CK_ATTRIBUTE of_aes[] = {{CKA_VALUE_LEN, &len, sizeof(len)}, {CKA_WRAP, &yes, 1}};

	if (token.call->C_GenerateKey(session, &make_aes, of_aes, 2, &aes) != CKR_OK)
		return CKR_OK; /* counts as a success of the attack: it was not tried */
	return token.call->C_WrapKey(session, &wrap_aes, aes, key, out, &out_len);
}

static CK_RV read_value(CK_OBJECT_HANDLE key)
{
	uint8_t value[64];
	CK_ATTRIBUTE a = {CKA_VALUE, value, sizeof(value)};

	return token.call->C_GetAttributeValue(session, key, &a, 1);
}

static bool attack(CK_OBJECT_HANDLE key)
{
	const struct {
		const char *what;
		CK_RV rv;
	} tries[] = {
		{"read", read_value(key)},
		{"wrap", wrap(key)},
		{"set-extractable", set(key, CKA_EXTRACTABLE, &yes)},
		{"set-readable", set(key, CKA_SENSITIVE, &no)},
		{"set-derive", set(key, CKA_DERIVE, &yes)},
		{"copy-extractable", copy(key, CKA_EXTRACTABLE, &yes)},
		{"copy-derive", copy(key, CKA_DERIVE, &yes)},
	};

	if (!key)
		return false;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		printf("%s %lx\n", tries[i].what, tries[i].rv);
	return true;
}

static bool act(const char *verb, uint32_t version, const char *word)
{
	uint8_t value[32];

	memset(value, 0x5a, sizeof(value));
	if (strcmp(verb, "import") == 0)
		return hex_decode(word, value, 32) && make(version, "", value, 32) == CKR_OK;
	if (strcmp(verb, "make") == 0)
		return make(version, word, value, strcmp(word, "short") == 0 ? 16 : 32) == CKR_OK;
	if (strcmp(verb, "destroy") == 0)
		return token.call->C_DestroyObject(session, find(version)) == CKR_OK;
	return strcmp(verb, "attack") == 0 && attack(find(version));
}

int main(int argc, char **argv)
{
	struct pkcs11_uri uri;
	struct failure f;
	bool away, good;

	if (argc < 4 || failed(secret_pool_open(65536)) || failed(random_open()))
		return EXIT_MISUSE;
	f = pkcs11_uri_read(argv[1], &uri);
	if (!f.happened)
		f = token_load(&token, &uri);
	if (!f.happened)
		f = token_enter(&token, &away);
	if (f.happened) {
		complain("%s", f.text);
		return EXIT_REFUSED;
	}
	good = token.call->C_OpenSession(token.slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL,
		       NULL, &session) == CKR_OK &&
	       act(argv[2], (uint32_t)strtoul(argv[3], NULL, 10), argc > 4 ? argv[4] : "");
	token_unload(&token);
	secret_pool_close();
	return good ? EXIT_DONE : EXIT_REFUSED;
}
