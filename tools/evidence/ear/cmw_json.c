/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/ear/cmw_private.h"

#include <json-c/json.h>
#include <string.h>

#include "tools/evidence/ear/base64.h"
#include "tools/lib/json_read.h"

#define CONTENT_FORMAT_MAX 65535 /* RFC 7252 section 12.3 */

static struct span span_of(struct json_object *text)
{
	return (struct span){(const uint8_t *)json_object_get_string(text),
		(size_t)json_object_get_string_len(text)};
}

/* A whole number from 0 to max. */
static bool number_of(struct json_object *value, int64_t max, uint64_t *out)
{
	int64_t number = json_object_get_int64(value);

	if (!json_object_is_type(value, json_type_int) || number < 0 || number > max)
		return false;
	*out = (uint64_t)number;
	return true;
}

static bool read_type(struct json_object *type, struct cmw_item *item)
{
	if (json_object_is_type(type, json_type_string)) {
		item->form = CMW_MEDIA_TYPE;
		return cmw_keep_media_type(span_of(type), item->media_type);
	}
	item->form = CMW_CONTENT;
	return number_of(type, CONTENT_FORMAT_MAX, &item->type_number);
}

static struct failure read_record(struct json_object *list, struct cmw *c, struct cmw_item *item)
{
	struct json_object *value = json_object_array_get_idx(list, 1);
	size_t count = json_object_array_length(list), len = 0;
	uint64_t indicator = 0;
	uint8_t *to = c->store + c->store_len;

	if (count < 2 || count > 3)
		return refuse("a record has not type, value and perhaps an indicator");
	if (!read_type(json_object_array_get_idx(list, 0), item))
		return refuse("a record's type is no media type and no content format");
	if (!json_object_is_type(value, json_type_string) ||
		!base64url_read(
			span_of(value), to, (size_t)json_object_get_string_len(value), &len))
		return refuse("a record's value is not base64url without padding");
	if (count == 3 && (!number_of(json_object_array_get_idx(list, 2), UINT32_MAX, &indicator) ||
				  !indicator))
		return refuse("a record's indicator is no number of 32 bits, or 0");
	item->indicator = (uint32_t)indicator;
	item->value = (struct span){to, len};
	c->store_len += len;
	return failure_none();
}

/* Recursive, to CMW_DEPTH_MAX. */
static struct failure read_any(
	struct json_object *value, const char *label, int parent, unsigned depth, struct cmw *c);

static struct failure read_collection(
	struct json_object *object, struct cmw_item *item, unsigned depth, struct cmw *c)
{
	int self = (int)(item - c->items);

	if (depth == CMW_DEPTH_MAX)
		return refuse("collections are nested too deep");
	item->form = CMW_COLLECTION;
	json_object_object_foreach(object, name, value)
	{
		if (strcmp(name, CMW_COLLECTION_TYPE) != 0)
			TRY_FAILURE(read_any(value, name, self, depth + 1, c));
		else if (!json_object_is_type(value, json_type_string) ||
			 !cmw_keep_text(span_of(value), item->media_type))
			return refuse("a collection's type is no text");
	}
	return cmw_check_labels(c, self);
}

static struct failure read_any(
	struct json_object *value, const char *label, int parent, unsigned depth, struct cmw *c)
{
	struct cmw_item *item = cmw_add(c, parent);

	if (!item)
		return refuse("there are more than %u messages", CMW_ITEMS_MAX);
	if (label &&
		!cmw_keep_text((struct span){(const uint8_t *)label, strlen(label)}, item->label))
		return refuse("a label has not 1 to %u printable characters", CMW_TEXT_MAX - 1);
	if (json_object_is_type(value, json_type_array))
		return read_record(value, c, item);
	if (json_object_is_type(value, json_type_object))
		return read_collection(value, item, depth, c);
	return refuse("a message is neither a record nor a collection");
}

struct failure cmw_read_json(struct span text, struct cmw *out)
{
	struct json_object *root;
	struct flaw flaw;
	struct failure f;

	root = json_parse(text.data, text.len, CMW_MAX, &flaw);
	if (!root)
		return refuse("the CMW cannot be read as JSON: %.200s", flaw.reason);
	cmw_start(out, text.len);
	f = read_any(root, NULL, -1, 0, out);
	json_object_put(root);
	if (f.happened)
		cmw_free(out);
	return f;
}
