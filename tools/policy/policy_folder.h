/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the files lie that a policy names: a relative name is one in the policy's folder. */
#ifndef TOOLS_POLICY_POLICY_FOLDER_H
#define TOOLS_POLICY_POLICY_FOLDER_H

#include <limits.h>
#include "tools/lib/failure.h"

/* The folder of the policy with this path. */
struct failure policy_folder_of(const char *path, char out[PATH_MAX]) MUST_CHECK;
/* folder/name, or name when it is absolute. */
struct failure policy_file_path(
	const char *folder, const char *name, char out[PATH_MAX]) MUST_CHECK;

#endif
