/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy file's small parts: checked members, names, numbers, hex. */
#include "tools/policy/policy_json.h"

#include <string.h>

#include "tools/lib/hex.h"

static bool known(const char *name, const struct policy_member *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(members[i].name, name) == 0)
			return true;
	return false;
}

struct failure policy_read_members(struct policy *p, void *into, struct json_object *object,
	const struct policy_member *members, size_t count, const char *where)
{
	if (!json_object_is_type(object, json_type_object))
		return refuse("%s must be an object", where);
	json_object_object_foreach(object, name, unused)
	{
		(void)unused;
		if (known(name, members, count))
			continue;
		policy_path_enter(p->path, name);
		return refuse("%s has no such member", where);
	}
	for (size_t i = 0; i < count; i++) {
		struct json_object *value;

		if (!json_object_object_get_ex(object, members[i].name, &value))
			continue;
		policy_path_enter(p->path, members[i].name);
		TRY_FAILURE(members[i].read(p, into, value));
		policy_path_leave(p->path);
	}
	return failure_none();
}

/* Printable ASCII of min..POLICY_NAME_MAX characters. */
struct failure policy_read_name(
	struct json_object *value, size_t min, char out[POLICY_NAME_MAX + 1], const char *what)
{
	const char *text;
	size_t len;

	if (!json_object_is_type(value, json_type_string))
		return refuse("%s must be a string", what);
	text = json_object_get_string(value);
	len = (size_t)json_object_get_string_len(value);
	if (len < min || len > POLICY_NAME_MAX)
		return refuse("%s must have %zu to %u characters", what, min, POLICY_NAME_MAX);
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return refuse("%s must be printable ASCII", what);
	memcpy(out, text, len);
	out[len] = 0;
	return failure_none();
}

struct failure policy_read_number(
	struct json_object *value, uint64_t min, uint64_t max, uint64_t *out, const char *what)
{
	uint64_t v;

	if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
		return refuse("%s must be a whole number, not negative", what);
	v = json_object_get_uint64(value);
	if (v < min || v > max)
		return refuse("%s must be from %llu to %llu", what, (unsigned long long)min,
			(unsigned long long)max);
	*out = v;
	return failure_none();
}

bool policy_read_hex(struct json_object *value, uint8_t *out, size_t len)
{
	return json_object_is_type(value, json_type_string) &&
	       hex_decode_text(json_object_get_string(value),
		       (size_t)json_object_get_string_len(value), out, len);
}
