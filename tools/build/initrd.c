/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/build/build.h"
#include "tools/build/modules_needs.h"
#include "tools/lib/cpio.h"
#include "tools/lib/gzip.h"
#include "tools/lib/report.h"
#include "tools/lib/run.h"

#define CONSOLE_MAJOR 5u
#define CONSOLE_MINOR 1u

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Notes for the recipe that this file, below the modules' folder, was read. */
static void note_file(struct build *b, const char *path)
{
	b->module_files = must_realloc(
		b->module_files, b->module_file_count + 1, sizeof(*b->module_files));
	b->module_files[b->module_file_count++] = must_dup(path);
}

/* Maps one of depmod's files; one that may be missing is empty then. */
static bool read_text(struct build *b, enum module_text text, struct mapped *out)
{
	const char *name = module_text_name(text);
	char *path = must_format("%s/%s", b->options.modules_dir, name);
	bool fine = true;

	if (!access(path, R_OK)) {
		fine = file_map(path, out);
		note_file(b, name);
	} else if (errno != ENOENT || (text != MODULES_ALIAS && text != MODULES_BUILTIN_INFO)) {
		fine = complain("%s: %s; run depmod -b on the tree first", path, strerror(errno));
	}
	free(path);
	return fine;
}

static bool read_tree(struct build *b, struct module_tree *out)
{
	struct mapped m[MODULE_TEXT_COUNT] = {{NULL, 0}};
	struct module_bytes texts[MODULE_TEXT_COUNT];
	char error[128];
	bool fine = true;

	for (unsigned i = 0; fine && i < MODULE_TEXT_COUNT; i++) {
		fine = read_text(b, (enum module_text)i, &m[i]);
		texts[i] = (struct module_bytes){m[i].data, m[i].len};
	}
	if (fine && !module_tree_parse(texts, out, error))
		fine = complain("%s: %s", b->options.modules_dir, error);
	for (unsigned i = 0; i < MODULE_TEXT_COUNT; i++)
		file_unmap(&m[i]);
	return fine;
}

/* A module's bytes, unpacked when its file is compressed. */
static bool unpack_module(const char *path, struct bytes *out)
{
	static const struct {
		const char *suffix, *program, *package;
	} packers[] = {
		{".xz", "xz", "xz-utils"}, {".zst", "zstd", "zstd"}, {".gz", "gzip", "gzip"}};
	const char *suffix = strrchr(path, '.');
	struct mapped file;

	for (size_t i = 0; i < COUNT(packers); i++) {
		const char *const argv[] = {packers[i].program, "-dc", path, NULL};

		if (strcmp(suffix, packers[i].suffix) == 0)
			return run(argv, NULL, packers[i].package, out);
	}
	if (!file_map(path, &file))
		return false;
	bytes_add(out, file.data, file.len);
	file_unmap(&file);
	return true;
}

/* The module as the kernel loads it. */
static bool read_module(const struct build *b, const struct module *m, struct bytes *out)
{
	char *path = must_format("%s/%s", b->options.modules_dir, m->path);
	bool fine = unpack_module(path, out);

	if (fine && (out->len < SELFMAG || memcmp(out->data, ELFMAG, SELFMAG) != 0))
		fine = complain("%s is no kernel module: it holds no ELF file", path);
	free(path);
	return fine;
}

struct contents {
	struct bytes list; /* /modules.list */
	struct bytes *modules;
	char **paths;
	size_t count;
};

static bool read_contents(struct build *b, const struct module_tree *tree,
	const struct module_list *picks, struct contents *c)
{
	module_list_write(tree, picks, &c->list);
	c->modules = must_alloc((picks->count + 1) * sizeof(*c->modules));
	c->paths = must_alloc((picks->count + 1) * sizeof(*c->paths));
	for (size_t i = 0; i < picks->count; i++) {
		const struct module_pick *pick = &picks->picks[i];

		c->modules[i] = (struct bytes){0};
		c->paths[i] = must_format("modules/%s.ko", pick->module->name);
		c->count = i + 1;
		note_file(b, pick->module->path);
		if (!read_module(b, pick->module, &c->modules[i]))
			return false;
	}
	return true;
}

static void free_contents(struct contents *c)
{
	for (size_t i = 0; i < c->count; i++) {
		bytes_free(&c->modules[i]);
		free(c->paths[i]);
	}
	free(c->modules);
	free(c->paths);
	bytes_free(&c->list);
}

static bool pack(const struct build *b, const struct contents *c, struct bytes *out)
{
	static const char *const folders[] = {"dev", "modules", "proc", "run", "sys", "sysroot"};
	struct cpio_entry *entries = must_realloc(
		NULL, c->count + COUNT(folders) + 3, sizeof(*entries));
	size_t n = 0;
	bool fine;

	for (size_t i = 0; i < COUNT(folders); i++)
		entries[n++] = (struct cpio_entry){.path = folders[i], .mode = S_IFDIR | 0755};
	entries[n++] = (struct cpio_entry){.path = "dev/console",
		.mode = S_IFCHR | 0600,
		.major = CONSOLE_MAJOR,
		.minor = CONSOLE_MINOR};
	entries[n++] = (struct cpio_entry){
		.path = "init", .mode = S_IFREG | 0755, .data = b->early.data, .len = b->early.len};
	entries[n++] = (struct cpio_entry){.path = "modules.list",
		.mode = S_IFREG | 0644,
		.data = c->list.data,
		.len = c->list.len};
	for (size_t i = 0; i < c->count; i++)
		entries[n++] = (struct cpio_entry){.path = c->paths[i],
			.mode = S_IFREG | 0644,
			.data = c->modules[i].data,
			.len = c->modules[i].len};
	fine = cpio_write(entries, n, out);
	free(entries);
	return fine;
}

bool initrd_make(struct build *b)
{
	struct module_tree tree = {0};
	struct module_list picks = {0};
	struct contents contents = {0};
	struct bytes archive = {0};
	bool fine = read_tree(b, &tree) && modules_choose(b, &tree, &picks) &&
		    read_contents(b, &tree, &picks, &contents) && pack(b, &contents, &archive) &&
		    gzip_pack(archive.data, archive.len, &b->initrd);

	if (fine)
		progress("initrd: PID 1 and %zu modules, %zu KiB (%zu KiB unpacked)", picks.count,
			b->initrd.len / 1024, archive.len / 1024);
	bytes_free(&archive);
	free_contents(&contents);
	module_list_free(&picks);
	module_tree_free(&tree);
	return fine;
}
