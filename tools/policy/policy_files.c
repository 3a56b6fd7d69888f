/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/policy/policy_files.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/policy/policy_json.h"

static struct failure take_name(struct policy_files *into, struct json_object *value)
{
	const char *name = json_object_get_string(value);
	char *copy;

	if (!json_object_is_type(value, json_type_string) || !name[0] ||
		strlen(name) != (size_t)json_object_get_string_len(value) ||
		strlen(name) >= PATH_MAX)
		return refuse("it must be the name of a file");
	copy = strdup(name);
	if (!copy)
		return refuse("out of memory");
	into->names[into->count++] = copy;
	return failure_none();
}

struct failure policy_read_files(
	struct policy *p, struct policy_files *into, struct json_object *value)
{
	size_t count;

	if (!json_object_is_type(value, json_type_array))
		return refuse("it must be an array of file names");
	count = json_object_array_length(value);
	if (!count || count > POLICY_FILES_MAX)
		return refuse("it must name 1 to %u files", POLICY_FILES_MAX);
	into->names = calloc(count, sizeof(*into->names));
	if (!into->names)
		return refuse("out of memory");
	for (size_t i = 0; i < count; i++) {
		policy_path_enter_index(p->path, i);
		TRY_FAILURE(take_name(into, json_object_array_get_idx(value, i)));
		policy_path_leave(p->path);
	}
	return failure_none();
}

void policy_files_free(struct policy_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->names[i]);
	free(files->names);
	*files = (struct policy_files){NULL, 0};
}

struct failure policy_file_path(const char *folder, const char *name, char *out)
{
	int len = name[0] == '/' ? snprintf(out, PATH_MAX, "%s", name)
				 : snprintf(out, PATH_MAX, "%s/%s", folder, name);

	return len < PATH_MAX ? failure_none() : refuse("%s: the path is too long", name);
}
