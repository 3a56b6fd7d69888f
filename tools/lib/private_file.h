/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that hold secrets: created whole or not at all, overwritten only where a caller means it,
 * readable by their owner alone. A file whose permissions are wider is refused, because the secret
 * may be out already. And files that may be known to all, but written by none but their owner.
 *
 * Symbolic links are followed, as Kubernetes has them in its volumes; what is checked is the file
 * that was opened.
 */
#ifndef TOOLS_LIB_PRIVATE_FILE_H
#define TOOLS_LIB_PRIVATE_FILE_H

#include <stddef.h>
#include <sys/stat.h>
#include "crypto/secret.h"
#include "tools/lib/failure.h"

enum private_file { PRIVATE_FILE_READ, PRIVATE_FILE_ABSENT, PRIVATE_FILE_REFUSED };

/*
 * Whether a secret may lie in a file of this owner and mode: it is the user's or root's, and nobody
 * else may touch it; but root's file may be readable for its group where the user is in that group,
 * is not root, and so has no other way to it (`root:service 0640`, fsGroup in Kubernetes). A
 * user whom the file's access list names alone counts as in the group (systemd's credentials).
 */
bool private_file_may_hold(uid_t owner, mode_t mode, uid_t user, bool user_in_group);

/*
 * Reads a whole file of 1..max bytes (max <= SECRET_MAX) into a new secret, which the caller frees.
 * Everything but a regular file that private_file_may_hold() a secret is refused. out_absent may be
 * NULL; it is always written: true when there is no file, and no link to one, which is a failure.
 */
struct failure private_file_read(
	const char *path, size_t max, struct secret *out, bool *out_absent) MUST_CHECK;
/*
 * Reads a whole file of at most cap bytes that is no secret but decides something: a regular file
 * of this user (or root) that nobody else may write to.
 */
struct failure trusted_file_read(
	const char *path, char *out, size_t cap, size_t *out_len) MUST_CHECK;
/* Creates the file with mode 0600 and makes it durable; an existing file is an error. */
struct failure private_file_create(const char *path, const uint8_t *bytes, size_t len) MUST_CHECK;
/*
 * Puts new contents in place of a file's, all of them or none, durably; owner, group and mode stay.
 * A symbolic link is refused. For what may change: the caller keeps in it what must not be lost.
 */
struct failure private_file_replace(const char *path, const uint8_t *bytes, size_t len) MUST_CHECK;

#endif
