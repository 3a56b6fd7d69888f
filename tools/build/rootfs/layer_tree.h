/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a container image: its layers, applied one on the other. Nothing is unpacked; a file
 * is the entry of the layer's tar file that it came from, and links are followed in this tree
 * alone, so nothing in a layer can lead out of it.
 *
 * Of each layer, whiteouts come first, since they mean layers below only (OCI image specification,
 * the layer specification); then its entries in their order. A folder that is there twice has the
 * later attributes and the contents of both; whatever else is there twice is the later one alone.
 * Files that are hard links stay one file until one of the names is replaced.
 *
 * Order: a zeroed struct layer_tree; layer_tree_apply() for each layer; layer_tree_write();
 * layer_tree_free(). The lists, and the files that they are of, must stay until the end.
 */
#ifndef TOOLS_BUILD_ROOTFS_LAYER_TREE_H
#define TOOLS_BUILD_ROOTFS_LAYER_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include "tools/lib/tar_list.h"
#include "tools/lib/tar_write.h"

#define LAYER_NODES_MAX (4u << 20) /* names in a tree, and of a layer */
#define LAYER_DEPTH_MAX 512u	   /* folders in folders */

/* A file that has one name or more. */
struct layer_inode {
	const struct tar_entry *entry; /* NULL: a folder that no layer describes */
	size_t names;
	char *written; /* its first name in the tar file that is written */
};

struct layer_node {
	char *name;
	struct layer_inode *inode;
	struct layer_node *parent; /* NULL: the root */
	unsigned depth;
	void *children; /* of a folder: tsearch()'s tree, by name */
};

struct layer_tree {
	struct layer_node *root; /* made by the first layer */
	size_t count;		 /* nodes */
};

/* What of a layer was refused. */
struct layer_flaw {
	const char *path;   /* of the entry: borrowed from the list */
	const char *reason; /* a constant text */
};

/* False, with *flaw, when an entry cannot be applied; the tree can then only be freed. */
bool layer_tree_apply(
	struct layer_tree *tree, const struct tar_list *layer, struct layer_flaw *flaw);

/* All of it, in the order of names. False when a path is too long for Linux. */
bool layer_tree_write(struct layer_tree *tree, struct tar_writer *out);

void layer_tree_free(struct layer_tree *tree);

/* Inside of the room: layer_tree.c has nodes and ways, layer_apply.c what entries do to them. */

/* Why layer_add() has failed. */
extern const char layer_too_much[];

/* NULL when there is none of this name. */
struct layer_node *layer_child(const struct layer_node *folder, const char *name, size_t len);
/* A new file of one name in the folder, which has none of that name. NULL: too many, or too deep.
 */
struct layer_node *layer_add(struct layer_tree *tree, struct layer_node *folder, const char *name,
	size_t len, struct layer_inode *inode);
void layer_remove(struct layer_tree *tree, struct layer_node *node);
void layer_empty(struct layer_tree *tree, struct layer_node *folder);
mode_t layer_mode(const struct layer_node *node);

/*
 * The folder that the first len bytes of path lead to, links followed. make: folders that are not
 * there are made. NULL: there is none (without make), or with *reason the way cannot be gone.
 */
struct layer_node *layer_walk(
	struct layer_tree *tree, const char *path, size_t len, bool make, const char **reason);

#endif
