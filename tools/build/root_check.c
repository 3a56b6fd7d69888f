/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What PID 1 needs of the root file system, so that a build fails and not a boot: the folders that
 * it moves its mounts to, init and what starts it, mkfs.ext4, the state disk's place. The rules are
 * those of early/switch_root.c, early/disk/root_disk.c, early/disk/mkfs.c and
 * early/disk/state_mount.c.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tools/build/build.h"
#include "tools/build/rootfs/root_tree.h"
#include "tools/lib/report.h"

#define INTERPRETERS_MAX 4u /* Linux: how often a script may be started by a script */

struct check {
	const struct build *build;
	const struct root_tree *tree;
	const char *root; /* as it was given */
};

static const char *setting(const struct check *c, const char *key, const char *fallback)
{
	const struct cmdline_request request = {.settings = c->build->options.settings,
		.setting_count = c->build->options.setting_count};

	return cmdline_setting(&request, key, fallback);
}

/* /dev and its like: folders of the root's own, since a link would lead through the initrd. */
static bool check_folders(const struct check *c)
{
	static const char *const names[] = {"/dev", "/proc", "/sys", "/run"};
	bool fine = true;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct root_file file;

		if (root_tree_look(c->tree, names[i], ROOT_REFUSE, &file) != ROOT_FOUND)
			fine = complain("--root %s has no folder %s: PID 1 would stop with E305 "
					"or E567; make an empty one",
				c->root, names[i]);
		else if (!S_ISDIR(file.mode))
			fine = complain("--root %s: %s is no folder: PID 1 would stop with E305; "
					"make it an empty folder",
				c->root, names[i]);
	}
	return fine;
}

/* The program behind "#!"; the caller frees it. */
static char *script_interpreter(const struct mapped *m)
{
	size_t from = 2, len = 0;

	while (from < m->len && (m->data[from] == ' ' || m->data[from] == '\t'))
		from++;
	while (from + len < m->len && m->data[from + len] > ' ')
		len++;
	return must_format("%.*s", (int)(len > 4096 ? 4096 : len), (const char *)m->data + from);
}

static bool check_program(
	const struct check *c, const char *path, const char *what, unsigned depth);

/* What the kernel looks at when it starts a program. */
static bool check_contents(const struct check *c, const char *path, const char *what,
	const struct mapped *m, unsigned depth)
{
	char *next = NULL;
	bool fine = true;

	if (m->len > EI_CLASS && memcmp(m->data, ELFMAG, SELFMAG) == 0) {
		if (!inputs_runs(c->build, m))
			return complain("--root %s: %s is for another architecture than the "
					"kernel: %s",
				c->root, path, what);
		if (m->data[EI_CLASS] == ELFCLASS64)
			next = inputs_loader(m);
	} else if (m->len > 2 && memcmp(m->data, "#!", 2) == 0) {
		next = script_interpreter(m);
	} else {
		return complain("--root %s: %s is neither an ELF program nor a script with #!: %s",
			c->root, path, what);
	}
	if (next && depth < INTERPRETERS_MAX) {
		char *why = must_format("%s needs it: %s", path, what);

		fine = check_program(c, next, why, depth + 1);
		free(why);
	}
	free(next);
	return fine;
}

static bool check_found(const struct check *c, const char *path, const char *what,
	const struct root_file *file, unsigned depth)
{
	struct mapped m;
	bool fine;

	if (!S_ISREG(file->mode))
		return complain("--root %s: %s is no file: %s", c->root, path, what);
	if (!(file->mode & 0111))
		return complain("--root %s: %s is not executable (mode %04o): %s", c->root, path,
			(unsigned)(file->mode & 07777), what);
	if (!root_tree_map(c->tree, file, &m))
		return complain("--root %s: %s cannot be read: run as root, or read it first",
			c->root, path);
	fine = check_contents(c, path, what, &m, depth);
	root_tree_unmap(c->tree, &m);
	return fine;
}

/* what: what happens without this program, and what to do. */
static bool check_program(const struct check *c, const char *path, const char *what, unsigned depth)
{
	struct root_file file;

	switch (root_tree_look(c->tree, path, ROOT_FOLLOW, &file)) {
	case ROOT_MISSING:
		return complain("--root %s has no %s: %s", c->root, path, what);
	case ROOT_DANGLING:
		return complain("--root %s has no %s (links lead to /%s, which is not there): %s",
			c->root, path, file.path, what);
	case ROOT_FOUND:
		break;
	}
	return check_found(c, path, what, &file, depth);
}

static bool check_init(const struct check *c)
{
	return check_program(c, setting(c, "protostar.init", "/sbin/init"),
		"PID 1 would stop with E412 (--option protostar.init=PATH names another)", 0);
}

/* PID 1 takes the first of the two that it can start. */
static bool check_mkfs(const struct check *c)
{
	static const char first[] = "/usr/sbin/mkfs.ext4", second[] = "/sbin/mkfs.ext4";
	static const char what[] = "PID 1 would stop with E568 at a new state disk; install "
				   "e2fsprogs";
	struct root_file file;

	if (root_tree_look(c->tree, first, ROOT_FOLLOW, &file) == ROOT_FOUND)
		return check_program(c, first, what, 0);
	if (root_tree_look(c->tree, second, ROOT_FOLLOW, &file) == ROOT_FOUND)
		return check_program(c, second, what, 0);
	return check_program(c, first, what, 0);
}

/* Below /run PID 1 makes the folders itself. */
static bool check_state_mount(const struct check *c)
{
	const char *path = setting(c, "protostar.state.mount", "/run/state");
	struct root_file file;

	if (strncmp(path, "/run/", 5) == 0)
		return true;
	if (root_tree_look(c->tree, path, ROOT_REFUSE, &file) == ROOT_FOUND && S_ISDIR(file.mode))
		return true;
	if (S_ISLNK(file.mode))
		return complain("--root %s: protostar.state.mount=%s goes through the link /%s, "
				"which PID 1 does not follow: name the folder that it leads to",
			c->root, path, file.path);
	return complain("--root %s has no folder %s, which protostar.state.mount names: PID 1 "
			"would stop with E574 after the join; make an empty one",
		c->root, path);
}

/* Everything in one folder: the folder was packed, not what is in it. The caller frees it. */
static char *only_folder(const struct root_tree *tree)
{
	static const char *const names[] = {"etc", "usr", "sbin", "oci-layout"};
	const char *first = NULL;
	char *folder;
	struct root_file file;
	bool one = tree->folder < 0;

	for (size_t i = 0; one && i < tree->tar.count; i++) {
		const char *path = tree->tar.entries[i].path;

		if (!*path)
			continue;
		if (!first)
			first = path;
		one = strcspn(path, "/") == strcspn(first, "/") &&
		      strncmp(path, first, strcspn(first, "/")) == 0;
	}
	if (!one || !first)
		return NULL;
	folder = must_format("%.*s", (int)strcspn(first, "/"), first);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = must_format("/%s/%s", folder, names[i]);
		bool is = root_tree_look(tree, path, ROOT_FOLLOW, &file) == ROOT_FOUND;

		free(path);
		if (is)
			return folder;
	}
	free(folder);
	return NULL;
}

/* What is no root file system at all, so that single complaints would hide the cause. */
static bool check_kind(const struct check *c)
{
	char *folder;

	if (root_tree_is_empty(c->tree))
		return complain("--root %s holds nothing: it takes the files of a whole root file "
				"system",
			c->root);
	folder = only_folder(c->tree);
	if (folder)
		complain("--root %s: everything in it lies in the folder %s: pack what is in that "
			 "folder (tar -C %s -cf root.tar .)",
			c->root, folder, folder);
	free(folder);
	return !folder;
}

static bool is_there(const struct check *c, const char *path, struct root_file *out)
{
	return root_tree_look(c->tree, path, ROOT_FOLLOW, out) == ROOT_FOUND;
}

/* What PID 1 hands over to, and systemd then stumbles over. */
static void warn_of_habits(const struct check *c)
{
	static const char systemd[] = "/systemd/systemd";
	struct root_file file;
	size_t len;

	if (!is_there(c, setting(c, "protostar.init", "/sbin/init"), &file))
		return;
	len = strlen(file.path);
	if (len < strlen(systemd) || strcmp(file.path + len - strlen(systemd), systemd) != 0)
		return;
	if (!is_there(c, "/etc/machine-id", &file))
		report_error("warning: --root %s has no /etc/machine-id: systemd does not boot on "
			     "a read-only root without it; make an empty file",
			c->root);
	if (is_there(c, "/.dockerenv", &file))
		report_error("warning: --root %s has /.dockerenv, by which systemd takes a VM for "
			     "a container: remove it",
			c->root);
}

/* Images for containers are made to be started by a program outside of them. */
static void say_what_images_lack(const struct check *c)
{
	report_error("note: %s is a container image, and most have neither an init nor what it "
		     "needs: add it where the image is made, on Debian RUN apt-get install -y "
		     "systemd-sysv udev dbus e2fsprogs, and make what is missing beside",
		c->root);
}

bool root_check(const struct build *b, const struct root_tree *tree)
{
	const struct check c = {b, tree, b->options.root};
	bool fine;

	if (!check_kind(&c))
		return false;
	/* All of them are told at once. */
	fine = check_init(&c);
	fine = check_folders(&c) && fine;
	fine = check_mkfs(&c) && fine;
	fine = check_state_mount(&c) && fine;
	if (fine)
		warn_of_habits(&c);
	else if (b->root_of_image)
		say_what_images_lack(&c);
	return fine;
}
