/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of a machine, from power-on until it is off: the TPM and QEMU as children, the guest's
 * console on standard output and from standard input. Both children are gone when it returns.
 */
#ifndef TOOLS_RUN_SESSION_H
#define TOOLS_RUN_SESSION_H

#include <stdbool.h>
#include "tools/run/guest_report.h"
#include "tools/run/machine.h"

struct session_request {
	const struct argv *qemu, *swtpm;
	int tpm_folder;			/* open folder that both run in, with the TPM's socket */
	const char *tpm_path;		/* of that folder */
	const char *qemu_log, *tpm_log; /* files for what the programs complain of */
	int copy;			/* what else gets the console's bytes; -1: nothing */
};

enum session_end {
	SESSION_OFF,	   /* the guest is off */
	SESSION_QUIT,	   /* Ctrl-A X */
	SESSION_SIGNAL,	   /* this program was told to end */
	SESSION_NO_TPM,	   /* swtpm did not start, or has ended */
	SESSION_NO_QEMU,   /* QEMU failed */
	SESSION_NO_OUTPUT, /* the console cannot be written to */
};

struct session_result {
	enum session_end end;
	int signal; /* of SESSION_SIGNAL */
	struct guest_report report;
};

/* False, after a complaint, when this machine lacks what a session needs. */
bool session_run(const struct session_request *request, struct session_result *out);

#endif
