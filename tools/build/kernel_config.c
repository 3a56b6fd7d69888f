/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/build/build.h"
#include "tools/lib/report.h"

struct need {
	const char *option, *why;
};

/* What has to be built in, since nothing can be loaded before it is there. */
static const struct need to_boot[] = {
	{"CONFIG_EFI_STUB", "the stub could not start it"},
	{"CONFIG_BLK_DEV_INITRD", "it would take no initrd"},
	{"CONFIG_RD_GZIP", "it could not unpack the initrd"},
	{"CONFIG_BINFMT_ELF", "it could not run PID 1"},
	{"CONFIG_DEVTMPFS", "PID 1 would find no devices"},
	{"CONFIG_PROC_FS", "PID 1 could not read the command line"},
	{"CONFIG_SYSFS", "PID 1 would find no devices"},
	{"CONFIG_TMPFS", "PID 1 would have no /run"},
	{"CONFIG_SECURITYFS", "PID 1 could not read the event log"},
};

/* The compression that root.c packs with. */
static const struct need for_erofs[] = {
	{"CONFIG_EROFS_FS_ZIP", "it could not unpack the root file system: take squashfs"}};
static const struct need for_squashfs[] = {
	{"CONFIG_SQUASHFS_LZ4", "it could not unpack the root file system: take erofs"}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The configuration beside the kernel (Debian) or among the modules (Fedora); NULL: none. */
static char *find_config(const struct build *b)
{
	const char *slash = strrchr(b->options.kernel, '/');
	int folder = slash ? (int)(slash - b->options.kernel + 1) : 0;
	char *beside = must_format("%.*sconfig-%s", folder, b->options.kernel, b->kernel_version);
	char *among = must_format("%s/config", b->options.modules_dir);

	if (!access(beside, R_OK)) {
		free(among);
		return beside;
	}
	free(beside);
	if (!access(among, R_OK))
		return among;
	free(among);
	return NULL;
}

/* True when the text has a line "OPTION=y". */
static bool has_option(const struct mapped *text, const char *option)
{
	char *line = must_format("\n%s=y\n", option);
	size_t len = strlen(line);
	bool found = text->len &&
		     (memmem(text->data, text->len, line, len) ||
			     (text->len >= len - 1 && memcmp(text->data, line + 1, len - 1) == 0));

	free(line);
	return found;
}

static bool check(const struct build *b, const struct need *needs, size_t count)
{
	char *path = find_config(b);
	struct mapped text;
	bool fine = true;

	if (!path)
		return true;
	if (!file_map(path, &text)) {
		free(path);
		return false;
	}
	for (size_t i = 0; fine && i < count; i++)
		if (!has_option(&text, needs[i].option))
			fine = complain("the kernel is built without %s=y (%s): %s",
				needs[i].option, path, needs[i].why);
	file_unmap(&text);
	free(path);
	return fine;
}

bool kernel_config_check(const struct build *b)
{
	return check(b, to_boot, COUNT(to_boot));
}

bool kernel_config_check_root(const struct build *b, enum root_format format)
{
	if (format == ROOT_EROFS)
		return check(b, for_erofs, COUNT(for_erofs));
	return format != ROOT_SQUASHFS || check(b, for_squashfs, COUNT(for_squashfs));
}
