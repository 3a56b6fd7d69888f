/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of files that a policy gives: kept while its JSON is read, opened when the whole policy is
 * good (policy_load_evidence()). A relative name is one in the folder of the policy.
 */
#ifndef TOOLS_POLICY_POLICY_FILES_H
#define TOOLS_POLICY_POLICY_FILES_H

#include <json-c/json.h>
#include "tools/policy/policy_folder.h"
#include "tools/policy/policy_rules.h"

#define POLICY_FILES_MAX 256u /* in one list */

/* An array of 1..POLICY_FILES_MAX names into an empty list. policy_files_free() releases it. */
struct failure policy_read_files(
	struct policy *p, struct policy_files *into, struct json_object *value) MUST_CHECK;
void policy_files_free(struct policy_files *files);

#endif
