#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/build/build.h"
#include "tools/build/modules.h"
#include "tools/lib/cpio.h"
#include "tools/lib/gzip.h"
#include "tools/lib/report.h"
#include "tools/lib/run.h"

#define CONSOLE_MAJOR 5u
#define CONSOLE_MINOR 1u

/* What the guest needs in any case, then what it uses where the kernel has it. */
static const char *const mandatory[] = {"virtio_pci", "virtio_blk", "virtio_net", "dm_mod",
	"dm_verity", "dm_crypt", "dm_integrity", "ext4"};
static const char *const optional[] = {"virtio_scsi", "af_packet", "ipv6", "tpm_crb", "tpm_tis",
	"sha256_generic", "sha256_ssse3", "crc32c_generic", "crc32c_intel", "hmac"};
static const char *const for_aegis[] = {"aegis128"};
static const char *const for_aegis_optional[] = {"aegis128_aesni"};
static const char *const for_xts[] = {"xts", "authenc"};
static const char *const for_xts_optional[] = {"aesni_intel"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool add_all(const struct build *b, const struct module_tree *tree, const char *const *names,
	size_t count, bool is_optional, struct module_list *list)
{
	for (size_t i = 0; i < count; i++) {
		enum module_found found = module_list_add(tree, names[i], is_optional, list);

		if (found == MODULE_MISSING && !is_optional)
			return complain("the module %s is neither in %s nor built into the kernel",
				names[i], b->options.modules_dir);
	}
	return true;
}

static const char *root_module(enum root_format format)
{
	switch (format) {
	case ROOT_EROFS:
		return "erofs";
	case ROOT_SQUASHFS:
		return "squashfs";
	case ROOT_DEFAULT:
		break;
	case ROOT_EXT4:
		return "ext4";
	}
	return "";
}

static bool choose(const struct build *b, const struct module_tree *tree, struct module_list *list)
{
	const struct build_options *o = &b->options;
	const struct cmdline_request settings = {
		.settings = o->settings, .setting_count = o->setting_count};
	const char *cipher = cmdline_setting(
		&settings, "protostar.state.cipher", "aegis128-random");
	const char *root[] = {root_module(b->root_format)};
	bool aegis = strcmp(cipher, "aegis128-random") == 0;

	return add_all(b, tree, mandatory, COUNT(mandatory), false, list) &&
	       add_all(b, tree, root, 1, false, list) &&
	       (aegis ? add_all(b, tree, for_aegis, COUNT(for_aegis), false, list)
		      : add_all(b, tree, for_xts, COUNT(for_xts), false, list)) &&
	       add_all(b, tree, o->modules, o->module_count, false, list) &&
	       (aegis ? add_all(b, tree, for_aegis_optional, COUNT(for_aegis_optional), true, list)
		      : add_all(b, tree, for_xts_optional, COUNT(for_xts_optional), true, list)) &&
	       add_all(b, tree, optional, COUNT(optional), true, list);
}

/* Notes for the recipe that this file, below the modules' folder, was read. */
static void note_file(struct build *b, const char *path)
{
	b->module_files = must_realloc(
		b->module_files, b->module_file_count + 1, sizeof(*b->module_files));
	b->module_files[b->module_file_count++] = must_dup(path);
}

static bool read_tree(struct build *b, struct module_tree *out)
{
	static const char *const names[] = {"modules.dep", "modules.builtin", "modules.softdep"};
	struct mapped m[COUNT(names)] = {{NULL, 0}};
	char error[128];
	bool fine = true;

	for (size_t i = 0; fine && i < COUNT(names); i++) {
		char *path = must_format("%s/%s", b->options.modules_dir, names[i]);

		if (access(path, R_OK))
			fine = complain(
				"%s: %s; run depmod -b on the tree first", path, strerror(errno));
		else
			fine = file_map(path, &m[i]);
		note_file(b, names[i]);
		free(path);
	}
	if (fine && !module_tree_parse(m[0].data, m[0].len, m[1].data, m[1].len, m[2].data,
			    m[2].len, out, error))
		fine = complain("%s: %s", b->options.modules_dir, error);
	for (size_t i = 0; i < COUNT(names); i++)
		file_unmap(&m[i]);
	return fine;
}

/* The module's file as the kernel loads it, unpacked at build time when it lies compressed. */
static bool read_module(const struct build *b, const struct module *m, struct bytes *out)
{
	static const struct {
		const char *suffix, *program, *package;
	} packers[] = {
		{".xz", "xz", "xz-utils"}, {".zst", "zstd", "zstd"}, {".gz", "gzip", "gzip"}};
	char *path = must_format("%s/%s", b->options.modules_dir, m->path);
	const char *suffix = strrchr(m->path, '.');
	struct mapped file;
	bool fine = false;

	for (size_t i = 0; i < COUNT(packers); i++) {
		const char *const argv[] = {packers[i].program, "-dc", path, NULL};

		if (strcmp(suffix, packers[i].suffix) == 0) {
			fine = run(argv, NULL, packers[i].package, out);
			free(path);
			return fine;
		}
	}
	fine = file_map(path, &file);
	if (fine) {
		bytes_add(out, file.data, file.len);
		file_unmap(&file);
	}
	free(path);
	return fine;
}

struct contents {
	struct bytes
		list; /* /modules.list: a path below /modules a line, '-' before optional ones */
	struct bytes *modules;
	char **paths;
	size_t count;
};

static bool read_contents(struct build *b, const struct module_list *picks, struct contents *c)
{
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
		bytes_addf(&c->list, "%s%s.ko\n", pick->optional ? "-" : "", pick->module->name);
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
	bool fine = read_tree(b, &tree) && choose(b, &tree, &picks) &&
		    read_contents(b, &picks, &contents) && pack(b, &contents, &archive) &&
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
