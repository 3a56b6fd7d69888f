/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of `protostar run`. All texts are the command line's own. */
#ifndef TOOLS_RUN_RUN_OPTIONS_H
#define TOOLS_RUN_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "tools/lib/command.h"
#include "tools/run/machine.h"

#define MEMORY_MIB_DEFAULT 1024u
#define CPUS_DEFAULT	   2u
#define DISK_MIB_DEFAULT   1024u

struct run_options {
	const char *image;   /* the output folder of a build */
	const char *service; /* ADDR:PORT of this machine; NULL: not said */
	uint64_t memory_mib, cpus;
	const char *disk;   /* the state disk's file; NULL: in the state folder */
	uint64_t disk_mib;  /* its size when it is made; 0: not said */
	const char *serial; /* the state disk's; NULL: as the image expects it */
	struct forward forwards[FORWARDS_MAX];
	size_t forward_count;
	const char *state, *tpm; /* folders; NULL: beside the image, in the state folder */
	const char *tpm_setup;	 /* swtpm_setup's configuration; NULL: a TPM without certificates */
	bool once;		 /* with a machine that is thrown away */
	bool secure_boot;
	const char *certificate;      /* what Secure Boot trusts */
	const char *code, *variables; /* firmware files; both NULL: those that are installed */
	const char *accelerator;      /* "auto", "kvm" or "tcg" */
	const char *log;	      /* file for a copy of the console; NULL: none */
	bool dry_run;
};

/* The rows, by what they are about. */
extern const struct option_row run_machine_rows[], run_state_rows[], run_firmware_rows[];

/*
 * Reads the words of the command that has these rows. The value is the exit code when there is
 * nothing more to do (help, misuse), otherwise -1 with *out.
 */
int run_options_read(const struct command *command, int argc, char **argv, struct run_options *out);

/* "512M", "4G", "2T", or MiB as a plain number; from min to max MiB. */
bool size_parse(const char *text, uint64_t min, uint64_t max, uint64_t *out_mib);

/* Whether a virtio disk can have this serial; it goes into an option of QEMU's as it is. */
bool serial_fits(const char *text);

/* "[ADDR:]PORT:PORT": without an address it is 127.0.0.1. */
bool forward_parse(const char *text, struct forward *out);

#endif
