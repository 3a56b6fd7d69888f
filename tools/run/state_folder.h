/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes a machine the same machine at its next start: its TPM, the firmware's variables and
 * its state disk, in one folder that nobody else may read. One run at a time has it.
 *
 * Order: state_folder_name(), which touches nothing; state_folder_make(); state_folder_close().
 */
#ifndef TOOLS_RUN_STATE_FOLDER_H
#define TOOLS_RUN_STATE_FOLDER_H

#include <stdbool.h>
#include "tools/run/firmware_files.h"
#include "tools/run/run_options.h"

#define STATE_ID_LEN 8u /* hexadecimal digits */

struct state_folder {
	/* Absolute paths: of the folder, the TPM's, the variables, the state disk, the unpacked
	 * system disk, QEMU's and swtpm's messages, which accelerator works, and the id. */
	char *path, *tpm, *variables, *disk, *system, *qemu_log, *tpm_log, *accelerator, *id_file;
	char id[STATE_ID_LEN + 1]; /* the machine's own, for the serial of its state disk */
	int lock, tpm_lock;	   /* the folders; -1: not held */
	bool temporary;		   /* removed when it is closed */
};

/*
 * The paths, from the options; image is the image's folder, beside which the default lies. With
 * --once a new folder below TMPDIR is made for it, unless it is a dry run. The id is the one that
 * the folder has; without one yet it follows from the folder's path, so that machines differ.
 */
bool state_folder_name(
	const struct run_options *options, const char *image, struct state_folder *out);

/*
 * Makes what is missing and takes the folder for this run. template holds the firmware's variables
 * as a machine begins. Complains and returns false when another run has it, when others could
 * change it, or when something in it is not what it must be.
 */
bool state_folder_make(const struct run_options *options, const struct firmware_files *template,
	struct state_folder *state);
void state_folder_close(struct state_folder *state);

#endif
