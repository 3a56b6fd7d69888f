/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/build/modules_find.h"
#include "tools/lib/bytes.h"

static const char *const text_names[MODULE_TEXT_COUNT] = {
	[MODULES_DEP] = "modules.dep",
	[MODULES_BUILTIN] = "modules.builtin",
	[MODULES_SOFTDEP] = "modules.softdep",
	[MODULES_ALIAS] = "modules.alias",
	[MODULES_BUILTIN_INFO] = "modules.builtin.modinfo",
};

const char *module_text_name(enum module_text text)
{
	return text_names[text];
}

/* A NUL-terminated copy; NULL when the text is too long or has NULs of its own. */
static char *copy_text(const struct module_bytes *in)
{
	char *text;

	if (in->len > MODULES_TEXT_MAX || (in->len && memchr(in->data, '\0', in->len)))
		return NULL;
	text = must_alloc(in->len + 1);
	if (in->len)
		memcpy(text, in->data, in->len);
	text[in->len] = '\0';
	return text;
}

/* The same for the one file whose words end with NULs: they become lines. */
static char *copy_words(const struct module_bytes *in)
{
	char *text;

	if (in->len > MODULES_TEXT_MAX)
		return NULL;
	text = must_alloc(in->len + 1);
	for (size_t i = 0; i < in->len; i++)
		text[i] = in->data[i] ? (char)in->data[i] : '\n';
	text[in->len] = '\0';
	return text;
}

static bool path_is_fine(const char *path)
{
	size_t len = strlen(path);

	if (len == 0 || path[0] == '/' || strncmp(path, "../", 3) == 0 || strstr(path, "/../"))
		return false;
	for (size_t i = 0; i < len; i++)
		if (path[i] <= ' ' || path[i] > '~')
			return false;
	return true;
}

bool module_name(const char *path, char out[MODULE_NAME_MAX])
{
	const char *base = strrchr(path, '/'), *end;
	size_t len;

	base = base ? base + 1 : path;
	end = strstr(base, ".ko");
	len = end ? (size_t)(end - base) : 0;
	if (len == 0 || len >= MODULE_NAME_MAX)
		return false;
	if (end[3] && strcmp(end + 3, ".xz") && strcmp(end + 3, ".zst") && strcmp(end + 3, ".gz"))
		return false;
	for (size_t i = 0; i < len; i++)
		out[i] = base[i] == '-' ? '_' : base[i];
	out[len] = '\0';
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct module *)a)->name, ((const struct module *)b)->name);
}

static bool parse_line(char *line, struct module *out)
{
	char *colon = strchr(line, ':');

	if (!colon)
		return false;
	*colon = '\0';
	out->path = line;
	out->dependencies = colon + 1;
	return path_is_fine(line) && module_name(line, out->name);
}

static size_t count_lines(const char *text)
{
	size_t lines = 1;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static bool parse_modules(struct module_tree *tree, char out_error[128])
{
	char *rest = tree->dependency_text, *line;
	size_t number = 0;

	tree->modules = must_realloc(NULL, count_lines(rest), sizeof(*tree->modules));
	while ((line = strsep(&rest, "\n"))) {
		number++;
		if (!*line)
			continue;
		if (!parse_line(line, &tree->modules[tree->count])) {
			snprintf(out_error, 128, "modules.dep, line %zu: not what depmod writes",
				number);
			return false;
		}
		tree->count++;
	}
	if (tree->count)
		qsort(tree->modules, tree->count, sizeof(*tree->modules), by_name);
	for (size_t i = 1; i < tree->count; i++) {
		if (strcmp(tree->modules[i - 1].name, tree->modules[i].name) == 0) {
			snprintf(out_error, 128, "modules.dep has two modules named %s",
				tree->modules[i].name);
			return false;
		}
	}
	return true;
}

bool module_tree_parse(const struct module_bytes texts[MODULE_TEXT_COUNT], struct module_tree *out,
	char out_error[128])
{
	struct module_tree tree = {
		.dependency_text = copy_text(&texts[MODULES_DEP]),
		.builtin_text = copy_text(&texts[MODULES_BUILTIN]),
		.softdep_text = copy_text(&texts[MODULES_SOFTDEP]),
		.alias_text = copy_text(&texts[MODULES_ALIAS]),
		.info_text = copy_words(&texts[MODULES_BUILTIN_INFO]),
	};

	if (!tree.dependency_text || !tree.builtin_text || !tree.softdep_text || !tree.alias_text ||
		!tree.info_text) {
		snprintf(out_error, 128, "a list of modules is too long or not text");
		module_tree_free(&tree);
		return false;
	}
	if (!parse_modules(&tree, out_error)) {
		module_tree_free(&tree);
		return false;
	}
	*out = tree;
	return true;
}

void module_tree_free(struct module_tree *tree)
{
	free(tree->dependency_text);
	free(tree->builtin_text);
	free(tree->softdep_text);
	free(tree->alias_text);
	free(tree->info_text);
	free(tree->modules);
	*tree = (struct module_tree){0};
}
