/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new TPM whose endorsement keys are certified: swtpm_setup makes it, with the CA that its
 * configuration names. Without this the TPM is made by swtpm at its first start, and has no
 * certificate.
 */
#ifndef TOOLS_RUN_TPM_SETUP_H
#define TOOLS_RUN_TPM_SETUP_H

#include <stdbool.h>
#include "tools/run/argv.h"

/* The command, to be run in the TPM's folder; config is an absolute path. */
void tpm_setup_command(const char *program, const char *config, struct argv *out);
/*
 * Runs it unless the folder, an open descriptor of the one at path, has a TPM. What it says goes to
 * the file log. False after a complaint, and then there is no TPM.
 */
bool tpm_setup_run(const struct argv *command, int folder, const char *path, const char *log);

#endif
