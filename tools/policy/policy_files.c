/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/policy/policy_files.h"

#include <stdlib.h>

#include "tools/policy/policy_json.h"

struct failure policy_read_files(
	struct policy *p, struct policy_files *into, struct json_object *value)
{
	return policy_read_names(p, value, POLICY_FILES_MAX, &into->names, &into->count);
}

void policy_files_free(struct policy_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->names[i]);
	free(files->names);
	*files = (struct policy_files){NULL, 0};
}
