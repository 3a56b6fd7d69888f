/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recipe that is taken can be written, and what was written is taken and means the same. */
#include <string.h>
#include "tools/build/recipe.h"
#include "tools/lib/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_names(const struct recipe *recipe)
{
	for (size_t i = 0; i < RECIPE_ROLE_COUNT; i++)
		if (recipe->inputs[i].present && strchr(recipe->inputs[i].file.name, '/'))
			__builtin_trap();
	for (size_t i = 0; i < recipe->module_file_count; i++)
		if (recipe->module_files[i].name[0] == '/' ||
			strstr(recipe->module_files[i].name, "/../"))
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes once = {0}, twice = {0};
	struct recipe recipe;

	report_silence();
	if (!recipe_read("fuzz", data, size, &recipe))
		return 0;
	check_names(&recipe);
	recipe_write(&recipe, &once);
	recipe_free(&recipe);
	if (!recipe_read("fuzz", once.data, once.len, &recipe))
		__builtin_trap();
	recipe_write(&recipe, &twice);
	if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0)
		__builtin_trap();
	recipe_free(&recipe);
	bytes_free(&once);
	bytes_free(&twice);
	return 0;
}
