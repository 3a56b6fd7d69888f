/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy with the files that it names, into a bundle and out of one. The text of the policy stays
 * as it is, so all names in it must be relative: they mean the same wherever the folder lies.
 */
#ifndef TOOLS_BUNDLE_BUNDLE_POLICY_H
#define TOOLS_BUNDLE_BUNDLE_POLICY_H

#include "tools/bundle/bundle.h"

struct bundle_policy {
	struct locked_bytes text;
	struct bundle_file files[BUNDLE_FILES_MAX]; /* spans of what is owned below */
	char *names[BUNDLE_FILES_MAX];
	struct locked_bytes contents[BUNDLE_FILES_MAX];
	size_t count;
	char tenant[POLICY_NAME_MAX + 1]; /* that it is for */
};

/*
 * Reads a policy that is good (policy_load()), and its files. An absolute name, or one that leads
 * out of the policy's folder, is refused. Needs secret_pool_open(). Big: not for the stack. *out is
 * always to be released by bundle_policy_free().
 */
struct failure bundle_policy_read(const char *path, struct bundle_policy *out) MUST_CHECK;
void bundle_policy_free(struct bundle_policy *p);
/* Makes b's policy and files spans of p's, which must outlive it. */
void bundle_policy_lend(struct bundle_policy *p, struct bundle *b);

/*
 * Writes b's policy as folder/policy.json and its files beside it, all with mode 0600, folders with
 * 0700. Nothing is overwritten; what was written stays after a failure.
 */
struct failure bundle_policy_write(const struct bundle *b, const char *folder) MUST_CHECK;

#endif
