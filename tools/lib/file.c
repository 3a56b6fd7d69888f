/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "crypto/digest.h"
#include "tools/lib/report.h"

#define SPARSE_BLOCK 4096u

bool file_map(const char *path, struct mapped *out)
{
	/* A pipe that nobody writes to is refused, not waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct mapped m = {NULL, 0};
	struct stat st;

	if (fd < 0)
		return complain("cannot open %s: %s", path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return complain("%s is not a regular file", path);
	}
	if (st.st_size > 0) {
		void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

		if (p == MAP_FAILED) {
			close(fd);
			return complain("cannot map %s: %s", path, strerror(errno));
		}
		m = (struct mapped){p, (size_t)st.st_size};
	}
	close(fd);
	*out = m;
	return true;
}

void file_unmap(struct mapped *m)
{
	if (m->len)
		munmap((void *)(uintptr_t)m->data, m->len);
	*m = (struct mapped){NULL, 0};
}

static bool read_all(int fd, const char *path, size_t max, struct bytes *out)
{
	uint8_t block[16384];
	size_t sum = 0;

	for (;;) {
		ssize_t n = read(fd, block, sizeof(block));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return complain("cannot read %s: %s", path, strerror(errno));
		if (n == 0)
			return true;
		sum += (size_t)n;
		if (sum > max)
			return complain("%s has more than %zu bytes", path, max);
		bytes_add(out, block, (size_t)n);
	}
}

bool file_read(const char *path, size_t max, struct bytes *out)
{
	bool fine;
	int fd;

	if (strcmp(path, "-") == 0)
		return read_all(STDIN_FILENO, "standard input", max, out);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return complain("cannot open %s: %s", path, strerror(errno));
	fine = read_all(fd, path, max, out);
	close(fd);
	return fine;
}

static bool write_all(int fd, const uint8_t *data, size_t len, uint64_t offset)
{
	while (len) {
		ssize_t n = pwrite(fd, data, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return true;
}

bool file_write(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool done = fd >= 0 && !fchmod(fd, 0644) && write_all(fd, data, len, 0);

	if (fd >= 0 && close(fd))
		done = false;
	return done || complain("cannot write %s: %s", path, strerror(errno));
}

char *path_name(const char *path)
{
	char *text = must_dup(path), *name, *end = text + strlen(text);

	while (end > text + 1 && end[-1] == '/')
		*--end = '\0';
	name = strrchr(text, '/');
	name = must_dup(name ? name + 1 : text);
	free(text);
	return name;
}

bool file_sha256(const char *path, uint8_t out[32])
{
	struct mapped m;

	if (!file_map(path, &m))
		return false;
	sha256(m.data, m.len, out);
	file_unmap(&m);
	return true;
}

static bool all_zero(const uint8_t *data, size_t len)
{
	return len == 0 || (data[0] == 0 && memcmp(data, data + 1, len - 1) == 0);
}

bool file_put_sparse(int fd, const uint8_t *data, size_t len, uint64_t offset)
{
	while (len) {
		size_t n = len < SPARSE_BLOCK ? len : SPARSE_BLOCK;

		if (!all_zero(data, n) && !write_all(fd, data, n, offset))
			return complain("cannot write the disk image: %s", strerror(errno));
		data += n;
		len -= n;
		offset += n;
	}
	return true;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void folder_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
