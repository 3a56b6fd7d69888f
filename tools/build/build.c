/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/build/build.h"

#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/lib/hex.h"
#include "tools/lib/installed.h"
#include "tools/lib/interrupt.h"
#include "tools/lib/report.h"

static const char *const output_names[] = {"cmdline", "initrd.img", "manifest.json",
	"measurements.json", "recipe.json", "sbom.spdx.json", "uki.efi"};

static bool is_output_name(const char *name)
{
	for (size_t i = 0; i < sizeof(output_names) / sizeof(output_names[0]); i++)
		if (strcmp(output_names[i], name) == 0)
			return true;
	for (unsigned i = 0; i < DISK_CONTAINER_COUNT; i++)
		if (strcmp(disk_container_file((enum disk_container)i), name) == 0)
			return true;
	return false;
}

/* The output folder is replaced as a whole, so it must hold nothing but a former output. */
static bool check_out(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool fine = true;

	if (!dir)
		return errno == ENOENT || complain("--out %s: %s", path, strerror(errno));
	while (fine && (entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") && strcmp(name, "..") && !is_output_name(name))
			fine = complain(
				"--out %s holds \"%s\", which is not an output of protostar "
				"build: take another folder",
				path, name);
	}
	closedir(dir);
	return fine;
}

static bool open_work(struct build *b)
{
	char *out = must_dup(b->options.out), *end = out + strlen(out);

	while (end > out + 1 && end[-1] == '/')
		*--end = '\0';
	b->work = must_format("%s.partial-XXXXXX", out);
	free(out);
	if (mkdtemp(b->work) && !chmod(b->work, 0755))
		return true;
	complain("cannot make a folder beside --out %s: %s", b->options.out, strerror(errno));
	free(b->work);
	b->work = NULL;
	return false;
}

static bool publish(struct build *b)
{
	const char *out = b->options.out;

	if (interrupted())
		return complain("interrupted");
	if (!rename(b->work, out)) {
		free(b->work);
		b->work = NULL;
		return true;
	}
	if (errno != ENOTEMPTY && errno != EEXIST)
		return complain("cannot rename %s to %s: %s", b->work, out, strerror(errno));
	/* The former output changes places with the new one and is then removed as the work. */
	return !renameat2(AT_FDCWD, b->work, AT_FDCWD, out, RENAME_EXCHANGE) ||
	       complain("cannot replace %s: %s; remove it first", out, strerror(errno));
}

static bool make_cmdline(struct build *b)
{
	char hex[65];
	const struct cmdline_request request = {
		.root_hash = hex,
		.service = b->options.service,
		.pin = b->options.pin,
		.settings = b->options.settings,
		.setting_count = b->options.setting_count,
		.words = b->options.cmdline,
	};

	hex_encode(b->root_hash, sizeof(b->root_hash), hex);
	return cmdline_make(&request, &b->cmdline);
}

/* Everything that can be refused without work is refused first: a dry run with a zero root hash. */
static bool check_cmdline_early(struct build *b)
{
	bool fine = make_cmdline(b);

	bytes_free(&b->cmdline);
	return fine;
}

void build_free(struct build *b)
{
	if (b->work)
		folder_remove(b->work);
	free(b->work);
	free(b->kernel_version);
	free(b->root_image);
	free(b->hash_tree);
	for (size_t i = 0; i < b->module_file_count; i++)
		free(b->module_files[i]);
	free(b->module_files);
	file_unmap(&b->kernel);
	file_unmap(&b->stub);
	file_unmap(&b->early);
	bytes_free(&b->cmdline);
	bytes_free(&b->initrd);
	bytes_free(&b->uki);
	options_free(&b->options);
}

bool build_make(struct build *b)
{
	return inputs_open(b) && kernel_config_check(b) && check_cmdline_early(b) && root_make(b) &&
	       make_cmdline(b) && initrd_make(b) && uki_make(b) && disk_make(b) && manifest_make(b);
}

/* Stub and PID 1 of this program's own build, where no others were given. */
static bool find_own(struct build_options *o)
{
	if (!o->stub)
		o->stub = o->own_stub = installed_file(INSTALLED_STUB, "--stub");
	if (!o->early)
		o->early = o->own_early = installed_file(INSTALLED_EARLY, "--early");
	return o->stub && o->early;
}

int build_run(int argc, char **argv)
{
	struct build b = {.say_conditions = true};
	int code = options_read(argc, argv, &b.options);
	bool fine;

	if (code >= 0)
		return code;
	umask(022);
	interrupt_watch();
	fine = find_own(&b.options) && check_out(b.options.out) && open_work(&b) &&
	       build_make(&b) && publish(&b);
	if (fine)
		progress("done: %s", b.options.out);
	build_free(&b);
	return fine ? EXIT_DONE : EXIT_REFUSED;
}
