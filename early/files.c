/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "early/console.h"

/* Reads until end of file or until the buffer is full. Negative with errno on failure. */
static ssize_t read_all(int fd, char *out, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, out + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

struct status file_read(const char *path, char *out, size_t size, size_t *out_len,
	uint16_t unreadable, uint16_t too_long)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read_all(fd, out, size);
	ssize_t more = 0;
	char extra;

	if (len >= 0 && (size_t)len == size)
		more = read_all(fd, &extra, 1);
	if (len < 0 || more < 0)
		console_detail("%s: %s", path, strerror(errno));
	else if (more > 0)
		console_detail("%s: more than %zu bytes", path, size);
	if (fd >= 0)
		close(fd);
	if (len < 0 || more < 0)
		return fail(unreadable);
	if (more > 0)
		return fail(too_long);
	*out_len = (size_t)len;
	return OK;
}

bool attribute_bytes(int dir_fd, const char *path, void *out, size_t size, size_t *out_len)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t len;
	int cause;

	if (fd < 0)
		return false;
	len = read_all(fd, out, size);
	cause = len < 0 ? errno : EFBIG;
	close(fd);
	errno = cause;
	if (len < 0 || (size_t)len == size)
		return false;
	*out_len = (size_t)len;
	return true;
}

bool attribute_read(int dir_fd, const char *path, char *out, size_t size)
{
	size_t len;

	if (!attribute_bytes(dir_fd, path, out, size, &len) || memchr(out, '\0', len))
		return false;
	if (len && out[len - 1] == '\n')
		len--;
	out[len] = '\0';
	return true;
}

bool attribute_number(int dir_fd, const char *path, uint64_t *out)
{
	char text[24];
	uint64_t value = 0;

	if (!attribute_read(dir_fd, path, text, sizeof(text)) || !text[0])
		return false;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9' || __builtin_mul_overflow(value, 10u, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return false;
	}
	*out = value;
	return true;
}

bool file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);
	ssize_t n;
	int cause;

	if (fd < 0)
		return false;
	n = write(fd, text, len);
	cause = errno;
	close(fd);
	errno = cause;
	return n >= 0 && (size_t)n == len;
}
