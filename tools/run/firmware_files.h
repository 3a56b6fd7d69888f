/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where distributions put OVMF: its code, and the file that a machine's variables begin as. A pair
 * is always of one folder and one size; QEMU would take others and the firmware then hang.
 */
#ifndef TOOLS_RUN_FIRMWARE_FILES_H
#define TOOLS_RUN_FIRMWARE_FILES_H

#include <stdbool.h>

#define FIRMWARE_PACKAGE "ovmf" /* Debian's name */

struct firmware_files {
	char *code, *variables; /* absolute; the caller frees both */
};

/*
 * The first pair below the folder `root` ("" is the machine's own); with secure_boot, of a build
 * that can do Secure Boot and protects its variables by SMM. False, without a complaint, when there
 * is none.
 */
bool firmware_find(const char *root, bool secure_boot, struct firmware_files *out);
void firmware_files_free(struct firmware_files *files);

#endif
