/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar run --dry-run`: the commands that a run would give, for a shell. */
#ifndef TOOLS_RUN_DRY_RUN_H
#define TOOLS_RUN_DRY_RUN_H

#include <stdio.h>
#include "tools/run/image_folder.h"
#include "tools/run/state_folder.h"

struct dry_run {
	const struct run_options *options;
	const struct image_folder *image;
	const struct firmware_files *firmware;
	const struct state_folder *state;
	const struct argv *qemu, *swtpm, *setup; /* setup: NULL without --tpm-setup */
};

/* What is there already is not made again, so such lines are left out. */
void dry_run_print(FILE *to, const struct dry_run *dry);

#endif
