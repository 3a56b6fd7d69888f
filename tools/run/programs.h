/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that a machine needs, and what to install where one is missing. */
#ifndef TOOLS_RUN_PROGRAMS_H
#define TOOLS_RUN_PROGRAMS_H

#include <stdbool.h>

struct programs {
	char *qemu, *swtpm; /* absolute paths; programs_free() frees them */
	char *swtpm_setup;  /* NULL: not looked for */
};

/*
 * Looks them up in PATH and the sbin folders, swtpm_setup only where a TPM is to be certified.
 * False after a complaint for each that is missing, with Debian's package; what was found is in
 * *out all the same.
 */
bool programs_find(bool certified, struct programs *out);
void programs_free(struct programs *programs);

#endif
