/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/installed.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/lib/bytes.h"
#include "tools/lib/report.h"

#define BIN "/" PROTOSTAR_BINDIR

char *installed_path(const char *program, const char *name)
{
	size_t folder = (size_t)(strrchr(program, '/') - program), bin = strlen(BIN);

	if (folder >= bin && memcmp(program + folder - bin, BIN, bin) == 0)
		return must_format("%.*s/" PROTOSTAR_LIBEXECDIR "/protostar/%s",
			(int)(folder - bin), program, name);
	return must_format("%.*s/%s", (int)folder, program, name);
}

static bool trusted(const char *program, const char *path, const char *option)
{
	struct stat own, st;

	if (stat(program, &own) || stat(path, &st))
		return complain("%s: %s: it is not installed with this program; give it with %s",
			path, strerror(errno), option);
	if (st.st_uid != 0 && st.st_uid != own.st_uid)
		return complain(
			"%s belongs to another user than %s: is it yours? Then give it with "
			"%s",
			path, program, option);
	if (st.st_mode & S_IWOTH)
		return complain("everybody may write to %s: see what is in it, then chmod o-w, or "
				"give another with %s",
			path, option);
	return true;
}

char *installed_file(const char *name, const char *option)
{
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *path;

	if (len <= 0 || program[0] != '/') {
		complain(
			"where this program lies is not known (is /proc mounted?): give %s with %s",
			name, option);
		return NULL;
	}
	program[len] = '\0';
	path = installed_path(program, name);
	if (!trusted(program, path, option)) {
		free(path);
		return NULL;
	}
	return path;
}
