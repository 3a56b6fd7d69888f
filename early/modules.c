/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "early/boot.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/files.h"

static bool path_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("._-+/", c));
}

/* Every part is a name: not empty, not starting with a dot. */
static bool path_is_sound(const char *path, size_t len)
{
	if (!len || len >= MODULE_PATH_MAX || path[len - 1] == '/')
		return false;
	for (size_t i = 0; i < len; i++) {
		bool starts = i == 0 || path[i - 1] == '/';

		if (!path_byte(path[i]) || (starts && (path[i] == '/' || path[i] == '.')))
			return false;
	}
	return true;
}

/* Paths with a space before each; nothing is fine too. */
static bool needs_are_sound(const char *needs, size_t len)
{
	while (len) {
		const char *end = memchr(needs + 1, ' ', len - 1);
		size_t word = end ? (size_t)(end - needs) : len;

		if (*needs != ' ' || !path_is_sound(needs + 1, word - 1))
			return false;
		needs += word;
		len -= word;
	}
	return true;
}

struct status modules_next(const char *list, size_t len, size_t *pos, struct module_line *out)
{
	const char *line = list + *pos;
	const char *end = memchr(line, '\n', len - *pos), *path_end;
	bool optional = *line == '-';
	size_t path_len;

	if (!end)
		return fail(E_MODULES_END);
	line += optional;
	path_end = memchr(line, ' ', (size_t)(end - line));
	path_end = optional && path_end ? path_end : end;
	path_len = (size_t)(path_end - line);
	if (!path_is_sound(line, path_len) || !needs_are_sound(path_end, (size_t)(end - path_end)))
		return fail(E_MODULES_LINE);
	*pos = (size_t)(end - list) + 1;
	out->optional = optional;
	memcpy(out->path, line, path_len);
	out->path[path_len] = '\0';
	out->needs = path_end;
	out->needs_len = (size_t)(end - path_end);
	return OK;
}

/* The modules that were refused or not tried. */
struct left_out {
	char paths[MODULES_OUT_MAX][MODULE_PATH_MAX];
	size_t count;
};

static bool is_out(const struct left_out *out, const char *path, size_t len)
{
	for (size_t i = 0; i < out->count; i++)
		if (strlen(out->paths[i]) == len && memcmp(out->paths[i], path, len) == 0)
			return true;
	return false;
}

static bool lacks_one(const struct module_line *m, const struct left_out *out)
{
	const char *p = m->needs, *end = m->needs + m->needs_len;

	while (p < end) {
		size_t len = strcspn(++p, " \n");

		if (is_out(out, p, len))
			return true;
		p += len;
	}
	return false;
}

static void leave_out(const struct module_line *m, struct left_out *out)
{
	/* One that needs a module which is not remembered is tried, and the kernel refuses it. */
	if (out->count < MODULES_OUT_MAX)
		memcpy(out->paths[out->count++], m->path, sizeof(m->path));
}

static struct status load_one(int dir, const struct module_line *m,
	int (*insert)(int dir, const char *path, int fd), struct left_out *out)
{
	int fd = openat(dir, m->path, O_RDONLY | O_CLOEXEC), result, cause;

	if (fd < 0)
		return system_failure(m->path, errno, E_MODULE_OPEN);
	result = insert(dir, m->path, fd);
	cause = errno;
	close(fd);
	if (result == 0 || cause == EEXIST)
		return OK;
	if (!m->optional)
		return system_failure(m->path, cause, E_MODULE_LOAD);
	if (cause != ENODEV)
		console_say("module %s refused: %s", m->path, strerror(cause));
	leave_out(m, out);
	return OK;
}

struct status modules_load(const char *dir, const char *list, size_t len,
	int (*insert)(int dir, const char *path, int fd))
{
	static struct left_out out;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct status s = OK;

	out.count = 0;
	/* Without a single module there need be no folder: openat() then is never called. */
	for (size_t pos = 0; !failed(s) && pos < len;) {
		struct module_line m;

		s = modules_next(list, len, &pos, &m);
		if (failed(s))
			console_detail("byte %zu", pos);
		else if (lacks_one(&m, &out))
			leave_out(&m, &out);
		else
			s = load_one(fd, &m, insert, &out);
	}
	if (fd >= 0)
		close(fd);
	return s;
}

/* The file is only memory, which the root file system has a better use for. */
static int insert_module(int dir, const char *path, int fd)
{
	(void)unlinkat(dir, path, 0);
	return (int)syscall(SYS_finit_module, fd, "", 0);
}

struct status stage_modules(struct boot *b)
{
	static char list[MODULES_LIST_MAX];
	size_t len;

	(void)b;
	TRY(file_read("/modules.list", list, sizeof(list), &len, E_MODULES_READ, E_MODULES_SIZE));
	return modules_load("/modules", list, len, insert_module);
}
