/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/engine_pkcs11_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "tools/lib/bytes.h"

#define HMAC_LEN 32u
/* One more than may be there, so that too many are seen. */
#define FOUND_MAX (KEK_VERSIONS_MAX + 1)

static struct failure look(struct token *t, CK_OBJECT_HANDLE found[FOUND_MAX], CK_ULONG *out_count)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	char label[PKCS11_OBJECT_MAX + 1];
	CK_ATTRIBUTE wanted[] = {
		{CKA_CLASS, &class, sizeof(class)},
		{CKA_LABEL, label, strlen(t->uri->object)},
	};
	CK_ULONG got = 1;
	CK_RV rv;

	memcpy(label, t->uri->object, sizeof(label));
	rv = t->call->C_FindObjectsInit(t->session, wanted, 2);
	if (rv != CKR_OK)
		return token_failure("the token does not look for its keys", rv);
	/* Modules may give fewer than they have at a time. */
	for (*out_count = 0; rv == CKR_OK && got && *out_count < FOUND_MAX; *out_count += got) {
		got = 0;
		rv = t->call->C_FindObjects(
			t->session, found + *out_count, FOUND_MAX - *out_count, &got);
		if (rv == CKR_OK && got > FOUND_MAX - *out_count)
			rv = CKR_GENERAL_ERROR;
	}
	(void)t->call->C_FindObjectsFinal(t->session);
	if (rv != CKR_OK)
		return token_failure("the token does not list its keys", rv);
	return failure_none();
}

/* A key's number; false when the token does not know it. */
static CK_RV read_number(
	struct token *t, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type, CK_ULONG *out)
{
	CK_ATTRIBUTE a = {type, out, sizeof(*out)};
	CK_RV rv = t->call->C_GetAttributeValue(t->session, key, &a, 1);

	return rv == CKR_OK && a.ulValueLen != sizeof(*out) ? CKR_ATTRIBUTE_VALUE_INVALID : rv;
}

static CK_RV read_flag(struct token *t, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type, bool *out)
{
	CK_BBOOL value = CK_FALSE;
	CK_ATTRIBUTE a = {type, &value, sizeof(value)};
	CK_RV rv = t->call->C_GetAttributeValue(t->session, key, &a, 1);

	*out = value != CK_FALSE;
	return rv == CKR_OK && a.ulValueLen != sizeof(value) ? CKR_ATTRIBUTE_VALUE_INVALID : rv;
}

static CK_RV read_version(struct token *t, CK_OBJECT_HANDLE key, uint32_t *out)
{
	uint8_t id[PKCS11_KEK_ID_LEN] = {0};
	CK_ATTRIBUTE a = {CKA_ID, id, sizeof(id)};
	CK_RV rv = t->call->C_GetAttributeValue(t->session, key, &a, 1);

	*out = rv == CKR_OK && a.ulValueLen == sizeof(id) ? be32(id) : 0;
	/* One of another length does not fit. */
	return rv == CKR_BUFFER_TOO_SMALL ? CKR_OK : rv;
}

/* Each of these flags decides whether the key can leave the token. */
static struct failure check_flags(
	struct token *t, CK_OBJECT_HANDLE key, const char *name, bool *out_away)
{
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		bool wanted;
		const char *wrong;
	} flags[] = {
		{CKA_TOKEN, true, "is lost with the session (CKA_TOKEN)"},
		{CKA_PRIVATE, true, "can be used without the PIN (CKA_PRIVATE)"},
		{CKA_SENSITIVE, true, "can be read (CKA_SENSITIVE)"},
		{CKA_EXTRACTABLE, false, "can be taken out under another key (CKA_EXTRACTABLE)"},
		{CKA_DERIVE, false, "can be derived from, which gives it away (CKA_DERIVE)"},
		{CKA_SIGN, true, "may not sign (CKA_SIGN)"},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		bool value;
		CK_RV rv = read_flag(t, key, flags[i].type, &value);

		*out_away = rv != CKR_OK;
		if (rv != CKR_OK)
			return token_failure("the token does not describe its keys", rv);
		if (value != flags[i].wanted)
			return refuse(
				"%s %s: it is not used. Have a new version made, and move the "
				"disks to it; or take the label from it when no disk needs it",
				name, flags[i].wrong);
	}
	return failure_none();
}

static struct failure check_kind(
	struct token *t, CK_OBJECT_HANDLE key, const char *name, bool *out_away)
{
	CK_ULONG type = 0, len = 0;
	CK_RV rv = read_number(t, key, CKA_KEY_TYPE, &type);

	if (rv == CKR_OK)
		rv = read_number(t, key, CKA_VALUE_LEN, &len);
	*out_away = rv != CKR_OK;
	if (rv != CKR_OK)
		return token_failure("the token does not describe its keys", rv);
	if ((type != CKK_GENERIC_SECRET && type != CKK_SHA256_HMAC) || len != KEK_LEN)
		return refuse("%s is no generic secret of %u bytes: it is not used", name, KEK_LEN);
	return failure_none();
}

static struct failure check_key(
	struct token *t, CK_OBJECT_HANDLE key, uint32_t *out_version, bool *out_away)
{
	char name[PKCS11_OBJECT_MAX + 64];
	CK_RV rv = read_version(t, key, out_version);

	*out_away = rv != CKR_OK;
	if (rv != CKR_OK)
		return token_failure("the token does not describe its keys", rv);
	if (!*out_version)
		return refuse("a key %s of the token has a CKA_ID that is no version: give it four "
			      "bytes, such as 00000001",
			t->uri->object);
	snprintf(name, sizeof(name), "the key %s of version %u", t->uri->object, *out_version);
	TRY_FAILURE(check_kind(t, key, name, out_away));
	return check_flags(t, key, name, out_away);
}

/* Keeps the order. */
static struct failure insert(struct token_keys *keys, struct token_key key)
{
	size_t at = keys->count;

	if (keys->count == KEK_VERSIONS_MAX)
		return refuse("the token has more than %u keys of this label", KEK_VERSIONS_MAX);
	for (; at && keys->list[at - 1].version >= key.version; at--) {
		if (keys->list[at - 1].version == key.version)
			return refuse("the token has two keys of version %u: which one disks were "
				      "made with, it does not say",
				key.version);
		keys->list[at] = keys->list[at - 1];
	}
	keys->list[at] = key;
	keys->count++;
	return failure_none();
}

struct failure token_keys_find(struct token *t, struct token_keys *out, bool *out_away)
{
	CK_OBJECT_HANDLE found[FOUND_MAX];
	CK_ULONG count = 0;
	struct token_keys keys = {0};

	*out_away = true;
	TRY_FAILURE(look(t, found, &count));
	for (CK_ULONG i = 0; i < count; i++) {
		struct token_key key = {.handle = found[i]};

		TRY_FAILURE(check_key(t, found[i], &key.version, out_away));
		if (!t->uri->version || t->uri->version == key.version)
			TRY_FAILURE(insert(&keys, key));
	}
	*out_away = false;
	*out = keys;
	return failure_none();
}

/* What nobody who holds the PIN can change later. A retired key can still be destroyed. */
static CK_RV generate(
	struct token *t, CK_SESSION_HANDLE session, uint32_t version, CK_OBJECT_HANDLE *out)
{
	CK_MECHANISM mechanism = {CKM_GENERIC_SECRET_KEY_GEN, NULL, 0};
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG len = KEK_LEN;
	char label[PKCS11_OBJECT_MAX + 1];
	uint8_t id[PKCS11_KEK_ID_LEN];
	CK_ATTRIBUTE key[] = {
		{CKA_LABEL, label, strlen(t->uri->object)},
		{CKA_ID, id, sizeof(id)},
		{CKA_VALUE_LEN, &len, sizeof(len)},
		{CKA_TOKEN, &yes, sizeof(yes)},
		{CKA_PRIVATE, &yes, sizeof(yes)},
		{CKA_SENSITIVE, &yes, sizeof(yes)},
		{CKA_EXTRACTABLE, &no, sizeof(no)},
		{CKA_SIGN, &yes, sizeof(yes)},
		{CKA_VERIFY, &no, sizeof(no)},
		{CKA_ENCRYPT, &no, sizeof(no)},
		{CKA_DECRYPT, &no, sizeof(no)},
		{CKA_WRAP, &no, sizeof(no)},
		{CKA_UNWRAP, &no, sizeof(no)},
		{CKA_DERIVE, &no, sizeof(no)},
		{CKA_MODIFIABLE, &no, sizeof(no)},
		{CKA_COPYABLE, &no, sizeof(no)},
	};
	const size_t count = sizeof(key) / sizeof(key[0]);
	CK_RV rv;

	memcpy(label, t->uri->object, sizeof(label));
	put_be32(id, version);
	rv = t->call->C_GenerateKey(session, &mechanism, key, count, out);
	/* CKA_COPYABLE, the last, came with PKCS#11 2.40. */
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID)
		rv = t->call->C_GenerateKey(session, &mechanism, key, count - 1, out);
	return rv;
}

/* A token may take a wish and not fulfil it; and somebody else may have made one meanwhile. */
static struct failure check_made(
	struct token *t, CK_OBJECT_HANDLE made, uint32_t version, struct token_keys *out)
{
	uint32_t seen = 0;
	bool away;

	TRY_FAILURE(check_key(t, made, &seen, &away));
	if (seen != version)
		return refuse("the token made a key of another CKA_ID than it was told");
	return token_keys_find(t, out, &away);
}

struct failure token_keys_make(struct token *t, uint32_t version, struct token_keys *out)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE made;
	struct failure f;
	CK_RV rv = t->call->C_OpenSession(
		t->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session);

	if (rv != CKR_OK)
		return token_failure("the token opens no session to make a key in", rv);
	rv = generate(t, session, version, &made);
	if (rv == CKR_OK) {
		f = check_made(t, made, version, out);
		if (f.happened)
			(void)t->call->C_DestroyObject(session, made);
	} else {
		f = token_failure("the token makes no key", rv);
	}
	(void)t->call->C_CloseSession(session);
	return f;
}

CK_RV token_keys_sign(
	struct token *t, CK_OBJECT_HANDLE key, struct span data, uint8_t out[HMAC_LEN])
{
	CK_MECHANISM mechanism = {CKM_SHA256_HMAC, NULL, 0};
	uint8_t mac[HMAC_LEN];
	CK_ULONG len = sizeof(mac);
	CK_RV rv = t->call->C_SignInit(t->session, &mechanism, key);

	if (rv == CKR_OK)
		rv = t->call->C_Sign(
			t->session, (CK_BYTE_PTR)(uintptr_t)data.data, data.len, mac, &len);
	if (rv == CKR_OK && len != sizeof(mac))
		rv = CKR_GENERAL_ERROR;
	if (rv == CKR_OK)
		memcpy(out, mac, sizeof(mac));
	wipe(mac, sizeof(mac));
	return rv;
}

static struct failure compare(struct token_marks *marks, const struct token_mark *mark)
{
	for (size_t i = 0; i < marks->count; i++) {
		if (marks->list[i].version != mark->version)
			continue;
		if (equal_ct(marks->list[i].mac, mark->mac, sizeof(mark->mac)))
			return failure_none();
		return refuse("the token's key of version %u is not the one that it was before: "
			      "look whether it is the right token. If it is meant to be so, start "
			      "the service anew",
			mark->version);
	}
	if (marks->count == KEK_VERSIONS_MAX)
		return refuse("the token has shown more than %u keys: start the service anew",
			KEK_VERSIONS_MAX);
	marks->list[marks->count++] = *mark;
	return failure_none();
}

struct failure token_keys_same(
	struct token *t, const struct token_keys *keys, struct token_marks *marks, bool *out_away)
{
	static const char label[] = "protostar token key v1";
	const struct span text = {(const uint8_t *)label, sizeof(label)};

	for (size_t i = 0; i < keys->count; i++) {
		struct token_mark mark = {.version = keys->list[i].version};
		CK_RV rv = token_keys_sign(t, keys->list[i].handle, text, mark.mac);

		*out_away = rv != CKR_OK;
		if (rv != CKR_OK)
			return token_failure("the token does not sign", rv);
		TRY_FAILURE(compare(marks, &mark));
	}
	return failure_none();
}
