/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/build/recipe.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/json_text.h"

static const char *const role_names[RECIPE_ROLE_COUNT] = {
	[RECIPE_KERNEL] = "kernel",
	[RECIPE_MODULES] = "modules",
	[RECIPE_ROOT] = "root",
	[RECIPE_EARLY] = "early",
	[RECIPE_STUB] = "stub",
	[RECIPE_OSREL] = "osrel",
	[RECIPE_CERTIFICATE] = "certificate",
};

const char *recipe_role_name(enum recipe_role role)
{
	return role_names[role];
}

bool recipe_role_by_name(const char *name, size_t len, enum recipe_role *out)
{
	for (unsigned i = 0; i < RECIPE_ROLE_COUNT; i++) {
		if (strlen(role_names[i]) == len && memcmp(role_names[i], name, len) == 0) {
			*out = (enum recipe_role)i;
			return true;
		}
	}
	return false;
}

void recipe_free(struct recipe *recipe)
{
	free(recipe->protostar);
	free(recipe->kernel_version);
	free(recipe->service);
	free(recipe->pin);
	free(recipe->cmdline);
	free(recipe->root_tag);
	free(recipe->profile);
	for (size_t i = 0; i < recipe->module_count; i++)
		free(recipe->modules[i]);
	for (size_t i = 0; i < recipe->setting_count; i++)
		free(recipe->settings[i]);
	for (size_t i = 0; i < RECIPE_ROLE_COUNT; i++)
		free(recipe->inputs[i].file.name);
	for (size_t i = 0; i < recipe->module_file_count; i++)
		free(recipe->module_files[i].name);
	free(recipe->module_files);
	for (size_t i = 0; i < recipe->tool_count; i++) {
		free(recipe->tools[i].name);
		free(recipe->tools[i].version);
	}
	for (size_t i = 0; i < recipe->output_count; i++)
		free(recipe->outputs[i].name);
	*recipe = (struct recipe){0};
}

static void write_list(struct json_text *json, const char *key, char *const *values, size_t count)
{
	json_open(json, key, '[');
	for (size_t i = 0; i < count; i++)
		json_string(json, NULL, values[i]);
	json_close(json);
}

static void write_options(const struct recipe *recipe, struct json_text *json)
{
	json_open(json, "options", '{');
	if (recipe->service)
		json_string(json, "service", recipe->service);
	if (recipe->pin)
		json_string(json, "pin", recipe->pin);
	write_list(json, "modules", recipe->modules, recipe->module_count);
	write_list(json, "settings", recipe->settings, recipe->setting_count);
	if (recipe->cmdline)
		json_string(json, "cmdline", recipe->cmdline);
	json_string(json, "platform", platform_name(recipe->platform));
	json_string(json, "profile", recipe->profile);
	if (recipe->root_tag)
		json_string(json, "rootTag", recipe->root_tag);
	json_string(json, "rootFormat", root_format_name(recipe->root_format));
	json_string(json, "format", disk_container_name(recipe->format));
	json_flag(json, "keepOwners", recipe->keep_owners);
	json_close(json);
}

static void write_file_members(const struct recipe_file *file, struct json_text *json)
{
	json_string(json, "name", file->name);
	json_number(json, "size", file->size);
	json_hex(json, "sha256", file->sha256, sizeof(file->sha256));
}

static void write_files(
	const struct recipe_file *files, size_t count, const char *key, struct json_text *json)
{
	json_open(json, key, '[');
	for (size_t i = 0; i < count; i++) {
		json_open(json, NULL, '{');
		write_file_members(&files[i], json);
		json_close(json);
	}
	json_close(json);
}

static void write_inputs(const struct recipe *recipe, struct json_text *json)
{
	json_open(json, "inputs", '{');
	for (unsigned i = 0; i < RECIPE_ROLE_COUNT; i++) {
		const struct recipe_input *input = &recipe->inputs[i];

		if (!input->present)
			continue;
		json_open(json, role_names[i], '{');
		if (i == RECIPE_MODULES) {
			json_string(json, "name", input->file.name);
			write_files(recipe->module_files, recipe->module_file_count, "files", json);
		} else {
			write_file_members(&input->file, json);
			if (input->folder)
				json_number(json, "entries", input->entries);
		}
		json_close(json);
	}
	json_close(json);
}

void recipe_write(const struct recipe *recipe, struct bytes *out)
{
	struct json_text json;

	json_start_lines(&json, out, 4);
	json_open(&json, NULL, '{');
	json_number(&json, "recipe", 1);
	json_string(&json, "protostar", recipe->protostar);
	json_string(&json, "kernelVersion", recipe->kernel_version);
	write_options(recipe, &json);
	write_inputs(recipe, &json);
	json_open(&json, "tools", '{');
	for (size_t i = 0; i < recipe->tool_count; i++)
		json_string(&json, recipe->tools[i].name, recipe->tools[i].version);
	json_close(&json);
	write_files(recipe->outputs, recipe->output_count, "outputs", &json);
	json_close(&json);
}
