/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <errno.h>
#include <zlib.h>
#include "tools/build/recipe.h"
#include "tools/lib/bank.h"
#include "tools/lib/report.h"
#include "tools/lib/run.h"
#include "tools/lib/tree_hash.h"

/* A name that recipe_read() takes; for a file that is called otherwise, what it is used as. */
static char *plain_name(const char *path, const char *otherwise)
{
	char *name = path_name(path);
	bool plain = *name && strlen(name) <= RECIPE_NAME_MAX && strcmp(name, ".") &&
		     strcmp(name, "..") && strcmp(name, "/");

	for (const char *c = name; *c; c++)
		plain = plain && *c >= ' ' && *c < 0x7f;
	if (plain)
		return name;
	free(name);
	return must_dup(otherwise);
}

static bool hash_file(const char *path, uint64_t *out_size, uint8_t out[32])
{
	struct mapped m;

	if (!file_map(path, &m))
		return false;
	bank_hash(BANK_SHA256, m.data, m.len, out);
	*out_size = m.len;
	file_unmap(&m);
	return true;
}

bool recipe_hash_input(
	enum recipe_role role, const char *path, bool keep_owners, struct recipe_input *out)
{
	struct recipe_input input = {.present = true};
	struct tree_hash tree;
	struct stat st;

	if (role == RECIPE_MODULES)
		return complain("modules are compared file by file");
	if (stat(path, &st))
		return complain("%s %s: %s", recipe_role_name(role), path, strerror(errno));
	if (role == RECIPE_ROOT && S_ISDIR(st.st_mode)) {
		if (!tree_hash(path, keep_owners, &tree))
			return false;
		input.folder = true;
		input.entries = tree.entries;
		input.file.size = tree.bytes;
		memcpy(input.file.sha256, tree.sha256, sizeof(input.file.sha256));
	} else if (!hash_file(path, &input.file.size, input.file.sha256)) {
		return false;
	}
	*out = input;
	return true;
}

static bool collect_inputs(const struct build *b, struct recipe *out)
{
	const struct build_options *o = &b->options;
	const char *const paths[RECIPE_ROLE_COUNT] = {
		[RECIPE_KERNEL] = o->kernel,
		[RECIPE_ROOT] = o->root,
		[RECIPE_EARLY] = o->early,
		[RECIPE_STUB] = o->stub,
		[RECIPE_OSREL] = o->osrel,
		[RECIPE_CERTIFICATE] = o->sign.cert,
	};

	for (unsigned i = 0; i < RECIPE_ROLE_COUNT; i++) {
		if (!paths[i])
			continue;
		if (!recipe_hash_input(
			    (enum recipe_role)i, paths[i], o->keep_owners, &out->inputs[i]))
			return false;
		out->inputs[i].file.name = o->names && o->names->inputs[i].present
						   ? must_dup(o->names->inputs[i].file.name)
						   : plain_name(paths[i],
							     recipe_role_name((enum recipe_role)i));
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct recipe_file *)a)->name, ((const struct recipe_file *)b)->name);
}

/* The files of the modules' folder that initrd.c has read. */
static bool collect_modules(const struct build *b, struct recipe *out)
{
	bool fine = b->module_file_count <= RECIPE_MODULES_MAX || complain("too many modules");

	out->inputs[RECIPE_MODULES].present = true;
	out->inputs[RECIPE_MODULES].file.name = must_dup(b->kernel_version);
	out->module_files = must_realloc(
		NULL, b->module_file_count + 1, sizeof(*out->module_files));
	for (size_t i = 0; fine && i < b->module_file_count; i++) {
		struct recipe_file *file = &out->module_files[out->module_file_count++];
		char *path = must_format("%s/%s", b->options.modules_dir, b->module_files[i]);

		*file = (struct recipe_file){.name = must_dup(b->module_files[i])};
		fine = hash_file(path, &file->size, file->sha256);
		free(path);
	}
	qsort(out->module_files, out->module_file_count, sizeof(*out->module_files), by_name);
	return fine;
}

static void add_tool(struct recipe *out, const char *name, const char *version)
{
	if (out->tool_count == RECIPE_TOOLS_MAX)
		return;
	out->tools[out->tool_count++] = (struct recipe_tool){
		.name = must_dup(name), .version = must_dup(version)};
}

static void add_program(struct recipe *out, const char *name, const char *question)
{
	const char *const argv[] = {name, question, NULL};
	struct bytes text = {0};

	if (run_version(argv, &text)) {
		bytes_add(&text, "", 1);
		add_tool(out, name, (const char *)text.data);
	}
	bytes_free(&text);
}

void recipe_collect_tools(const struct build *b, struct recipe *out)
{
	if (b->tar_unpacked)
		add_program(out, "tar", "--version");
	if (b->root_packed && b->root_format == ROOT_EROFS)
		add_program(out, "mkfs.erofs", "-V");
	if (b->root_packed && b->root_format == ROOT_SQUASHFS)
		add_program(out, "mksquashfs", "-version");
	add_program(out, "veritysetup", "--version");
	add_program(out, "mkfs.vfat", "--help");
	add_program(out, "mcopy", "--version");
	if (b->options.sign.cert)
		add_program(out, "osslsigncode", "--version");
	add_tool(out, "zlib", zlibVersion());
}

static bool collect_outputs(const struct build *b, struct recipe *out)
{
	const char *const names[] = {"cmdline", disk_container_file(b->options.format),
		"initrd.img", "manifest.json", "measurements.json", "uki.efi"};
	bool fine = true;

	for (size_t i = 0; fine && i < sizeof(names) / sizeof(names[0]); i++) {
		struct recipe_file *file = &out->outputs[out->output_count++];
		char *path = must_format("%s/%s", b->work, names[i]);

		*file = (struct recipe_file){.name = must_dup(names[i])};
		fine = hash_file(path, &file->size, file->sha256);
		free(path);
	}
	return fine;
}

static void collect_options(const struct build *b, struct recipe *out)
{
	const struct build_options *o = &b->options;

	out->protostar = must_dup(PROTOSTAR_VERSION);
	out->kernel_version = must_dup(b->kernel_version);
	out->service = o->service ? must_dup(o->service) : NULL;
	out->pin = o->pin ? must_dup(o->pin) : NULL;
	out->cmdline = o->cmdline ? must_dup(o->cmdline) : NULL;
	out->root_tag = o->root_tag ? must_dup(o->root_tag) : NULL;
	out->platform = o->platform;
	out->profile = must_dup(o->profile);
	for (size_t i = 0; i < o->module_count; i++)
		out->modules[out->module_count++] = must_dup(o->modules[i]);
	for (size_t i = 0; i < o->setting_count; i++)
		out->settings[out->setting_count++] = must_dup(o->settings[i]);
	out->root_format = b->root_format;
	out->format = o->format;
	out->keep_owners = o->keep_owners;
}

bool recipe_collect(const struct build *b, struct recipe *out)
{
	struct recipe recipe = {0};

	collect_options(b, &recipe);
	if (!collect_inputs(b, &recipe) || !collect_modules(b, &recipe) ||
		!collect_outputs(b, &recipe)) {
		recipe_free(&recipe);
		return false;
	}
	recipe_collect_tools(b, &recipe);
	*out = recipe;
	return true;
}
