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

struct status modules_next(const char *list, size_t len, size_t *pos, struct module_line *out)
{
	const char *line = list + *pos;
	const char *end = memchr(line, '\n', len - *pos);
	bool optional = *line == '-';
	size_t path_len;

	if (!end)
		return fail(E_MODULES_END);
	*pos += (size_t)(end - line) + 1;
	line += optional;
	path_len = (size_t)(end - line);
	if (!path_is_sound(line, path_len)) {
		*pos -= path_len + optional + 1;
		return fail(E_MODULES_LINE);
	}
	out->optional = optional;
	memcpy(out->path, line, path_len);
	out->path[path_len] = '\0';
	return OK;
}

static struct status load_one(int dir, const struct module_line *m, int (*insert)(int fd))
{
	int fd = openat(dir, m->path, O_RDONLY | O_CLOEXEC), result, cause;

	if (fd < 0)
		return system_failure(m->path, errno, E_MODULE_OPEN);
	result = insert(fd);
	cause = errno;
	close(fd);
	if (result == 0 || cause == EEXIST || m->optional)
		return OK;
	return system_failure(m->path, cause, E_MODULE_LOAD);
}

struct status modules_load(const char *dir, const char *list, size_t len, int (*insert)(int fd))
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct status s = OK;

	/* Without a single module there need be no folder: openat() then is never called. */
	for (size_t pos = 0; !failed(s) && pos < len;) {
		struct module_line m;

		s = modules_next(list, len, &pos, &m);
		if (failed(s))
			console_detail("byte %zu", pos);
		else
			s = load_one(fd, &m, insert);
	}
	if (fd >= 0)
		close(fd);
	return s;
}

static int insert_module(int fd)
{
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
