/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A signed text of Intel's, cut apart by its braces. The text is read as JSON as well, so that what
 * is cut is JSON, with no member twice and nothing behind it.
 */
#include <json-c/json.h>
#include <string.h>

#include "tools/evidence/tdx/collateral.h"
#include "tools/lib/hex.h"
#include "tools/lib/json_read.h"

#define SIGNATURE_NAME "signature"

/* A place in JSON that json_parse() took. */
struct walk {
	const uint8_t *at, *end;
};

static void skip_space(struct walk *w)
{
	while (w->at < w->end && memchr(" \t\r\n", *w->at, 4))
		w->at++;
}

/* Past the string that begins here; what is between its quotes. */
static struct span take_string(struct walk *w)
{
	struct span text = {w->at + 1, 0};

	for (w->at++; w->at < w->end && *w->at != '"'; w->at++)
		if (*w->at == '\\' && w->end - w->at > 1)
			w->at++;
	text.len = (size_t)(w->at - text.data);
	if (w->at < w->end)
		w->at++;
	return text;
}

/* Past the value that begins here, by its brackets and quotes; its bytes. */
static struct span take_value(struct walk *w)
{
	struct span value = {w->at, 0};
	size_t depth = 0;

	while (w->at < w->end) {
		uint8_t c = *w->at;

		if (!depth && (c == ',' || c == '}'))
			break;
		if (c == '"') {
			take_string(w);
		} else {
			depth += c == '{' || c == '[';
			depth -= c == '}' || c == ']';
			w->at++;
		}
		if (!depth && (c == '"' || c == '}' || c == ']'))
			break;
	}
	value.len = (size_t)(w->at - value.data);
	return value;
}

static bool is(struct span text, const char *name)
{
	return text.len == strlen(name) && memcmp(text.data, name, text.len) == 0;
}

/* The bytes of the object's member `name`, as they stand; empty when it has none. */
static struct span member_bytes(struct span object, const char *name)
{
	struct walk w = {object.data, object.data + object.len};

	skip_space(&w);
	for (w.at++; w.at < w.end && *w.at != '}'; w.at++) {
		struct span key, value;

		skip_space(&w);
		if (w.at >= w.end || *w.at != '"')
			break;
		key = take_string(&w);
		skip_space(&w);
		w.at += w.at < w.end;
		skip_space(&w);
		value = take_value(&w);
		if (is(key, name))
			return value;
		skip_space(&w);
		if (w.at >= w.end || *w.at != ',')
			break;
	}
	return (struct span){0};
}

struct span tdx_document_object(struct span text)
{
	struct walk w = {text.data, text.data + text.len};

	skip_space(&w);
	return w.at < w.end && *w.at == '{' ? take_value(&w) : text;
}

static struct json_object *parse(struct span text, struct failure *f)
{
	struct flaw flaw;
	struct json_object *root = json_parse(text.data, text.len, TDX_COLLATERAL_MAX, &flaw);

	if (!root)
		*f = refuse("it cannot be read as JSON: %.200s", flaw.reason);
	return root;
}

bool tdx_document_is(struct span text, const char *member)
{
	struct failure f;
	struct json_object *root = parse(text, &f);
	bool has = root && json_object_is_type(root, json_type_object) &&
		   json_object_object_get_ex(root, member, NULL);

	json_object_put(root);
	return has;
}

/* Exactly the two members, and the signature's digits. */
static struct failure read_members(
	struct json_object *root, const char *member, struct tdx_document *out)
{
	struct json_object *object, *signature;

	if (!json_object_is_type(root, json_type_object) || json_object_object_length(root) != 2 ||
		!json_object_object_get_ex(root, member, &object) ||
		!json_object_is_type(object, json_type_object) ||
		!json_object_object_get_ex(root, SIGNATURE_NAME, &signature) ||
		!json_object_is_type(signature, json_type_string))
		return refuse("it has not the two members \"%s\" and \"signature\"", member);
	if (!hex_decode_text(json_object_get_string(signature),
		    (size_t)json_object_get_string_len(signature), out->signature,
		    TDX_SIGNATURE_LEN))
		return refuse("its \"signature\" has not 128 hex digits");
	return failure_none();
}

struct failure tdx_document_read(struct span text, const char *member, struct tdx_document *out)
{
	struct tdx_document document = {0};
	struct failure f = failure_none();
	struct json_object *root = parse(text, &f);

	if (root)
		f = read_members(root, member, &document);
	json_object_put(root);
	if (f.happened)
		return f;
	document.signed_part = member_bytes(text, member);
	if (document.signed_part.len < 2 || document.signed_part.data[0] != '{')
		return refuse("the name of its member \"%s\" is written with escapes", member);
	*out = document;
	return failure_none();
}
