/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A part of a policy that a person wrote, taken over as it is. */
#include "tools/lib/report.h"
#include "tools/measure/output/policy_tee.h"

#define DEPTH_MAX 8u /* of the policy; "evidence" has four levels */

static bool put_members(struct json_text *json, struct json_object *value)
{
	bool fine = true;

	json_object_object_foreach(value, name, member)
	{
		fine = fine && policy_put_json(json, name, member);
	}
	return fine;
}

static bool put_items(struct json_text *json, struct json_object *value)
{
	bool fine = true;

	for (size_t i = 0; fine && i < json_object_array_length(value); i++)
		fine = policy_put_json(json, NULL, json_object_array_get_idx(value, i));
	return fine;
}

bool policy_put_json(struct json_text *json, const char *key, struct json_object *value)
{
	bool list = json_object_is_type(value, json_type_array), fine;

	if (json_object_is_type(value, json_type_string)) {
		json_string(json, key, json_object_get_string(value));
	} else if (json_object_is_type(value, json_type_boolean)) {
		json_flag(json, key, json_object_get_boolean(value));
	} else if (json_object_is_type(value, json_type_int) && json_object_get_int64(value) >= 0) {
		json_number(json, key, (uint64_t)json_object_get_int64(value));
	} else if (list || json_object_is_type(value, json_type_object)) {
		if (json->depth >= DEPTH_MAX)
			return complain("the policy's \"evidence\" is nested too deep");
		json_open(json, key, list ? '[' : '{');
		fine = list ? put_items(json, value) : put_members(json, value);
		json_close(json);
		return fine;
	} else {
		return complain("the policy's \"evidence\" has a value that no policy has");
	}
	return true;
}
