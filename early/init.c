/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PID 1 of the initrd. main() runs the table from top to bottom; the last stage becomes the root
 * file system's init. Whatever fails ends the boot (halt.h).
 */
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include "early/boot.h"
#include "early/contract/errors.h"
#include "early/contract/identity.h"
#include "early/halt.h"
#include "early/stages.h"

/* Bytes of locked memory: the grant's secrets and the keys of a few connections at a time. */
#define SECRET_POOL (4u * SECRET_MAX)

static const struct stage stages[] = {
	{"mounts", stage_mounts},
	{"modules", stage_modules},
	{"cmdline", stage_cmdline},
	{"entropy", stage_entropy},
	{"tee", stage_tee},
	{"tpm", stage_tpm},
	{"devices", stage_devices},
	{"root", stage_root},
	{"network", stage_network},
	{"join", stage_join},
	{"rtmr", stage_rtmr},
	{"seal", stage_cap},
	{"handoff", stage_handoff},
	{"leave", stage_leave},
	{"init", stage_init},
};

static struct boot boot;

/* No dump of this process, by anyone, ever. The kernel starts PID 1 with a soft core limit of 0. */
static void forbid_dumps(void)
{
	struct rlimit limit;

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (getrlimit(RLIMIT_CORE, &limit) == 0) {
		limit.rlim_cur = 0;
		(void)setrlimit(RLIMIT_CORE, &limit);
	}
}

static struct status run(void)
{
	TRY(secret_pool_open(SECRET_POOL));
	TRY(stages_run(stages, sizeof(stages) / sizeof(stages[0]), &boot));
	return fail(E_STAGES_END);
}

int main(void)
{
	struct status cause;

	if (getpid() != 1) {
		fputs(EARLY_IDENTITY "\n", stderr);
		return 2;
	}
	halt_on_crash(&boot);
	forbid_dumps();
	cause = run();
	halt_boot(&boot, stage_name(), cause);
}
