/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded: the process dies, as in a power cut, before the call number DYING_AT, from 1, of those
 * that put something onto a disk for good.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void count(void)
{
	static long calls;
	const char *at = getenv("DYING_AT");

	if (at && ++calls == strtol(at, NULL, 10))
		raise(SIGKILL);
}

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

#define DIES(name, declared, given)                  \
	int name declared                            \
	{                                            \
		int(*real) declared;                 \
		void *found = next(#name);           \
                                                     \
		memcpy(&real, &found, sizeof(real)); \
		count();                             \
		return real given;                   \
	}

DIES(fsync, (int fd), (fd))
DIES(fdatasync, (int fd), (fd))
DIES(syncfs, (int fd), (fd))
DIES(mkdir, (const char *path, mode_t mode), (path, mode))
DIES(rename, (const char *from, const char *to), (from, to))
DIES(renameat2, (int from_fd, const char *from, int to_fd, const char *to, unsigned flags),
	(from_fd, from, to_fd, to, flags))
