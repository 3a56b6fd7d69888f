#include "tools/run/dry_run.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

static bool missing(const char *path)
{
	return access(path, F_OK) != 0;
}

/* One command with its arguments, up to a NULL. */
static void print(FILE *to, const char *end, ...)
{
	struct argv argv = {0};
	const char *text;
	va_list args;

	va_start(args, end);
	while ((text = va_arg(args, const char *)))
		argv_add(&argv, text);
	va_end(args);
	argv_print(to, &argv, end);
	argv_free(&argv);
}

static void print_variables(FILE *to, const struct dry_run *dry)
{
	char *from = shell_quoted(dry->firmware->variables), *to_file;

	to_file = shell_quoted(dry->state->variables);
	if (!dry->options->secure_boot) {
		print(to, "\n", "cp", "--", dry->firmware->variables, dry->state->variables, NULL);
	} else {
		char *certificate = shell_quoted(dry->options->certificate);

		fprintf(to, "# %s is %s with %s as PK, KEK and db, and Secure Boot on\n", to_file,
			from, certificate);
		free(certificate);
	}
	free(from);
	free(to_file);
}

static void print_files(FILE *to, const struct dry_run *dry)
{
	const struct state_folder *state = dry->state;
	uint64_t mib = dry->options->disk_mib ? dry->options->disk_mib : DISK_MIB_DEFAULT;
	char *size = must_format("%lluM", (unsigned long long)mib);

	if (missing(state->path) || missing(state->tpm))
		print(to, "\n", "mkdir", "-p", "-m", "0700", "--", state->path, state->tpm, NULL);
	if (missing(state->variables))
		print_variables(to, dry);
	if (missing(state->disk))
		print(to, "\n", "truncate", "-s", size, "--", state->disk, NULL);
	if (dry->image->form == DISK_GCP) {
		char *unpacked = shell_quoted(state->system);

		print(to, " > ", "tar", "-xzOf", dry->image->disk, "disk.raw", NULL);
		fprintf(to, "%s\n", unpacked);
		free(unpacked);
	}
	free(size);
}

void dry_run_print(FILE *to, const struct dry_run *dry)
{
	print_files(to, dry);
	print(to, "\n", "cd", "--", dry->state->tpm, NULL);
	argv_print(to, dry->swtpm, " &\n");
	fputs("until [ -S " TPM_SOCKET " ]; do sleep 0.1; done\n", to);
	argv_print(to, dry->qemu, "\n");
}
