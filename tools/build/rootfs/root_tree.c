/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/build/rootfs/root_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/lib/report.h"

#define LINKS_MAX 40u /* Linux: MAXSYMLINKS */

bool root_tree_of_folder(const char *path, struct root_tree *out)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return complain("--root %s: %s", path, strerror(errno));
	*out = (struct root_tree){.folder = fd};
	return true;
}

bool root_tree_of_tar(const char *name, const struct mapped *file, struct root_tree *out)
{
	struct root_tree tree = {.folder = -1};
	struct flaw flaw;

	if (!tar_list_read(file->data, file->len, &tree.tar, &flaw))
		return flaw_complain(name, &flaw);
	*out = tree;
	return true;
}

void root_tree_close(struct root_tree *tree)
{
	if (tree->folder >= 0)
		close(tree->folder);
	else
		tar_list_free(&tree->tar);
	*tree = (struct root_tree){.folder = -1};
}

/* A hard link's entry has the mode, but not the contents, of what it names. */
static const struct tar_entry *entry_of(const struct tar_list *list, const char *path)
{
	const struct tar_entry *entry = tar_list_find(list, path);

	for (unsigned i = 0; entry && entry->is_hard_link && i < LINKS_MAX; i++)
		entry = tar_list_find(list, entry->target);
	return entry;
}

/* The mode of what has this path, none of whose folders is a link; a link's target as well. */
static bool look_in_folder(int fd, const char *path, mode_t *mode, char target[PATH_MAX])
{
	struct stat st;
	ssize_t len;

	if (fstatat(fd, *path ? path : ".", &st, AT_SYMLINK_NOFOLLOW))
		return false;
	*mode = st.st_mode;
	if (!S_ISLNK(st.st_mode))
		return true;
	len = readlinkat(fd, path, target, PATH_MAX - 1);
	if (len < 0)
		return false;
	target[len] = '\0';
	return true;
}

static bool look_in_tar(
	const struct tar_list *list, const char *path, mode_t *mode, char target[PATH_MAX])
{
	const struct tar_entry *entry = entry_of(list, path);

	if (!entry && *path && !tar_list_has_below(list, path))
		return false;
	*mode = entry ? entry->mode : S_IFDIR | 0755;
	if (entry && S_ISLNK(entry->mode))
		(void)snprintf(target, PATH_MAX, "%s", entry->target);
	return true;
}

static bool look_at(
	const struct root_tree *tree, const char *path, mode_t *mode, char target[PATH_MAX])
{
	return tree->folder >= 0 ? look_in_folder(tree->folder, path, mode, target)
				 : look_in_tar(&tree->tar, path, mode, target);
}

/* One name further; ".." at the top stays there. False when the path becomes too long. */
static bool step(char path[PATH_MAX], const char *name, size_t len)
{
	size_t at = strlen(path);

	if (len == 0 || (len == 1 && name[0] == '.'))
		return true;
	if (len == 2 && name[0] == '.' && name[1] == '.') {
		char *slash = strrchr(path, '/');

		*(slash ? slash : path) = '\0';
		return true;
	}
	if (at + len + 2 > PATH_MAX)
		return false;
	(void)snprintf(path + at, PATH_MAX - at, "%s%.*s", at ? "/" : "", (int)len, name);
	return true;
}

/* Puts a link's target before what is left of the way. */
static bool enter_link(char path[PATH_MAX], char rest[PATH_MAX], const char *target)
{
	char way[2 * PATH_MAX];
	char *slash = strrchr(path, '/');

	(void)snprintf(way, sizeof(way), "%s%s%s", target, *rest ? "/" : "", rest);
	*(slash && target[0] != '/' ? slash : path) = '\0';
	if (strlen(way) >= PATH_MAX)
		return false;
	memcpy(rest, way, strlen(way) + 1);
	return true;
}

enum root_found root_tree_look(const struct root_tree *tree, const char *path,
	enum root_links links, struct root_file *out)
{
	char rest[PATH_MAX], target[PATH_MAX];
	struct root_file at = {.mode = S_IFDIR};
	unsigned followed = 0;
	bool there = true;

	(void)snprintf(rest, sizeof(rest), "%s", path);
	while (there && *rest) {
		size_t len = strcspn(rest, "/");

		there = S_ISDIR(at.mode) && step(at.path, rest, len) &&
			look_at(tree, at.path, &at.mode, target);
		memmove(rest, rest + len, strlen(rest + len) + 1);
		memmove(rest, rest + strspn(rest, "/"), strlen(rest + strspn(rest, "/")) + 1);
		if (!there || !S_ISLNK(at.mode) || links == ROOT_REFUSE)
			continue;
		there = ++followed <= LINKS_MAX && enter_link(at.path, rest, target);
		at.mode = S_IFDIR;
		/* A target that is "/" or ".." leads to a folder without another name. */
		there = there && (*rest || look_at(tree, at.path, &at.mode, target));
	}
	if (!there && followed)
		(void)step(at.path, rest, strlen(rest));
	*out = at;
	if (there)
		return ROOT_FOUND;
	return followed ? ROOT_DANGLING : ROOT_MISSING;
}

bool root_tree_map(const struct root_tree *tree, const struct root_file *file, struct mapped *out)
{
	const struct tar_entry *entry;
	struct stat st;
	void *p = MAP_FAILED;
	int fd;

	if (tree->folder < 0) {
		entry = entry_of(&tree->tar, file->path);
		*out = (struct mapped){entry ? entry->data : NULL, entry ? entry->len : 0};
		return entry != NULL;
	}
	fd = openat(tree->folder, file->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	*out = (struct mapped){NULL, 0};
	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p != MAP_FAILED)
		*out = (struct mapped){p, (size_t)st.st_size};
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

void root_tree_unmap(const struct root_tree *tree, struct mapped *m)
{
	if (tree->folder >= 0)
		file_unmap(m);
}

bool root_tree_is_empty(const struct root_tree *tree)
{
	int fd = tree->folder >= 0 ? openat(tree->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
				   : -1;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	bool empty = true;

	/* The top folder itself has the first place. */
	if (tree->folder < 0)
		return !tree->tar.count || !*tree->tar.entries[tree->tar.count - 1].path;
	if (!dir)
		return false;
	while (empty && (entry = readdir(dir)))
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	closedir(dir);
	return empty;
}
