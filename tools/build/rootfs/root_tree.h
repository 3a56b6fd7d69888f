/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a root file system before it is packed: of a folder or of a tar file, by their paths
 * in it. Links are followed as the kernel will follow them when it is /: never out of it.
 *
 * Order: root_tree_of_folder() or root_tree_of_tar(); then look; root_tree_close().
 */
#ifndef TOOLS_BUILD_ROOTFS_TREE_H
#define TOOLS_BUILD_ROOTFS_TREE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include "tools/lib/file.h"
#include "tools/lib/tar_list.h"

struct root_tree {
	int folder; /* descriptor; -1: it is a tar file */
	struct tar_list tar;
};

bool root_tree_of_folder(const char *path, struct root_tree *out);
/* name is for complaints; the file stays mapped as long as the tree is used. */
bool root_tree_of_tar(const char *name, const struct mapped *file, struct root_tree *out);
void root_tree_close(struct root_tree *tree);

enum root_found {
	ROOT_FOUND,
	ROOT_MISSING,  /* a name on the way is not there, or is no folder */
	ROOT_DANGLING, /* the same behind a link, or links without end */
};

/* How links are taken. */
enum root_links {
	ROOT_FOLLOW, /* all */
	ROOT_REFUSE, /* none: a link on the way, the last name too, is what is found */
};

struct root_file {
	char path[PATH_MAX]; /* where it really is: "usr/lib/systemd/systemd" */
	mode_t mode;
};

/*
 * Looks for an absolute path. Where it is not found, out->path is what the links lead to
 * (ROOT_DANGLING), or as far as the way goes, and out->mode is of that.
 */
enum root_found root_tree_look(const struct root_tree *tree, const char *path,
	enum root_links links, struct root_file *out);

/* The contents of a regular file that was found; file_unmap() is for a folder's only. */
bool root_tree_map(const struct root_tree *tree, const struct root_file *file, struct mapped *out);
void root_tree_unmap(const struct root_tree *tree, struct mapped *m);

/* True when there is nothing in it at all. */
bool root_tree_is_empty(const struct root_tree *tree);

#endif
