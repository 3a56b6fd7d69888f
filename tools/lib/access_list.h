/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access lists of files (POSIX.1e, as Linux keeps them in an attribute). systemd gives a service
 * its credentials in files of root's that the list lets the service's user read, so the mode alone
 * says less there: its group bits are the list's mask.
 */
#ifndef TOOLS_LIB_ACCESS_LIST_H
#define TOOLS_LIB_ACCESS_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The list's attribute, and the longest that is looked at: more entries than anybody needs here. */
#define ACCESS_LIST_NAME "system.posix_acl_access"
#define ACCESS_LIST_MAX	 256u

/*
 * True when the list (the attribute's bytes) lets this user read, and nobody else but the file's
 * owner. False for everything else, malformed lists too.
 */
bool access_list_is_for(const uint8_t *list, size_t len, uid_t user);
/* The same of an open file; false where it has no list. */
bool access_list_of_file_is_for(int fd, uid_t user);

#endif
