/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The socket between swtpm and QEMU, in the TPM's folder, by the folder's descriptor. */
#ifndef TOOLS_RUN_TPM_SOCKET_H
#define TOOLS_RUN_TPM_SOCKET_H

#include <stdbool.h>

/* Whether somebody takes connections there by now. */
bool tpm_socket_listens(int folder);
/* Connections that were made go on. */
void tpm_socket_remove(int folder);

#endif
