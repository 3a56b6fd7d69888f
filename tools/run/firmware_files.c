/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/firmware_files.h"

#include <stdlib.h>
#include <unistd.h>
#include "tools/lib/bytes.h"

/* Debian and Ubuntu; Arch; Fedora. Larger flash first: new builds come in no other. */
static const struct {
	const char *folder, *code, *secure_code, *variables;
} known[] = {
	{"/usr/share/OVMF", "OVMF_CODE_4M.fd", "OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.fd"},
	{"/usr/share/edk2/x64", "OVMF_CODE.4m.fd", "OVMF_CODE.secboot.4m.fd", "OVMF_VARS.4m.fd"},
	{"/usr/share/edk2/ovmf", "OVMF_CODE.fd", "OVMF_CODE.secboot.fd", "OVMF_VARS.fd"},
	{"/usr/share/OVMF", "OVMF_CODE.fd", "OVMF_CODE.secboot.fd", "OVMF_VARS.fd"},
};

bool firmware_find(const char *root, bool secure_boot, struct firmware_files *out)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct firmware_files found = {
			.code = must_format("%s%s/%s", root, known[i].folder,
				secure_boot ? known[i].secure_code : known[i].code),
			.variables = must_format(
				"%s%s/%s", root, known[i].folder, known[i].variables),
		};

		if (access(found.code, R_OK) == 0 && access(found.variables, R_OK) == 0) {
			*out = found;
			return true;
		}
		firmware_files_free(&found);
	}
	return false;
}

void firmware_files_free(struct firmware_files *files)
{
	free(files->code);
	free(files->variables);
	*files = (struct firmware_files){0};
}
