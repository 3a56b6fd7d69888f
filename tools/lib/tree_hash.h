/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One hash for a folder and all in it: whatever of it can reach a file system image that is packed
 * from it, and nothing else. Two folders with the same hash give the same image.
 *
 * Hashed is a listing, one entry after the other in the order of the bytes of their paths. Of each:
 * type, permissions, owner, path, then a file's length and SHA-256, a link's target or a device's
 * number; extended attributes in the order of their names; for the second and later names of one
 * file, its first name. Times, inode numbers and the order in the folder are left out.
 */
#ifndef TOOLS_LIB_TREE_HASH_H
#define TOOLS_LIB_TREE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree_hash {
	uint8_t sha256[32]; /* of the listing */
	uint64_t entries;   /* the folder itself is the first */
	uint64_t bytes;	    /* of all regular files, each name counted */
};

/*
 * Hashes the folder at path. owners: owner numbers count; otherwise they are taken as 0, as the
 * image builder does without --keep-owners. Never follows a symbolic link. Complains and returns
 * false when something cannot be read.
 */
bool tree_hash(const char *path, bool owners, struct tree_hash *out);

#endif
