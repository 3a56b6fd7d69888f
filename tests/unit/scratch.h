/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder of its own for a test that writes files, removed at the end. */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[] = "/tmp/protostar-test-XXXXXX";

static inline void scratch_open(void)
{
	if (!mkdtemp(scratch)) {
		perror(scratch);
		exit(1);
	}
}

static inline int scratch_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void scratch_close(void)
{
	nftw(scratch, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a file in the folder; overwritten by the call after the next three. */
static inline const char *scratch_path(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", scratch, name);
	return path;
}

static inline void scratch_write(const char *path, const void *data, size_t len, unsigned mode)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(data, 1, len, f) != len || fclose(f) || chmod(path, mode)) {
		perror(path);
		exit(1);
	}
}

#endif
