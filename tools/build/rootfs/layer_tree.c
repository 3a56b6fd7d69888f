/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/build/rootfs/layer_tree.h"

#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/build/rootfs/layer_path.h"
#include "tools/lib/bytes.h"

#define LINKS_MAX 40u /* Linux: MAXSYMLINKS */

const char layer_too_much[] =
	"the image has more than 4194304 files, or folders nested deeper than 512";

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct layer_node *)a)->name, ((const struct layer_node *)b)->name);
}

mode_t layer_mode(const struct layer_node *node)
{
	return node->inode->entry ? node->inode->entry->mode : S_IFDIR | 0755;
}

struct layer_node *layer_child(const struct layer_node *folder, const char *name, size_t len)
{
	struct layer_node key = {.name = must_format("%.*s", (int)len, name)};
	struct layer_node **found = tfind(&key, &folder->children, by_name);

	free(key.name);
	return found ? *found : NULL;
}

struct layer_node *layer_add(struct layer_tree *tree, struct layer_node *folder, const char *name,
	size_t len, struct layer_inode *inode)
{
	struct layer_node *node;

	if (tree->count >= LAYER_NODES_MAX || (folder && folder->depth >= LAYER_DEPTH_MAX))
		return NULL;
	node = must_alloc(sizeof(*node));
	*node = (struct layer_node){
		.name = must_format("%.*s", (int)len, name),
		.inode = inode,
		.parent = folder,
		.depth = folder ? folder->depth + 1 : 0,
	};
	if (folder && !tsearch(node, &folder->children, by_name)) {
		free(node->name);
		free(node);
		return NULL;
	}
	inode->names++;
	tree->count++;
	return node;
}

static void free_node(struct layer_node *node);

static void free_child(void *child)
{
	free_node(child);
}

static void free_node(struct layer_node *node)
{
	tdestroy(node->children, free_child);
	if (--node->inode->names == 0) {
		free(node->inode->written);
		free(node->inode);
	}
	free(node->name);
	free(node);
}

static void count_nodes(const void *at, VISIT visit, void *sum)
{
	const struct layer_node *node = *(struct layer_node *const *)at;

	if (visit != postorder && visit != leaf)
		return;
	++*(size_t *)sum;
	twalk_r(node->children, count_nodes, sum);
}

void layer_empty(struct layer_tree *tree, struct layer_node *folder)
{
	size_t gone = 0;

	twalk_r(folder->children, count_nodes, &gone);
	tree->count -= gone;
	tdestroy(folder->children, free_child);
	folder->children = NULL;
}

void layer_remove(struct layer_tree *tree, struct layer_node *node)
{
	layer_empty(tree, node);
	(void)tdelete(node, &node->parent->children, by_name);
	tree->count--;
	free_node(node);
}

void layer_tree_free(struct layer_tree *tree)
{
	if (tree->root)
		free_node(tree->root);
	*tree = (struct layer_tree){0};
}

/* A way through the tree: where it is, and what is left of it. */
struct way {
	struct layer_node *at;
	char rest[2 * PATH_MAX];
	unsigned links;
};

/* Puts a link's target before what is left. */
static const char *enter_link(struct layer_tree *tree, struct way *w, const char *target)
{
	size_t len = strlen(target), rest = strlen(w->rest);

	if (++w->links > LINKS_MAX)
		return "links lead to links without end";
	if (len + rest + 2 > sizeof(w->rest))
		return "links make its path too long";
	memmove(w->rest + len + 1, w->rest, rest + 1);
	memcpy(w->rest, target, len);
	w->rest[len] = '/';
	if (*target == '/')
		w->at = tree->root;
	return NULL;
}

static struct layer_node *make_folder(
	struct layer_tree *tree, struct layer_node *folder, const char *name, size_t len)
{
	struct layer_inode *inode = must_alloc(sizeof(*inode));
	struct layer_node *node;

	*inode = (struct layer_inode){0};
	node = layer_add(tree, folder, name, len, inode);
	if (!node)
		free(inode);
	return node;
}

/* One name further; false at the end of the way, or with a reason. */
static bool step(struct layer_tree *tree, struct way *w, bool make, const char **reason)
{
	size_t from = strspn(w->rest, "/"), len = strcspn(w->rest + from, "/");
	char name[LAYER_NAME_MAX + 1];
	struct layer_node *child;

	if (!len)
		return false;
	if (len > LAYER_NAME_MAX) {
		*reason = "a link on its way has a name of more than 255 bytes";
		return false;
	}
	memcpy(name, w->rest + from, len);
	name[len] = '\0';
	memmove(w->rest, w->rest + from + len, strlen(w->rest + from + len) + 1);
	if (strcmp(name, ".") == 0)
		return true;
	if (strcmp(name, "..") == 0) {
		w->at = w->at->parent ? w->at->parent : w->at;
		return true;
	}
	child = layer_child(w->at, name, len);
	if (!child && make) {
		child = make_folder(tree, w->at, name, len);
		*reason = child ? NULL : layer_too_much;
	}
	if (child && S_ISLNK(layer_mode(child))) {
		*reason = enter_link(tree, w, child->inode->entry->target);
		return !*reason;
	}
	if (child && !S_ISDIR(layer_mode(child)))
		*reason = "a name on its way is a file, not a folder";
	w->at = child;
	return child && !*reason;
}

struct layer_node *layer_walk(
	struct layer_tree *tree, const char *path, size_t len, bool make, const char **reason)
{
	struct way w = {.at = tree->root};

	*reason = NULL;
	memcpy(w.rest, path, len);
	w.rest[len] = '\0';
	while (step(tree, &w, make, reason))
		;
	return *reason ? NULL : w.at;
}

struct writing {
	struct tar_writer *out;
	struct bytes path; /* of the folder at hand, without a NUL */
	bool fine;
};

static void write_node(struct writing *w, const struct layer_node *node);

static void write_child(const void *at, VISIT visit, void *context)
{
	struct writing *w = context;
	const struct layer_node *node = *(struct layer_node *const *)at;
	size_t before = w->path.len;

	if (visit != postorder && visit != leaf)
		return;
	if (before)
		bytes_add_text(&w->path, "/");
	bytes_add_text(&w->path, node->name);
	if (w->path.len > LAYER_PATH_MAX)
		w->fine = false;
	else
		write_node(w, node);
	w->path.len = before;
}

static void write_node(struct writing *w, const struct layer_node *node)
{
	static const struct tar_entry plain = {.mode = S_IFDIR | 0755};
	const struct tar_entry *entry = node->inode->entry ? node->inode->entry : &plain;
	char *path = must_format(
		"%.*s", (int)w->path.len, w->path.len ? (const char *)w->path.data : "");

	/* Of links and devices that have several names each becomes one of its own. */
	tar_write_entry(w->out, path, entry, S_ISREG(entry->mode) ? node->inode->written : NULL);
	if (node->inode->names > 1 && !node->inode->written)
		node->inode->written = path;
	else
		free(path);
	twalk_r(node->children, write_child, w);
}

bool layer_tree_write(struct layer_tree *tree, struct tar_writer *out)
{
	struct writing w = {.out = out, .fine = true};

	if (tree->root)
		write_node(&w, tree->root);
	bytes_free(&w.path);
	return w.fine;
}
