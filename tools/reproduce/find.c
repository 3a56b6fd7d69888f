/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the inputs, and comparing each with what the recipe says of it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/hex.h"
#include "tools/lib/installed.h"
#include "tools/lib/report.h"
#include "tools/reproduce/reproduce.h"

/* Stub and PID 1 of this program's own build: those of the recipe, if their hashes say so. */
static char *own_part(enum recipe_role role)
{
	bool quiet = report_quiet(true);
	char *path = NULL;

	if (role == RECIPE_STUB)
		path = installed_file(INSTALLED_STUB, "--input stub");
	else if (role == RECIPE_EARLY)
		path = installed_file(INSTALLED_EARLY, "--input early");
	report_quiet(quiet);
	return path;
}

/* Nothing that the recipe says leads out of the folder: recipe_read() has seen to that. */
static char *look_for(const struct reproduction *r, enum recipe_role role)
{
	const char *name = r->recipe.inputs[role].file.name, *folder = r->request->inputs;
	const char *below[] = {"", "lib/modules/"};
	size_t depths = role == RECIPE_MODULES ? 2 : 1;

	if (r->request->paths[role])
		return must_dup(r->request->paths[role]);
	for (size_t i = 0; folder && i < depths; i++) {
		char *path = must_format("%s/%s%s", folder, below[i], name);

		if (!access(path, F_OK))
			return path;
		free(path);
	}
	return own_part(role);
}

static bool complain_missing(const struct recipe_input *input, enum recipe_role role)
{
	char hex[65] = "";

	if (role != RECIPE_MODULES)
		hex_encode(input->file.sha256, sizeof(input->file.sha256), hex);
	return complain("the input %s is missing: \"%s\"%s%s; name it with --input %s=PATH",
		recipe_role_name(role), input->file.name, *hex ? ", SHA-256 " : "", hex,
		recipe_role_name(role));
}

static struct reproduce_mismatch *add_mismatch(
	struct reproduction *r, enum recipe_role role, const struct recipe_file *recorded)
{
	struct reproduce_mismatch *m;

	r->mismatches = must_realloc(r->mismatches, r->mismatch_count + 1, sizeof(*r->mismatches));
	m = &r->mismatches[r->mismatch_count++];
	*m = (struct reproduce_mismatch){
		.what = must_format("%s %s", recipe_role_name(role), recorded->name)};
	memcpy(m->recorded, recorded->sha256, sizeof(m->recorded));
	return m;
}

static bool check_modules(struct reproduction *r)
{
	bool fine = true;

	for (size_t i = 0; fine && i < r->recipe.module_file_count; i++) {
		const struct recipe_file *recorded = &r->recipe.module_files[i];
		char *path = must_format("%s/%s", r->paths[RECIPE_MODULES], recorded->name);
		struct recipe_input here;

		if (access(path, F_OK)) {
			add_mismatch(r, RECIPE_MODULES, recorded)->missing = true;
		} else if (!recipe_hash_input(RECIPE_KERNEL, path, false, &here)) {
			fine = false;
		} else if (memcmp(here.file.sha256, recorded->sha256, 32) != 0) {
			memcpy(add_mismatch(r, RECIPE_MODULES, recorded)->here, here.file.sha256,
				32);
		}
		free(path);
	}
	return fine;
}

static bool check_input(struct reproduction *r, enum recipe_role role)
{
	const struct recipe_file *recorded = &r->recipe.inputs[role].file;
	struct recipe_input here;

	if (role == RECIPE_MODULES)
		return check_modules(r);
	if (!recipe_hash_input(role, r->paths[role], r->recipe.keep_owners, &here))
		return false;
	if (here.folder != r->recipe.inputs[role].folder)
		return complain("the input %s is a %s, but the recipe's was a %s", r->paths[role],
			here.folder ? "folder" : "file", here.folder ? "file" : "folder");
	if (memcmp(here.file.sha256, recorded->sha256, 32) != 0)
		memcpy(add_mismatch(r, role, recorded)->here, here.file.sha256, 32);
	return true;
}

bool reproduce_find(struct reproduction *r)
{
	bool all = true, fine = true;

	for (unsigned i = 0; i < RECIPE_ROLE_COUNT; i++) {
		enum recipe_role role = (enum recipe_role)i;
		bool wanted = r->recipe.inputs[i].present &&
			      (role != RECIPE_CERTIFICATE || r->request->sign.key);

		if (!wanted && r->request->paths[i])
			progress("--input %s is not needed", recipe_role_name(role));
		if (!wanted)
			continue;
		r->paths[i] = look_for(r, role);
		if (!r->paths[i])
			all = complain_missing(&r->recipe.inputs[i], role);
	}
	for (unsigned i = 0; all && fine && i < RECIPE_ROLE_COUNT; i++)
		fine = !r->paths[i] || check_input(r, (enum recipe_role)i);
	return all && fine;
}
