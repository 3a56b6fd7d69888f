/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of CBOR (RFC 8949) that a CMW is made of: numbers, strings, arrays, maps and tags. */
#include "tools/evidence/ear/cmw_private.h"

#include <string.h>

#define CONTENT_FORMAT_MAX 65535u /* RFC 7252 section 12.3 */

enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, NO_MAJOR };

struct head {
	enum major major;
	uint64_t argument; /* the number, or a length in bytes or items */
};

/* An item's first bytes. Only the shortest form of the argument, and no indefinite length. */
static bool get_head(struct span *in, struct head *out)
{
	unsigned low, width;
	uint64_t argument = 0;

	if (!in->len)
		return false;
	low = in->data[0] & 31u;
	width = low < 24 ? 0 : 1u << (low - 24) % 4;
	out->major = (enum major)(in->data[0] >> 5);
	if (low > 27 || out->major == NO_MAJOR || in->len < 1 + width)
		return false;
	for (unsigned i = 0; i < width; i++)
		argument = argument << 8 | in->data[1 + i];
	if ((width == 1 && argument < 24) || (width > 1 && !(argument >> (4 * width))))
		return false;
	out->argument = width ? argument : low;
	in->data += 1 + width;
	in->len -= 1 + width;
	return true;
}

/* A string of this kind. */
static bool get_string(struct span *in, enum major major, struct span *out)
{
	struct head head;

	if (!get_head(in, &head) || head.major != major || head.argument > in->len)
		return false;
	*out = (struct span){in->data, (size_t)head.argument};
	in->data += out->len;
	in->len -= out->len;
	return true;
}

static bool get_number(struct span *in, uint64_t max, uint64_t *out)
{
	struct head head;

	if (!get_head(in, &head) || head.major != UNSIGNED || head.argument > max)
		return false;
	*out = head.argument;
	return true;
}

static bool get_type(struct span *in, struct cmw_item *item)
{
	struct span text;

	if (in->len && in->data[0] >> 5 == TEXT) {
		item->form = CMW_MEDIA_TYPE;
		return get_string(in, TEXT, &text) && cmw_keep_media_type(text, item->media_type);
	}
	item->form = CMW_CONTENT;
	return get_number(in, CONTENT_FORMAT_MAX, &item->type_number);
}

static bool get_value(struct span *in, struct cmw *c, struct cmw_item *item)
{
	struct span value;

	if (!get_string(in, BYTES, &value))
		return false;
	item->value = (struct span){c->store + c->store_len, value.len};
	memcpy(c->store + c->store_len, value.data, value.len);
	c->store_len += value.len;
	return true;
}

static struct failure read_record(
	struct span *in, uint64_t count, struct cmw *c, struct cmw_item *item)
{
	uint64_t indicator = 0;

	if (count < 2 || count > 3)
		return refuse("a record has not type, value and perhaps an indicator");
	if (!get_type(in, item))
		return refuse("a record's type is no media type and no content format");
	if (!get_value(in, c, item))
		return refuse("a record's value is no byte string");
	if (count == 3 && (!get_number(in, UINT32_MAX, &indicator) || !indicator))
		return refuse("a record's indicator is no number of 32 bits, or 0");
	item->indicator = (uint32_t)indicator;
	return failure_none();
}

/* A label of either kind; *out_type: it stands for the collection's type. */
static bool get_label(struct span *in, struct cmw_item *item, bool *out_type)
{
	struct head head;
	struct span text;

	*out_type = false;
	if (in->len && in->data[0] >> 5 == TEXT) {
		if (!get_string(in, TEXT, &text) || !cmw_keep_text(text, item->label))
			return false;
		*out_type = strcmp(item->label, CMW_COLLECTION_TYPE) == 0;
		return true;
	}
	if (!get_head(in, &head) || head.major > NEGATIVE || head.argument > INT64_MAX)
		return false;
	item->numbered = true;
	item->label_number = head.major == UNSIGNED ? (int64_t)head.argument
						    : -1 - (int64_t)head.argument;
	return true;
}

/* Recursive, to CMW_DEPTH_MAX. */
static struct failure read_any(
	struct span *in, struct cmw_item *item, unsigned depth, struct cmw *c);

static struct failure read_member(
	struct span *in, struct cmw_item *collection, unsigned depth, struct cmw *c)
{
	struct cmw_item label = {.parent = (int)(collection - c->items)}, *item;
	struct span text;
	bool is_type;

	if (!get_label(in, &label, &is_type))
		return refuse("a label is no number and has not 1 to %u printable characters",
			CMW_TEXT_MAX - 1);
	if (is_type) {
		if (collection->media_type[0] || !get_string(in, TEXT, &text) ||
			!cmw_keep_text(text, collection->media_type))
			return refuse("a collection's type is no text, or is there twice");
		return failure_none();
	}
	item = cmw_add(c, label.parent);
	if (!item)
		return refuse("there are more than %u messages", CMW_ITEMS_MAX);
	*item = label;
	return read_any(in, item, depth + 1, c);
}

static struct failure read_collection(
	struct span *in, uint64_t count, struct cmw_item *item, unsigned depth, struct cmw *c)
{
	if (depth == CMW_DEPTH_MAX)
		return refuse("collections are nested too deep");
	if (count > CMW_ITEMS_MAX)
		return refuse("there are more than %u messages", CMW_ITEMS_MAX);
	item->form = CMW_COLLECTION;
	for (uint64_t i = 0; i < count; i++)
		TRY_FAILURE(read_member(in, item, depth, c));
	return cmw_check_labels(c, (int)(item - c->items));
}

static struct failure read_any(
	struct span *in, struct cmw_item *item, unsigned depth, struct cmw *c)
{
	struct head head;

	if (!get_head(in, &head))
		return refuse("the CMW ends too early, or is not CBOR in its shortest form");
	if (head.major == ARRAY)
		return read_record(in, head.argument, c, item);
	if (head.major == MAP)
		return read_collection(in, head.argument, item, depth, c);
	if (head.major != TAG)
		return refuse("a message is neither a record nor a collection");
	item->form = CMW_TAG;
	item->type_number = head.argument;
	return get_value(in, c, item) ? failure_none() : refuse("a tag's value is no byte string");
}

struct failure cmw_read_cbor(struct span bytes, struct cmw *out)
{
	struct span in = bytes;
	struct failure f;

	if (bytes.len > CMW_MAX)
		return refuse("the CMW has more than %u bytes", CMW_MAX);
	cmw_start(out, bytes.len);
	if (!cmw_add(out, -1))
		f = refuse("there is no room for a message");
	else
		f = read_any(&in, &out->items[0], 0, out);
	if (!f.happened && in.len)
		f = refuse("there is something behind the CMW");
	if (f.happened)
		cmw_free(out);
	return f;
}
