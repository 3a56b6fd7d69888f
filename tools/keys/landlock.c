/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What headers of Debian 12 do not have yet, by the kernel's documentation. */
#define RIGHTS_ABI_1   UINT64_C(0x1fff) /* all of the first version */
#define RIGHT_REFER    (UINT64_C(1) << 13)
#define RIGHT_TRUNCATE (UINT64_C(1) << 14)
#define RIGHT_IOCTL    (UINT64_C(1) << 15)
#define RIGHTS_TCP     UINT64_C(3) /* bind and connect */
#define ABI_REFER      2
#define ABI_TRUNCATE   3
#define ABI_TCP	       4
#define ABI_IOCTL      5
#define RIGHTS_EXECUTION \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)

/* struct landlock_ruleset_attr of version 4. */
struct ruleset {
	uint64_t files, network;
};

static struct ruleset handled(const struct landlock_rules *rules, long abi)
{
	struct ruleset r = {.files = RIGHTS_ABI_1};

	if (abi >= ABI_REFER)
		r.files |= RIGHT_REFER;
	if (abi >= ABI_TRUNCATE)
		r.files |= RIGHT_TRUNCATE;
	if (abi >= ABI_IOCTL)
		r.files |= RIGHT_IOCTL;
	if (rules->all_files)
		r.files = RIGHTS_EXECUTION;
	if (abi >= ABI_TCP && !rules->network)
		r.network = RIGHTS_TCP;
	return r;
}

static struct failure allow(int ruleset, const char *folder)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR};
	struct failure f = failure_none();

	rule.parent_fd = open(folder, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return refuse("%s: %s", folder, strerror(errno));
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		f = refuse("%s cannot be let through landlock: %s", folder, strerror(errno));
	close(rule.parent_fd);
	return f;
}

static struct failure restrict_to(int ruleset, const struct landlock_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		TRY_FAILURE(allow(ruleset, rules->folders[i]));
	if (syscall(SYS_landlock_restrict_self, ruleset, 0))
		return refuse("landlock cannot be entered: %s", strerror(errno));
	return failure_none();
}

struct failure landlock_enter(const struct landlock_rules *rules, bool *out_done)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset attr;
	struct failure f;
	int ruleset;

	*out_done = abi > 0;
	if (abi <= 0)
		return failure_none();
	attr = handled(rules, abi);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr,
		abi >= ABI_TCP ? sizeof(attr) : sizeof(attr.files), 0);
	if (ruleset < 0)
		return refuse("landlock takes no rules: %s", strerror(errno));
	f = restrict_to(ruleset, rules);
	close(ruleset);
	return f;
}
