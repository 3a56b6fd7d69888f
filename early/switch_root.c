/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/switch_root.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>
#include "crypto/secret.h"
#include "early/boot.h"
#include "early/console.h"
#include "early/contract/errors.h"

static struct status move_mounts(void)
{
	static const char *const moved[] = {"/dev", "/proc", "/sys", "/run"};
	char target[64];

	for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
		(void)snprintf(target, sizeof(target), SYSROOT "%s", moved[i]);
		if (mount(moved[i], target, NULL, MS_MOVE, NULL))
			return system_failure(target, errno, E_HANDOVER_MOVE);
	}
	return OK;
}

static struct status enter_new_root(void)
{
	if (chdir(SYSROOT) || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		return system_failure(SYSROOT, errno, E_HANDOVER_ENTER);
	return OK;
}

struct status switch_root(const char *init)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static char terminal[] = "TERM=linux";
	char *const environment[] = {path, terminal, NULL};
	char name[CONFIG_TEXT_MAX];
	char *const arguments[] = {name, NULL};

	/* The last of the initrd that takes memory: the modules went as they were loaded. */
	(void)unlink("/init");
	TRY(move_mounts());
	TRY(enter_new_root());
	(void)snprintf(name, sizeof(name), "%s", init);
	secret_pool_close();
	console_say("starting %s", init);
	(void)execve(init, arguments, environment);
	return system_failure(init, errno, E_HANDOVER_EXEC);
}

struct status stage_init(struct boot *b)
{
	return switch_root(b->config.init);
}
