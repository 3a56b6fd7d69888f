/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/cpio.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/report.h"

#define TRAILER "TRAILER!!!"

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct cpio_entry *)a)->path, ((const struct cpio_entry *)b)->path);
}

static bool path_is_fine(const char *path)
{
	size_t len = strlen(path);

	if (len == 0 || len >= 4096 || path[0] == '/' || strcmp(path, TRAILER) == 0)
		return false;
	for (const char *p = path; p; p = strchr(p, '/')) {
		p += *p == '/';
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0'))
			return false;
	}
	return true;
}

static void add_entry(const struct cpio_entry *e, uint32_t inode, uint32_t links, struct bytes *out)
{
	/* magic, ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor,
	 * rdevminor, namesize, check */
	bytes_addf(out, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", inode,
		e->mode, 0u, 0u, links, 0u, (uint32_t)e->len, 0u, 0u, e->major, e->minor,
		(uint32_t)strlen(e->path) + 1, 0u);
	bytes_add(out, e->path, strlen(e->path) + 1);
	bytes_align(out, 4);
	bytes_add(out, e->data, e->len);
	bytes_align(out, 4);
}

bool cpio_write(struct cpio_entry *entries, size_t count, struct bytes *out)
{
	const struct cpio_entry trailer = {.path = TRAILER};

	qsort(entries, count, sizeof(*entries), by_path);
	for (size_t i = 0; i < count; i++) {
		if (!path_is_fine(entries[i].path))
			return complain("initrd: the path \"%s\" cannot stand in an archive",
				entries[i].path);
		if (i && strcmp(entries[i - 1].path, entries[i].path) == 0)
			return complain("initrd: %s is there twice", entries[i].path);
		if (entries[i].len > UINT32_MAX)
			return complain("initrd: %s is larger than 4 GiB", entries[i].path);
	}
	for (size_t i = 0; i < count; i++)
		add_entry(&entries[i], (uint32_t)i + 1, S_ISDIR(entries[i].mode) ? 2 : 1, out);
	add_entry(&trailer, 0, 1, out);
	return true;
}
