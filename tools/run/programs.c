/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/programs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/lib/bytes.h"
#include "tools/lib/report.h"

#define QEMU	      "qemu-system-x86_64"
#define QEMU_PACKAGE  "qemu-system-x86"
#define TPM	      "swtpm"
#define TPM_PACKAGE   "swtpm"
#define SETUP	      "swtpm_setup"
#define SETUP_PACKAGE "swtpm-tools"

static bool is_program(const char *path)
{
	struct stat st;

	return access(path, X_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Absolute folders alone: another folder is entered before the program runs. NULL: not found. */
static char *look_up(const char *name, const char *package)
{
	const char *path = getenv("PATH");
	char *folders = must_format(
		"%s:/usr/local/sbin:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
	char *rest = folders, *folder, *found = NULL;

	while (!found && (folder = strsep(&rest, ":"))) {
		found = must_format("%s/%s", folder, name);
		if (*folder != '/' || !is_program(found)) {
			free(found);
			found = NULL;
		}
	}
	free(folders);
	if (!found)
		complain("%s is not installed: apt-get install %s", name, package);
	return found;
}

bool programs_find(bool certified, struct programs *out)
{
	*out = (struct programs){
		.qemu = look_up(QEMU, QEMU_PACKAGE),
		.swtpm = look_up(TPM, TPM_PACKAGE),
		.swtpm_setup = certified ? look_up(SETUP, SETUP_PACKAGE) : NULL,
	};
	return out->qemu && out->swtpm && (out->swtpm_setup || !certified);
}

void programs_free(struct programs *programs)
{
	free(programs->qemu);
	free(programs->swtpm);
	free(programs->swtpm_setup);
	*programs = (struct programs){0};
}
