/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/reproduce/reproduce.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/lib/interrupt.h"
#include "tools/lib/pe_read.h"
#include "tools/lib/report.h"
#include "tools/measure/image_open.h"

static bool read_recipe(struct reproduction *r)
{
	const char *path = r->request->recipe;
	struct mapped m;
	bool fine;

	if (!file_map(path, &m))
		return false;
	fine = recipe_read(path, m.data, m.len, &r->recipe);
	file_unmap(&m);
	if (fine && r->request->sign.key && !r->recipe.inputs[RECIPE_CERTIFICATE].present)
		fine = complain(
			"%s describes an image without signature: leave --sign-key away", path);
	return fine;
}

/* Whose signature it will be; needs no key to be told. */
static bool choose_signature(struct reproduction *r)
{
	struct pe_file pe;
	struct flaw flaw;

	if (!image_open(&r->holder, r->request->image, &r->uki))
		return false;
	if (!pe_read(r->uki.data, r->uki.len, &pe, &flaw))
		return flaw_complain(r->uki.source, &flaw);
	if (r->request->sign.key)
		r->signature = SIGNATURE_MADE;
	else if (pe.certificates_len)
		r->signature = SIGNATURE_CARRIED;
	return true;
}

static void fill_options(struct reproduction *r)
{
	const struct recipe *recipe = &r->recipe;
	struct build_options *o = &r->build.options;

	*o = (struct build_options){
		.kernel = r->paths[RECIPE_KERNEL],
		.modules_dir = r->paths[RECIPE_MODULES],
		.root = r->paths[RECIPE_ROOT],
		.early = r->paths[RECIPE_EARLY],
		.stub = r->paths[RECIPE_STUB],
		.osrel = r->paths[RECIPE_OSREL],
		.cmdline = recipe->cmdline,
		.platform = recipe->platform,
		.profile = recipe->profile,
		.kernel_version = recipe->kernel_version,
		.service = recipe->service ? must_dup(recipe->service) : NULL,
		.pin = recipe->pin ? must_dup(recipe->pin) : NULL,
		.module_count = recipe->module_count,
		.setting_count = recipe->setting_count,
		.root_tag = recipe->root_tag,
		.root_format = recipe->root_format,
		.format = recipe->format,
		.names = recipe,
		.keep_owners = recipe->keep_owners,
		.sign = r->request->sign,
	};
	for (size_t i = 0; i < recipe->module_count; i++)
		o->modules[i] = recipe->modules[i];
	for (size_t i = 0; i < recipe->setting_count; i++)
		o->settings[i] = recipe->settings[i];
	o->sign.cert = r->paths[RECIPE_CERTIFICATE];
	if (r->signature == SIGNATURE_CARRIED) {
		o->carry = r->uki.data;
		o->carry_len = r->uki.len;
	}
}

static bool open_work(struct reproduction *r)
{
	const char *tmp = getenv("TMPDIR");
	char *path = must_format("%s/protostar-reproduce-XXXXXX", tmp && *tmp ? tmp : "/tmp");

	if (r->request->keep ? !mkdir(r->request->keep, 0755) : mkdtemp(path) != NULL) {
		r->build.work = r->request->keep ? must_dup(r->request->keep) : must_dup(path);
		free(path);
		return true;
	}
	complain("cannot make the folder %s: %s", r->request->keep ? r->request->keep : path,
		strerror(errno));
	free(path);
	return false;
}

/* Notes which helper programs are not those that made the recipe's image. */
static void compare_tools(struct reproduction *r)
{
	struct recipe here = {0};

	recipe_collect_tools(&r->build, &here);
	for (size_t i = 0; i < here.tool_count; i++) {
		const char *recorded = NULL;

		for (size_t j = 0; j < r->recipe.tool_count; j++)
			if (strcmp(here.tools[i].name, r->recipe.tools[j].name) == 0)
				recorded = r->recipe.tools[j].version;
		if (recorded && strcmp(recorded, here.tools[i].version) == 0)
			continue;
		r->recorded[r->tool_count] = recorded ? recorded : "none";
		r->tools[r->tool_count++] = (struct recipe_tool){
			must_dup(here.tools[i].name), must_dup(here.tools[i].version)};
	}
	recipe_free(&here);
}

static int reproduce(struct reproduction *r)
{
	int code;

	if (!read_recipe(r) || !reproduce_find(r))
		return EXIT_MISUSE;
	if (r->mismatch_count)
		return reproduce_refuse(r);
	if (!choose_signature(r) || !open_work(r))
		return EXIT_MISUSE;
	fill_options(r);
	if (!build_make(&r->build))
		return EXIT_MISUSE;
	compare_tools(r);
	code = interrupted() ? EXIT_MISUSE : reproduce_compare(r);
	if (r->request->keep && code != EXIT_MISUSE) {
		free(r->build.work);
		r->build.work = NULL;
	}
	return code;
}

static void release(struct reproduction *r)
{
	build_free(&r->build);
	recipe_free(&r->recipe);
	boot_free(&r->holder);
	for (size_t i = 0; i < RECIPE_ROLE_COUNT; i++)
		free(r->paths[i]);
	for (size_t i = 0; i < r->mismatch_count; i++)
		free(r->mismatches[i].what);
	free(r->mismatches);
	for (size_t i = 0; i < r->tool_count; i++) {
		free(r->tools[i].name);
		free(r->tools[i].version);
	}
}

int reproduce_run(int argc, char **argv)
{
	struct reproduce_request request;
	struct reproduction r = {.request = &request};
	int code = reproduce_options(argc, argv, &request);

	if (code >= 0)
		return code;
	boot_init(&r.holder);
	umask(022);
	interrupt_watch();
	code = reproduce(&r);
	release(&r);
	return code;
}
