/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/policy/policy_folder.h"

#include <stdio.h>
#include <string.h>

struct failure policy_folder_of(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (len >= PATH_MAX)
		return refuse("the path is too long");
	snprintf(out, PATH_MAX, "%.*s", slash ? (int)len : 1, slash ? path : ".");
	if (slash == path)
		snprintf(out, PATH_MAX, "/");
	return failure_none();
}

struct failure policy_file_path(const char *folder, const char *name, char out[PATH_MAX])
{
	int len = name[0] == '/' ? snprintf(out, PATH_MAX, "%s", name)
				 : snprintf(out, PATH_MAX, "%s/%s", folder, name);

	return len < PATH_MAX ? failure_none() : refuse("%s: the path is too long", name);
}
