/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include "tools/build/modules_find.h"
#include "tools/lib/bytes.h"

/* Soft dependencies of soft dependencies; the kernel's own chains have depth 2. */
#define SOFTDEP_DEPTH 4u
#define ALGORITHM     "crypto_"

static const struct module_pick *pick_of(const struct module_list *list, const struct module *m)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->picks[i].module == m)
			return &list->picks[i];
	return NULL;
}

/* True when the module is in the list already; it is mandatory as soon as one user of it is. */
static bool listed(struct module_list *list, const struct module *m, bool optional)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->picks[i].module == m) {
			list->picks[i].optional &= optional;
			return true;
		}
	}
	return false;
}

static void append(struct module_list *list, const struct module *m, bool optional)
{
	list->picks = must_realloc(list->picks, list->count + 1, sizeof(*list->picks));
	list->picks[list->count++] = (struct module_pick){m, optional};
}

static enum module_found add_wanted(const struct module_tree *tree, const char *name, bool optional,
	unsigned depth, struct module_list *list);

/* Adds what stands after the word "pre:" or "post:" of one soft dependency line. */
static void add_soft_line(const struct module_tree *tree, const char *words, const char *when,
	unsigned depth, struct module_list *list)
{
	char name[MODULE_NAME_MAX];
	struct word word;
	bool on = false;

	while (module_next_word(&words, &word)) {
		if (word.data[word.len - 1] == ':')
			on = word.len == strlen(when) && !memcmp(word.data, when, word.len);
		else if (on && module_plain_name(word, name))
			(void)add_wanted(tree, name, true, depth + 1, list);
	}
}

/* text: the one of the tree's that has the soft dependencies of what `name` is. */
static void add_soft(const struct module_tree *tree, const char *text, const char *name,
	const char *when, unsigned depth, struct module_list *list)
{
	const char *rest = text, *words;

	while (depth < SOFTDEP_DEPTH && (words = module_next_soft(name, &rest)))
		add_soft_line(tree, words, when, depth, list);
}

static void add_one(const struct module_tree *tree, const struct module *m, bool optional,
	unsigned depth, struct module_list *list)
{
	if (listed(list, m, optional))
		return;
	add_soft(tree, tree->softdep_text, m->name, "pre:", depth, list);
	if (!listed(list, m, optional))
		append(list, m, optional);
	add_soft(tree, tree->softdep_text, m->name, "post:", depth, list);
}

/* depmod writes every module that is needed, directly or not, the last to load first. */
static void add_closure(const struct module_tree *tree, const struct module *m, bool optional,
	unsigned depth, struct module_list *list)
{
	const char *end = m->dependencies + strlen(m->dependencies);
	const struct module *dependency;

	while (module_previous_dependency(tree, m, &end, &dependency))
		add_one(tree, dependency, optional, depth, list);
	add_one(tree, m, optional, depth, list);
}

/* An algorithm that needs a device of its own. */
static bool is_for_device(const struct module *m, const char *alias)
{
	return strncmp(alias, ALGORITHM, strlen(ALGORITHM)) == 0 && strstr(m->path, "drivers/");
}

static enum module_found add_providers(const struct module_tree *tree, const char *alias,
	bool optional, unsigned depth, struct module_list *list)
{
	bool builtin = module_builtin_provides(tree, alias), devices;
	size_t general = 0, all = 0;
	const struct module *m;
	const char *rest;

	for (rest = tree->alias_text; (m = module_next_provider(tree, alias, &rest)); all++)
		general += !is_for_device(m, alias);
	devices = general == 0 && !builtin;
	optional = optional || builtin || (devices ? all : general) > 1;
	for (rest = tree->alias_text; (m = module_next_provider(tree, alias, &rest));)
		if (devices || !is_for_device(m, alias))
			add_closure(tree, m, optional, depth, list);
	if (devices ? all : general)
		return MODULE_ADDED;
	return builtin ? MODULE_BUILTIN : MODULE_MISSING;
}

static enum module_found add_wanted(const struct module_tree *tree, const char *name, bool optional,
	unsigned depth, struct module_list *list)
{
	const struct module *m = module_find(tree, name);

	if (m) {
		add_closure(tree, m, optional, depth, list);
		return MODULE_ADDED;
	}
	if (module_is_builtin(tree, name)) {
		add_soft(tree, tree->info_text, name, "pre:", depth, list);
		add_soft(tree, tree->info_text, name, "post:", depth, list);
		return MODULE_BUILTIN;
	}
	return add_providers(tree, name, optional, depth, list);
}

enum module_found module_list_add(
	const struct module_tree *tree, const char *name, bool optional, struct module_list *list)
{
	char plain[MODULE_NAME_MAX];

	if (!module_plain_name((struct word){name, strlen(name)}, plain))
		return MODULE_MISSING;
	return add_wanted(tree, plain, optional, 0, list);
}

void module_list_write(
	const struct module_tree *tree, const struct module_list *list, struct bytes *out)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct module_pick *pick = &list->picks[i];
		const char *end = pick->module->dependencies + strlen(pick->module->dependencies);
		const struct module *dependency;

		bytes_addf(out, "%s%s.ko", pick->optional ? "-" : "", pick->module->name);
		while (pick->optional &&
			module_previous_dependency(tree, pick->module, &end, &dependency)) {
			const struct module_pick *other = pick_of(list, dependency);

			if (other && other->optional)
				bytes_addf(out, " %s.ko", dependency->name);
		}
		bytes_add_text(out, "\n");
	}
}

void module_list_free(struct module_list *list)
{
	free(list->picks);
	*list = (struct module_list){0};
}
