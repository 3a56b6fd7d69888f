/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/dry_run.h"

#include <stdlib.h>
#include <unistd.h>

static bool missing(const char *path)
{
	return access(path, F_OK) != 0;
}

/* One command: its words up to a NULL. */
static void print(FILE *to, const char *const words[], const char *end)
{
	struct argv argv = {0};

	for (; *words; words++)
		argv_add(&argv, *words);
	argv_print(to, &argv, end);
	argv_free(&argv);
}

static void print_variables(FILE *to, const struct dry_run *dry)
{
	const char *from = dry->firmware->variables, *file = dry->state->variables;
	const char *const copy[] = {"cp", "--", from, file, NULL};
	char *quoted;

	if (!dry->options->secure_boot) {
		print(to, copy, "\n");
		return;
	}
	quoted = shell_quoted(dry->options->certificate);
	fprintf(to, "# %s is %s with %s as PK, KEK and db, and Secure Boot on\n", file, from,
		quoted);
	free(quoted);
}

static void print_files(FILE *to, const struct dry_run *dry)
{
	const struct state_folder *state = dry->state;
	uint64_t mib = dry->options->disk_mib ? dry->options->disk_mib : DISK_MIB_DEFAULT;
	char *size = must_format("%lluM", (unsigned long long)mib);
	const char *const folders[] = {
		"mkdir", "-p", "-m", "0700", "--", state->path, state->tpm, NULL};
	const char *const disk[] = {"truncate", "-s", size, "--", state->disk, NULL};

	if (missing(state->path) || missing(state->tpm))
		print(to, folders, "\n");
	if (missing(state->variables))
		print_variables(to, dry);
	if (missing(state->disk))
		print(to, disk, "\n");
	free(size);
}

/* The disk inside Google's archive, as the machine gets it. */
static void print_unpacking(FILE *to, const struct dry_run *dry)
{
	const char *const unpack[] = {"tar", "-xzOf", dry->image->disk, "disk.raw", NULL};
	char *unpacked = shell_quoted(dry->state->system);

	print(to, unpack, " > ");
	fprintf(to, "%s\n", unpacked);
	free(unpacked);
}

void dry_run_print(FILE *to, const struct dry_run *dry)
{
	const char *const enter[] = {"cd", "--", dry->state->tpm, NULL};

	print_files(to, dry);
	if (dry->image->form == DISK_GCP)
		print_unpacking(to, dry);
	print(to, enter, "\n");
	if (dry->setup)
		argv_print(to, dry->setup, "\n");
	argv_print(to, dry->swtpm, " &\n");
	fputs("until [ -S " TPM_SOCKET " ]; do sleep 0.1; done\n", to);
	argv_print(to, dry->qemu, "\n");
}
