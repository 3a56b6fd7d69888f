/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading recipe.json. json-c does the tokenizing; every object's members are checked against a
 * list, so that nothing passes that this program would not have written.
 */
#include <stdlib.h>
#include <string.h>
#include "tools/build/cmdline.h"
#include "tools/build/recipe.h"
#include "tools/lib/hex.h"
#include "tools/lib/json_read.h"
#include "tools/lib/report.h"
#include "tools/measure/firmware/profile.h"

/* A value on its way into the recipe: where it stands, for messages. */
struct reading {
	const char *file, *where; /* "recipe.json", "inputs" */
};

static bool wrong(const struct reading *at, const char *key, const char *what)
{
	return complain("%s: %s: \"%s\" %s", at->file, at->where, key, what);
}

/* Exactly the members named, all of them except those that begin with '?'. */
static bool check_members(struct json_object *object, const struct reading *at,
	const char *const names[], size_t count)
{
	if (!json_object_is_type(object, json_type_object))
		return complain("%s: %s must be an object", at->file, at->where);
	json_object_object_foreach(object, key, value)
	{
		bool known = false;

		(void)value;
		for (size_t i = 0; i < count; i++)
			known = known || strcmp(names[i] + (names[i][0] == '?'), key) == 0;
		if (!known)
			return complain("%s: %s has a member that this version does not know",
				at->file, at->where);
	}
	for (size_t i = 0; i < count; i++)
		if (names[i][0] != '?' && !json_object_object_get_ex(object, names[i], NULL))
			return wrong(at, names[i], "is missing");
	return true;
}

#define MEMBERS(...)                        \
	(const char *const[]){__VA_ARGS__}, \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)

/* Printable ASCII of at most max characters. */
static bool take_text(struct json_object *value, const struct reading *at, const char *key,
	size_t max, char **out)
{
	const char *text = json_object_get_string(value);
	size_t len;

	if (!json_object_is_type(value, json_type_string))
		return wrong(at, key, "must be a string");
	len = (size_t)json_object_get_string_len(value);
	if (len > max)
		return wrong(at, key, "is too long");
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return wrong(at, key, "has a character that is not printable ASCII");
	free(*out);
	*out = must_dup(text);
	return true;
}

static bool read_text(struct json_object *object, const struct reading *at, const char *key,
	size_t max, char **out)
{
	return take_text(json_object_object_get(object, key), at, key, max, out);
}

static bool read_number(
	struct json_object *object, const struct reading *at, const char *key, uint64_t *out)
{
	struct json_object *value = json_object_object_get(object, key);

	if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
		return wrong(at, key, "must be a number that is not negative");
	*out = (uint64_t)json_object_get_int64(value);
	return true;
}

/* A path of one or more names: none of them empty, "." or "..". */
static bool path_is_below(const char *path)
{
	for (const char *part = path;; part++) {
		size_t len = strcspn(part, "/");

		if (len == 0 || (len == 1 && part[0] == '.') ||
			(len == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		part += len;
		if (!*part)
			return true;
	}
}

static bool read_file(
	struct json_object *object, const struct reading *at, bool is_path, struct recipe_file *out)
{
	char *hex = NULL;
	bool fine = read_text(object, at, "name", is_path ? RECIPE_TEXT_MAX : RECIPE_NAME_MAX,
			    &out->name) &&
		    read_number(object, at, "size", &out->size) &&
		    read_text(object, at, "sha256", 64, &hex);

	if (fine && !path_is_below(out->name))
		fine = wrong(at, "name", "leads out of its folder");
	if (fine && !is_path && strchr(out->name, '/'))
		fine = wrong(at, "name", "must be a name, not a path");
	if (fine && !hex_decode(hex, out->sha256, sizeof(out->sha256)))
		fine = wrong(at, "sha256", "must be 64 hexadecimal digits");
	free(hex);
	return fine;
}

static bool read_files(struct json_object *list, const struct reading *at, bool is_path, size_t max,
	struct recipe_file *files, size_t *count)
{
	if (!json_object_is_type(list, json_type_array))
		return complain("%s: %s must have an array of files", at->file, at->where);
	if (json_object_array_length(list) > max)
		return complain("%s: %s names too many files", at->file, at->where);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);

		files[i] = (struct recipe_file){0};
		*count = i + 1;
		if (!check_members(entry, at, MEMBERS("name", "size", "sha256")) ||
			!read_file(entry, at, is_path, &files[i]))
			return false;
	}
	return true;
}

static bool read_list(struct json_object *object, const struct reading *at, const char *key,
	char **values, size_t *count)
{
	struct json_object *list = json_object_object_get(object, key);

	if (!json_object_is_type(list, json_type_array) ||
		json_object_array_length(list) > BUILD_LIST_MAX)
		return wrong(at, key, "must be an array of strings, not too many");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		values[i] = NULL;
		*count = i + 1;
		if (!take_text(json_object_array_get_idx(list, i), at, key, RECIPE_TEXT_MAX,
			    &values[i]))
			return false;
	}
	return true;
}

static bool read_bool(
	struct json_object *object, const struct reading *at, const char *key, bool *out)
{
	struct json_object *value = json_object_object_get(object, key);

	if (!json_object_is_type(value, json_type_boolean))
		return wrong(at, key, "must be true or false");
	*out = json_object_get_boolean(value);
	return true;
}

static bool read_format(struct json_object *object, const struct reading *at, struct recipe *r)
{
	char *name = NULL;
	bool fine = read_text(object, at, "rootFormat", RECIPE_NAME_MAX, &name);

	if (fine && !root_format_by_name(name, &r->root_format))
		fine = wrong(at, "rootFormat", "must be erofs, squashfs or ext4");
	free(name);
	return fine;
}

/* Recipes of before there was a choice have none: raw. */
static bool read_container(struct json_object *object, const struct reading *at, struct recipe *r)
{
	char *name = NULL;
	bool fine;

	if (!json_object_object_get_ex(object, "format", NULL))
		return true;
	fine = read_text(object, at, "format", RECIPE_NAME_MAX, &name) &&
	       (disk_container_by_name(name, &r->format) ||
		       wrong(at, "format", "must be raw, gcp, vhd or qcow2"));
	free(name);
	return fine;
}

/* Recipes of versions that had no such option leave it out. */
static bool read_platform(struct json_object *object, const struct reading *at, struct recipe *r)
{
	char *name = NULL;
	bool fine = !json_object_object_get_ex(object, "platform", NULL);

	if (fine)
		return true;
	fine = read_text(object, at, "platform", RECIPE_NAME_MAX, &name);
	if (fine && !platform_by_name(name, &r->platform))
		fine = wrong(at, "platform", "must be all, qemu, aws, gcp or azure");
	free(name);
	return fine;
}

static bool read_profile(struct json_object *object, const struct reading *at, struct recipe *r)
{
	return read_text(object, at, "profile", RECIPE_NAME_MAX, &r->profile) &&
	       (profile_find(r->profile) || wrong(at, "profile", "must be a known platform"));
}

/* Texts that a build may do without. */
static bool read_optional_text(
	struct json_object *object, const struct reading *at, const char *key, char **out)
{
	return !json_object_object_get_ex(object, key, NULL) ||
	       read_text(object, at, key, RECIPE_TEXT_MAX, out);
}

/* What tells who serves the node from a stranger: the pin, or a setting in its place. */
static bool check_pin(const struct recipe *r, const struct reading *at)
{
	const struct cmdline_request request = {.service = r->service,
		.pin = r->pin,
		.settings = (const char *const *)r->settings,
		.setting_count = r->setting_count};

	if (cmdline_knows_service(&request))
		return true;
	return r->service ? wrong(at, "pin", "is missing, and no setting is " CMDLINE_EVIDENCE)
			  : wrong(at, "service", "is missing, and no setting is " CMDLINE_OPERATOR);
}

static bool read_options(struct json_object *object, const char *file, struct recipe *r)
{
	const struct reading at = {file, "options"};

	return check_members(object, &at,
		       MEMBERS("?service", "?pin", "modules", "settings", "?cmdline", "?platform",
			       "profile", "?rootTag", "rootFormat", "?format", "keepOwners")) &&
	       read_optional_text(object, &at, "service", &r->service) &&
	       read_optional_text(object, &at, "pin", &r->pin) &&
	       read_list(object, &at, "modules", r->modules, &r->module_count) &&
	       read_list(object, &at, "settings", r->settings, &r->setting_count) &&
	       check_pin(r, &at) && read_optional_text(object, &at, "cmdline", &r->cmdline) &&
	       read_optional_text(object, &at, "rootTag", &r->root_tag) &&
	       read_platform(object, &at, r) && read_profile(object, &at, r) &&
	       read_format(object, &at, r) && read_container(object, &at, r) &&
	       read_bool(object, &at, "keepOwners", &r->keep_owners);
}

static bool read_modules(struct json_object *object, const struct reading *at, struct recipe *r)
{
	struct recipe_input *input = &r->inputs[RECIPE_MODULES];
	struct json_object *files;

	if (!check_members(object, at, MEMBERS("name", "files")) ||
		!read_text(object, at, "name", RECIPE_NAME_MAX, &input->file.name))
		return false;
	if (strchr(input->file.name, '/') || !path_is_below(input->file.name))
		return wrong(at, "name", "must be a name, not a path");
	r->module_files = must_alloc(RECIPE_MODULES_MAX * sizeof(*r->module_files));
	files = json_object_object_get(object, "files");
	return read_files(
		files, at, true, RECIPE_MODULES_MAX, r->module_files, &r->module_file_count);
}

static bool read_input(
	struct json_object *object, const char *file, enum recipe_role role, struct recipe *r)
{
	const struct reading at = {file, recipe_role_name(role)};
	struct recipe_input *input = &r->inputs[role];

	input->present = true;
	if (role == RECIPE_MODULES)
		return read_modules(object, &at, r);
	input->folder = role == RECIPE_ROOT && json_object_object_get_ex(object, "entries", NULL);
	if (input->folder)
		return check_members(object, &at, MEMBERS("name", "size", "sha256", "entries")) &&
		       read_number(object, &at, "entries", &input->entries) &&
		       read_file(object, &at, false, &input->file);
	return check_members(object, &at, MEMBERS("name", "size", "sha256")) &&
	       read_file(object, &at, false, &input->file);
}

static bool read_inputs(struct json_object *object, const char *file, struct recipe *r)
{
	const struct reading at = {file, "inputs"};

	if (!check_members(object, &at,
		    MEMBERS("kernel", "modules", "root", "early", "stub", "?osrel",
			    "?certificate")))
		return false;
	json_object_object_foreach(object, key, value)
	{
		enum recipe_role role;

		if (!recipe_role_by_name(key, strlen(key), &role) ||
			!json_object_is_type(value, json_type_object))
			return wrong(&at, key, "must be an object");
		if (!read_input(value, file, role, r))
			return false;
	}
	return true;
}

static bool read_tools(struct json_object *object, const char *file, struct recipe *r)
{
	const struct reading at = {file, "tools"};

	if (!json_object_is_type(object, json_type_object) ||
		(size_t)json_object_object_length(object) > RECIPE_TOOLS_MAX)
		return complain("%s: \"tools\" must be an object, not too large", file);
	json_object_object_foreach(object, key, value)
	{
		struct recipe_tool *tool = &r->tools[r->tool_count];
		struct json_object *name = json_object_new_string(key);
		bool fine;

		*tool = (struct recipe_tool){0};
		r->tool_count++;
		fine = take_text(name, &at, "a name", RECIPE_NAME_MAX, &tool->name) &&
		       take_text(value, &at, "a version", RECIPE_NAME_MAX, &tool->version);
		json_object_put(name);
		if (!fine)
			return false;
	}
	return true;
}

/* The modules' folder is called by the kernel's version: one name, which is checked already. */
static bool check_version(const struct recipe *r, const struct reading *at)
{
	return strcmp(r->kernel_version, r->inputs[RECIPE_MODULES].file.name) == 0 ||
	       wrong(at, "kernelVersion", "must be the name of the modules' folder");
}

static bool read_recipe(struct json_object *root, const char *file, struct recipe *r)
{
	const struct reading at = {file, "the recipe"};
	const struct reading outputs = {file, "outputs"};
	uint64_t version;

	return check_members(root, &at,
		       MEMBERS("recipe", "protostar", "kernelVersion", "options", "inputs", "tools",
			       "outputs")) &&
	       read_number(root, &at, "recipe", &version) &&
	       (version == 1 || wrong(&at, "recipe", "must be 1: it is of a later version")) &&
	       read_text(root, &at, "protostar", RECIPE_NAME_MAX, &r->protostar) &&
	       read_text(root, &at, "kernelVersion", RECIPE_NAME_MAX, &r->kernel_version) &&
	       read_options(json_object_object_get(root, "options"), file, r) &&
	       read_inputs(json_object_object_get(root, "inputs"), file, r) &&
	       check_version(r, &at) &&
	       read_tools(json_object_object_get(root, "tools"), file, r) &&
	       read_files(json_object_object_get(root, "outputs"), &outputs, false,
		       RECIPE_OUTPUTS_MAX, r->outputs, &r->output_count);
}

bool recipe_read(const char *file, const uint8_t *text, size_t len, struct recipe *out)
{
	struct recipe recipe = {0};
	struct json_object *root;
	struct flaw flaw;
	bool fine;

	root = json_parse(text, len, RECIPE_FILE_MAX, &flaw);
	if (!root)
		return flaw_complain(file, &flaw);
	fine = read_recipe(root, file, &recipe);
	json_object_put(root);
	if (fine)
		*out = recipe;
	else
		recipe_free(&recipe);
	return fine;
}
