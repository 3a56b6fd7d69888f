/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy file's lists whose elements have memory of their own: names of files, chips. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tools/policy/policy_json.h"

struct failure policy_read_list(struct policy *p, const struct policy_list *shape,
	struct json_object *value, void *out_list, size_t *out_count)
{
	size_t count;
	uint8_t *list;

	if (!json_object_is_type(value, json_type_array))
		return refuse("it must be an array of %s", shape->what);
	count = json_object_array_length(value);
	if (!count || count > shape->max)
		return refuse("it must have 1 to %zu %s", shape->max, shape->what);
	list = calloc(count, shape->size);
	if (!list)
		return refuse("out of memory");
	memcpy(out_list, &list, sizeof(list));
	for (size_t i = 0; i < count; i++) {
		policy_path_enter_index(p->path, i);
		TRY_FAILURE(
			shape->take(json_object_array_get_idx(value, i), list + i * shape->size));
		++*out_count;
		policy_path_leave(p->path);
	}
	return failure_none();
}

/* A copy of the name, into a char *. */
static struct failure take_name(struct json_object *item, void *element)
{
	const char *name = json_object_get_string(item);
	char **copy = element;

	if (!json_object_is_type(item, json_type_string) || !name[0] ||
		strlen(name) != (size_t)json_object_get_string_len(item) ||
		strlen(name) >= PATH_MAX)
		return refuse("it must be the name of a file");
	*copy = strdup(name);
	return *copy ? failure_none() : refuse("out of memory");
}

struct failure policy_read_names(struct policy *p, struct json_object *value, size_t max,
	char ***out_names, size_t *out_count)
{
	const struct policy_list names = {sizeof(char *), max, "file names", take_name};

	return policy_read_list(p, &names, value, out_names, out_count);
}

struct failure policy_read_one_name(struct json_object *value, char ***out_names, size_t *out_count)
{
	*out_names = calloc(1, sizeof(**out_names));
	if (!*out_names)
		return refuse("out of memory");
	TRY_FAILURE(take_name(value, *out_names));
	*out_count = 1;
	return failure_none();
}

struct failure policy_there_or_waived(bool there, bool waived, const char *name)
{
	if (there && waived)
		return refuse("\"%s\" is there, and waived", name);
	if (!there && !waived)
		return refuse("\"%s\" is missing: give it, or name it in \"waive\"", name);
	return failure_none();
}
