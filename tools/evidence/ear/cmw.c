/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/ear/cmw_private.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/err.h>

#include "tools/evidence/ear/base64.h"
#include "tools/lib/json_text.h"

void cmw_start(struct cmw *c, size_t message_len)
{
	c->count = 0;
	c->store_len = 0;
	c->store = must_alloc(message_len + BASE64_BYTES(0));
}

void cmw_free(struct cmw *c)
{
	free(c->store);
	c->store = NULL;
	c->count = 0;
}

struct cmw_item *cmw_add(struct cmw *c, int parent)
{
	struct cmw_item *item = &c->items[c->count];

	if (c->count == CMW_ITEMS_MAX)
		return NULL;
	*item = (struct cmw_item){.parent = parent};
	c->count++;
	return item;
}

bool cmw_keep_text(struct span text, char out[static CMW_TEXT_MAX])
{
	if (!text.len || text.len >= CMW_TEXT_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] > 0x7e)
			return false;
	memcpy(out, text.data, text.len);
	out[text.len] = 0;
	return true;
}

bool cmw_keep_media_type(struct span text, char out[static CMW_TEXT_MAX])
{
	const char *slash;

	if (!cmw_keep_text(text, out))
		return false;
	slash = strchr(out, '/');
	return slash && slash != out && slash[1] && slash[1] != ';' &&
	       strcspn(out, " ;") > (size_t)(slash - out);
}

static bool same_label(const struct cmw_item *a, const struct cmw_item *b)
{
	return a->numbered == b->numbered &&
	       (a->numbered ? a->label_number == b->label_number : strcmp(a->label, b->label) == 0);
}

struct failure cmw_check_labels(const struct cmw *c, int collection)
{
	bool any = false;

	for (size_t i = 0; i < c->count; i++) {
		if (c->items[i].parent != collection)
			continue;
		any = true;
		for (size_t j = i + 1; j < c->count; j++)
			if (c->items[j].parent == collection &&
				same_label(&c->items[i], &c->items[j]))
				return refuse("a collection has two messages of one label");
	}
	return any ? failure_none() : refuse("a collection has no message");
}

struct failure cmw_read_extension(struct span der, struct cmw *out)
{
	const unsigned char *at = der.data;
	struct failure f = refuse("the certificate's CMW is neither CBOR nor JSON in DER");
	ASN1_TYPE *type = der.len <= CMW_MAX ? d2i_ASN1_TYPE(NULL, &at, (long)der.len) : NULL;
	const ASN1_STRING *string;
	struct span inside;

	ERR_clear_error();
	if (type && at == der.data + der.len &&
		(type->type == V_ASN1_OCTET_STRING || type->type == V_ASN1_UTF8STRING)) {
		string = type->value.asn1_string;
		inside = (struct span){
			ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string)};
		f = type->type == V_ASN1_OCTET_STRING ? cmw_read_cbor(inside, out)
						      : cmw_read_json(inside, out);
	}
	ASN1_TYPE_free(type);
	return f;
}

void cmw_write_json(
	const char *media_type, struct span value, uint32_t indicator, struct bytes *out)
{
	struct bytes text = {0};
	struct json_text json;

	base64url_add(&text, value);
	bytes_add(&text, "", 1);
	json_start_lines(&json, out, 0);
	json_open(&json, NULL, '[');
	json_string(&json, NULL, media_type);
	json_string(&json, NULL, (const char *)text.data);
	if (indicator)
		json_number(&json, NULL, indicator);
	json_close(&json);
	bytes_free(&text);
}
