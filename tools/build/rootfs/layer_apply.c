/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the entries of a layer do to the tree below. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/build/rootfs/layer_path.h"
#include "tools/build/rootfs/layer_tree.h"
#include "tools/lib/bytes.h"

#define ID_MAX	  0xfffffffeu /* Linux: the largest owner */
#define MAJOR_MAX 4095u	      /* Linux: 12 and 20 bits */
#define MINOR_MAX 1048575u
#define XATTR_MAX 65536u /* Linux: XATTR_SIZE_MAX */

/* What no unpacker could make of an entry; NULL when all is well. */
static const char *entry_flaw(const struct tar_entry *e)
{
	if (e->type && !strchr("01234567", e->type))
		return "it is of a kind that layers do not have";
	if (e->is_sparse)
		return "it is a sparse file, which layers do not have: make the layer without "
		       "tar's --sparse";
	if (e->uid > ID_MAX || e->gid > ID_MAX)
		return "its owner is no number that Linux has";
	if ((S_ISCHR(e->mode) || S_ISBLK(e->mode)) &&
		(e->major > MAJOR_MAX || e->minor > MINOR_MAX))
		return "it is a device with a number that Linux does not have";
	if (e->target && (!*e->target || strlen(e->target) > LAYER_PATH_MAX))
		return "it is a link to nothing, or to a path of more than 4095 bytes";
	for (size_t i = 0; i < e->xattr_count; i++)
		if (e->xattrs[i].len > XATTR_MAX || strlen(e->xattrs[i].name) > LAYER_NAME_MAX)
			return "an extended attribute of it is larger than Linux takes";
	return NULL;
}

static const char *apply_whiteout(struct layer_tree *tree, const struct tar_entry *e)
{
	struct layer_path path = layer_path_read(e->path);
	struct layer_node *folder, *gone;
	const char *reason;

	if (path.kind != LAYER_WHITEOUT && path.kind != LAYER_OPAQUE)
		return path.why;
	folder = layer_walk(tree, e->path, path.dir_len, false, &reason);
	if (!folder)
		return reason;
	gone = path.kind == LAYER_WHITEOUT ? layer_child(folder, path.name, strlen(path.name))
					   : NULL;
	if (path.kind == LAYER_OPAQUE)
		layer_empty(tree, folder);
	else if (gone)
		layer_remove(tree, gone);
	return NULL;
}

/* The file that a hard link names. */
static const char *find_target(
	struct layer_tree *tree, const struct tar_entry *e, struct layer_node **out)
{
	struct layer_path path = layer_path_read(e->target);
	struct layer_node *folder;
	const char *reason = NULL;

	if (path.kind != LAYER_FILE)
		return "it is a hard link to a path that cannot be";
	folder = layer_walk(tree, e->target, path.dir_len, false, &reason);
	if (reason)
		return reason;
	*out = folder ? layer_child(folder, path.name, strlen(path.name)) : NULL;
	if (!*out)
		return "it is a hard link to a file that is not there";
	return S_ISDIR(layer_mode(*out)) ? "it is a hard link to a folder" : NULL;
}

/* The file of an entry: a new one, or the one that a hard link names; *out is NULL with a reason.
 */
static const char *file_of(
	struct layer_tree *tree, const struct tar_entry *e, struct layer_inode **out)
{
	struct layer_node *target;
	const char *reason;

	*out = NULL;
	if (e->is_hard_link) {
		reason = find_target(tree, e, &target);
		if (!reason)
			*out = target->inode;
		return reason;
	}
	*out = must_alloc(sizeof(**out));
	**out = (struct layer_inode){.entry = e};
	return NULL;
}

static void let_go(struct layer_inode *inode)
{
	if (--inode->names == 0)
		free(inode);
}

/* Replaces whatever has that name; a folder by a folder in its attributes only. */
static const char *put_file(struct layer_tree *tree, struct layer_node *folder, const char *name,
	const struct tar_entry *e)
{
	struct layer_node *old = layer_child(folder, name, strlen(name));
	struct layer_inode *inode;
	const char *reason;

	if (old && S_ISDIR(layer_mode(old)) && S_ISDIR(e->mode)) {
		old->inode->entry = e;
		return NULL;
	}
	reason = file_of(tree, e, &inode);
	if (reason)
		return reason;
	/* The file may have the old name only, which goes now. */
	inode->names++;
	if (old)
		layer_remove(tree, old);
	reason = layer_add(tree, folder, name, strlen(name), inode) ? NULL : layer_too_much;
	let_go(inode);
	return reason;
}

static const char *apply_entry(struct layer_tree *tree, const struct tar_entry *e)
{
	struct layer_path path = layer_path_read(e->path);
	struct layer_node *folder;
	const char *reason;

	if (path.kind != LAYER_FILE)
		return NULL;
	reason = entry_flaw(e);
	if (reason)
		return reason;
	if (!*e->path) {
		tree->root->inode->entry = e;
		return S_ISDIR(e->mode) ? NULL : "the root of a layer is no folder";
	}
	folder = layer_walk(tree, e->path, path.dir_len, true, &reason);
	return folder ? put_file(tree, folder, path.name, e) : reason;
}

struct ordered_entry {
	const struct tar_entry *entry;
};

static int by_order(const void *a, const void *b)
{
	size_t one = ((const struct ordered_entry *)a)->entry->order;
	size_t two = ((const struct ordered_entry *)b)->entry->order;

	return (one > two) - (one < two);
}

/* The entries as they stand in the file; the caller frees the list. */
static struct ordered_entry *in_order(const struct tar_list *layer)
{
	struct ordered_entry *list = must_realloc(NULL, layer->count + 1, sizeof(*list));

	for (size_t i = 0; i < layer->count; i++)
		list[i].entry = &layer->entries[i];
	qsort(list, layer->count, sizeof(*list), by_order);
	return list;
}

static bool apply_all(struct layer_tree *tree, const struct tar_list *layer,
	const char *(*apply)(struct layer_tree *, const struct tar_entry *),
	struct layer_flaw *flaw)
{
	struct ordered_entry *list = in_order(layer);
	const char *reason = NULL;

	for (size_t i = 0; !reason && i < layer->count; i++) {
		reason = apply(tree, list[i].entry);
		if (reason)
			*flaw = (struct layer_flaw){list[i].entry->path, reason};
	}
	free(list);
	return !reason;
}

static bool make_root(struct layer_tree *tree)
{
	struct layer_inode *inode;

	if (tree->root)
		return true;
	inode = must_alloc(sizeof(*inode));
	*inode = (struct layer_inode){0};
	tree->root = layer_add(tree, NULL, "", 0, inode);
	return tree->root != NULL;
}

bool layer_tree_apply(
	struct layer_tree *tree, const struct tar_list *layer, struct layer_flaw *flaw)
{
	return make_root(tree) && apply_all(tree, layer, apply_whiteout, flaw) &&
	       apply_all(tree, layer, apply_entry, flaw);
}
