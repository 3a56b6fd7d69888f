/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel modules, loaded in the order that the initrd's /modules.list gives: one path a line,
 * relative to /modules/. A '-' before the path marks a module whose refusal is no failure, such as
 * a driver for another machine's devices; its file must be there all the same. Behind it may stand
 * further paths, a space before each: modules of earlier lines without which it is not tried, since
 * the kernel would complain of each symbol that it then lacks. The list is measured with the
 * initrd; it is parsed strictly so that a builder's fault shows as one.
 */
#ifndef EARLY_MODULES_H
#define EARLY_MODULES_H

#include <stddef.h>
#include "efi/base/status.h"

#define MODULES_LIST_MAX 65536u /* bytes of the list */
#define MODULE_PATH_MAX	 256u	/* bytes of a path, NUL included */
#define MODULES_OUT_MAX	 128u	/* modules left out that are remembered */

struct module_line {
	char path[MODULE_PATH_MAX]; /* relative, no "." or ".." part */
	bool optional;
	const char *needs; /* inside the list: the further paths, a space before each */
	size_t needs_len;
};

/*
 * Reads the line at *pos of a list of len bytes and moves *pos behind it; call while *pos < len.
 * E_MODULES_END, E_MODULES_LINE: malformed, *pos stays.
 */
struct status modules_next(
	const char *list, size_t len, size_t *pos, struct module_line *out) MUST_CHECK;

/*
 * Loads each module of `list` from the folder `dir`. `insert` loads the file `path` of that folder,
 * open as fd, by finit_module(2) and deletes it, or is a stand-in: 0, or -1 with errno set. A
 * module that is in the kernel already (EEXIST) is fine. An optional one without its device or
 * processor feature (ENODEV) is passed over in silence, one that is refused for another reason is
 * told of.
 */
struct status modules_load(const char *dir, const char *list, size_t len,
	int (*insert)(int dir, const char *path, int fd)) MUST_CHECK;

#endif
