/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into the service to make its disk fail: while the file named by FAILING_FILES exists,
 * its content says what fails: "audit-write", "audit-sync" or "store-sync".
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static bool fails(int fd, const char *what, const char *file)
{
	const char *path = getenv("FAILING_FILES");
	char text[32] = "", link[64], name[4096] = "";
	FILE *f = path ? fopen(path, "r") : NULL;

	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return strcmp(text, what) == 0 && readlink(link, name, sizeof(name) - 1) > 0 &&
	       strstr(name, file);
}

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

ssize_t write(int fd, const void *data, size_t len)
{
	ssize_t (*real)(int, const void *, size_t);
	void *found = next("write");

	memcpy(&real, &found, sizeof(real));
	/* Half of the line gets through, as on a disk that fills up. */
	if (fails(fd, "audit-write", "audit.jsonl"))
		return real(fd, data, len / 2);
	return real(fd, data, len);
}

int fdatasync(int fd)
{
	int (*real)(int);
	void *found = next("fdatasync");

	memcpy(&real, &found, sizeof(real));
	if (fails(fd, "audit-sync", "audit.jsonl") || fails(fd, "store-sync", "store.sqlite")) {
		errno = EIO;
		return -1;
	}
	return real(fd);
}
