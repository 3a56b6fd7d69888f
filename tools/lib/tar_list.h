/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in a tar file, by the names in it: ustar, GNU's and POSIX's (pax) long names, hard links,
 * owners, devices, extended attributes. Contents stay where they are. Whoever unpacks the file
 * reads it again with a program of its own; this list is for looking before that, and for container
 * images.
 *
 * The bytes may be anything: every size is checked, names are bounded. Order: tar_list_read(); then
 * find; tar_list_free(). The file's bytes must stay as long as the list is used.
 */
#ifndef TOOLS_LIB_TAR_LIST_H
#define TOOLS_LIB_TAR_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "tools/lib/flaw.h"

/* An extended attribute, as SCHILY.xattr records of pax headers have it. */
struct tar_xattr {
	char *name; /* "security.capability" */
	const uint8_t *value;
	size_t len; /* bytes */
};

struct tar_entry {
	char *path;   /* "usr/sbin/init": without "./", a slash in front or one behind; "": the root
		       */
	char *target; /* of a symbolic link, as it stands there; of a hard link, as path; or NULL */
	mode_t mode;  /* with the type; of a hard link: S_IFREG */
	uint8_t type; /* as it stands in the header: '0', '2', 'S'... */
	bool is_hard_link, is_sparse;
	uint64_t uid, gid;     /* not bounded: a header can claim any number */
	uint64_t major, minor; /* of a device */
	struct tar_xattr *xattrs;
	size_t xattr_count;
	const uint8_t *data; /* of a regular file */
	size_t len;	     /* bytes */
	size_t order;	     /* in the file; a later entry replaces an earlier one of its path */
};

struct tar_list {
	struct tar_entry *entries; /* by path, the one that counts last among equals */
	size_t count;
};

/* True when the file starts with a tar header whose checksum is right, or is empty as tar has it.
 */
bool tar_is(const uint8_t *file, size_t len);

/* *out is written when it returns true, *flaw otherwise. */
bool tar_list_read(const uint8_t *file, size_t len, struct tar_list *out, struct flaw *flaw);
void tar_list_free(struct tar_list *list);

/* The entry of this path; NULL when there is none. */
const struct tar_entry *tar_list_find(const struct tar_list *list, const char *path);
/* True when something lies below this path, so that it is a folder though it has no entry. */
bool tar_list_has_below(const struct tar_list *list, const char *path);

#endif
