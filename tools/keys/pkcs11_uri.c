/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/pkcs11_uri.h"

#include <stddef.h>
#include <string.h>

#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"

#define FILE_SCHEME    "file:"
#define FILE_AUTHORITY "//" /* with an empty host: file:///path */

/* A value, decoded. */
struct value {
	char bytes[PKCS11_PATH_MAX + sizeof(FILE_SCHEME FILE_AUTHORITY)];
	size_t len;
};

enum kind { KIND_TEXT, KIND_ID, KIND_TYPE, KIND_PATH, KIND_PIN_SOURCE };

/* Where a value goes; or why an attribute is refused. */
struct attribute {
	const char *name;
	bool query;
	enum kind kind;
	size_t at, room; /* of a text or a path */
	const char *why;
};

static struct failure store_text(
	const struct attribute *a, const struct value *v, struct pkcs11_uri *out)
{
	if (v->len >= a->room)
		return refuse(
			"the %s of the PKCS#11 URI is longer than %zu bytes", a->name, a->room - 1);
	memcpy((char *)out + a->at, v->bytes, v->len);
	return failure_none();
}

static struct failure store_id(
	const struct attribute *a, const struct value *v, struct pkcs11_uri *out)
{
	if (v->len == PKCS11_KEK_ID_LEN)
		out->version = be32((const uint8_t *)v->bytes);
	if (!out->version)
		return refuse("the %s of the PKCS#11 URI is no KEK's: write its version as four "
			      "bytes, such as %%00%%00%%00%%01",
			a->name);
	return failure_none();
}

static struct failure store_type(
	const struct attribute *a, const struct value *v, struct pkcs11_uri *out)
{
	static const char wanted[] = "secret-key";

	(void)out;
	if (v->len != sizeof(wanted) - 1 || memcmp(v->bytes, wanted, v->len) != 0)
		return refuse("the %s of the PKCS#11 URI is not %s", a->name, wanted);
	return failure_none();
}

static struct failure store_path(
	const struct attribute *a, const struct value *v, struct pkcs11_uri *out)
{
	if (v->bytes[0] != '/')
		return refuse("the %s of the PKCS#11 URI is no absolute path of a file", a->name);
	return store_text(a, v, out);
}

/* "file:/path", "file:///path" or "/path". */
static struct failure store_pin_source(
	const struct attribute *a, const struct value *v, struct pkcs11_uri *out)
{
	const size_t scheme = sizeof(FILE_SCHEME) - 1, authority = sizeof(FILE_AUTHORITY) - 1;
	struct value path = {0};
	size_t skip = 0;

	if (v->len >= scheme && memcmp(v->bytes, FILE_SCHEME, scheme) == 0)
		skip = scheme;
	if (skip && v->len >= skip + authority &&
		memcmp(v->bytes + skip, FILE_AUTHORITY, authority) == 0)
		skip += authority;
	path.len = v->len - skip;
	memcpy(path.bytes, v->bytes + skip, path.len);
	return store_path(a, &path, out);
}

static struct failure store(
	const struct attribute *a, const struct value *v, struct pkcs11_uri *out)
{
	switch (a->kind) {
	case KIND_ID:
		return store_id(a, v, out);
	case KIND_TYPE:
		return store_type(a, v, out);
	case KIND_PATH:
		return store_path(a, v, out);
	case KIND_PIN_SOURCE:
		return store_pin_source(a, v, out);
	default:
		return store_text(a, v, out);
	}
}

#define TEXT(field) \
	.at = offsetof(struct pkcs11_uri, field), .room = sizeof(((struct pkcs11_uri *)0)->field)

static const struct attribute attributes[] = {
	{.name = "token", .kind = KIND_TEXT, TEXT(token)},
	{.name = "manufacturer", .kind = KIND_TEXT, TEXT(manufacturer)},
	{.name = "serial", .kind = KIND_TEXT, TEXT(serial)},
	{.name = "model", .kind = KIND_TEXT, TEXT(model)},
	{.name = "object", .kind = KIND_TEXT, TEXT(object)},
	{.name = "id", .kind = KIND_ID},
	{.name = "type", .kind = KIND_TYPE},
	{.name = "slot-id", .why = "numbers of slots change: name the token or its serial"},
	{.name = "module-path", .query = true, .kind = KIND_PATH, TEXT(module_path)},
	{.name = "pin-source", .query = true, .kind = KIND_PIN_SOURCE, TEXT(pin_path)},
	{.name = "pin-value",
		.query = true,
		.why = "every user of the machine can read a PIN there: write it into a file of "
		       "mode 0600 and name that as pin-source=file:/path"},
	{.name = "module-name", .query = true, .why = "name the file by its module-path"},
};
#define ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))

/* pk11-pchar and pk11-qchar of RFC 7512, section 2.3, but for '%'. */
static bool may_stand(char c, bool query)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c && strchr(query ? "-._~:[]@!$'()*+,=/?|" : "-._~:[]@!$'()*+,=&", c);
}

/* The len characters of a value. */
static bool decode(const char *text, size_t len, bool query, struct value *out)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '%') {
			uint8_t byte;

			if (len - i < 3 || !hex_decode_text(text + i + 1, 2, &byte, 1))
				return false;
			c = (char)byte;
			i += 2;
		} else if (!may_stand(c, query)) {
			return false;
		}
		if (out->len == sizeof(out->bytes) - 1)
			return false;
		out->bytes[out->len++] = c;
	}
	return out->len > 0;
}

static const struct attribute *find(const char *name, size_t len, bool query)
{
	for (size_t i = 0; i < ATTRIBUTES; i++)
		if (attributes[i].query == query && strlen(attributes[i].name) == len &&
			memcmp(attributes[i].name, name, len) == 0)
			return &attributes[i];
	return NULL;
}

/* One "name=value" of len characters. seen: a bit for each attribute. */
static struct failure read_one(
	const char *text, size_t len, bool query, unsigned *seen, struct pkcs11_uri *out)
{
	const char *equals = memchr(text, '=', len);
	const struct attribute *a = equals ? find(text, (size_t)(equals - text), query) : NULL;
	struct value value = {0};

	if (!a)
		return refuse("the %s of the PKCS#11 URI has a part that is none of what is known "
			      "there (token, serial, manufacturer, model, object, id, type; behind "
			      "the question mark: module-path, pin-source)",
			query ? "query" : "path");
	if (*seen & 1u << (a - attributes))
		return refuse("the PKCS#11 URI has the attribute %s twice", a->name);
	*seen |= 1u << (a - attributes);
	if (a->why)
		return refuse("the PKCS#11 URI has the attribute %s: %s", a->name, a->why);
	equals++;
	if (!decode(equals, len - (size_t)(equals - text), query, &value))
		return refuse(
			"the %s of the PKCS#11 URI is empty, too long, or has characters that "
			"must be written as %%XX",
			a->name);
	if (a->kind != KIND_ID && memchr(value.bytes, 0, value.len))
		return refuse("the %s of the PKCS#11 URI has a zero byte in it", a->name);
	return store(a, &value, out);
}

/* The attributes of the path or of the query; len characters. */
static struct failure read_part(
	const char *text, size_t len, bool query, unsigned *seen, struct pkcs11_uri *out)
{
	const char separator = query ? '&' : ';';

	while (len) {
		const char *end = memchr(text, separator, len);
		const size_t one = end ? (size_t)(end - text) : len;

		TRY_FAILURE(read_one(text, one, query, seen, out));
		if (end && one + 1 == len)
			return refuse("the PKCS#11 URI ends in %c", separator);
		text += end ? one + 1 : one;
		len -= end ? one + 1 : one;
	}
	return failure_none();
}

static struct failure check(const struct pkcs11_uri *uri)
{
	if (!uri->token[0] && !uri->serial[0])
		return refuse("the PKCS#11 URI names neither a token nor a serial");
	if (!uri->module_path[0])
		return refuse(
			"the PKCS#11 URI names no module: add ?module-path=/path/to/module.so");
	return failure_none();
}

struct failure pkcs11_uri_read(const char *text, struct pkcs11_uri *out)
{
	const size_t scheme = sizeof(PKCS11_SCHEME) - 1;
	struct pkcs11_uri uri = {0};
	unsigned seen = 0;
	size_t path;

	if (strncmp(text, PKCS11_SCHEME, scheme) != 0)
		return refuse("a PKCS#11 URI begins with " PKCS11_SCHEME);
	text += scheme;
	path = strcspn(text, "?");
	TRY_FAILURE(read_part(text, path, false, &seen, &uri));
	if (text[path] == '?')
		TRY_FAILURE(read_part(text + path + 1, strlen(text + path + 1), true, &seen, &uri));
	if (!uri.object[0])
		memcpy(uri.object, PKCS11_KEK_LABEL, sizeof(PKCS11_KEK_LABEL));
	TRY_FAILURE(check(&uri));
	*out = uri;
	return failure_none();
}
