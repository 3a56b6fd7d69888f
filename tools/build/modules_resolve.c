#include <stdlib.h>
#include <string.h>
#include "tools/build/modules.h"
#include "tools/build/modules_name.h"
#include "tools/lib/bytes.h"

/* Soft dependencies of soft dependencies; the kernel's own chains have depth 2. */
#define SOFTDEP_DEPTH 4u

struct span {
	const char *data;
	size_t len;
};

/* Takes the next word of *rest; false at the end of the line. */
static bool next_word(const char **rest, struct span *out)
{
	const char *p = *rest + strspn(*rest, " \t");
	size_t len = strcspn(p, " \t\n");

	*rest = p + len;
	*out = (struct span){p, len};
	return len > 0;
}

/* The last word before *end of a line that begins at start; moves *end in front of it. */
static bool previous_word(const char *start, const char **end, struct span *out)
{
	const char *last = *end, *first;

	while (last > start && last[-1] == ' ')
		last--;
	for (first = last; first > start && first[-1] != ' ';)
		first--;
	*end = first;
	*out = (struct span){first, (size_t)(last - first)};
	return last > first;
}

static bool plain_name(struct span word, char out[MODULE_NAME_MAX])
{
	if (word.len == 0 || word.len >= MODULE_NAME_MAX)
		return false;
	for (size_t i = 0; i < word.len; i++)
		out[i] = word.data[i] == '-' ? '_' : word.data[i];
	out[word.len] = '\0';
	return true;
}

static const struct module *find(const struct module_tree *tree, const char *name)
{
	size_t low = 0, high = tree->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, tree->modules[middle].name);

		if (order == 0)
			return &tree->modules[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static const struct module *find_path(const struct module_tree *tree, struct span path)
{
	char text[4096], name[MODULE_NAME_MAX];

	if (path.len >= sizeof(text))
		return NULL;
	memcpy(text, path.data, path.len);
	text[path.len] = '\0';
	return module_name(text, name) ? find(tree, name) : NULL;
}

static bool is_builtin(const struct module_tree *tree, const char *name)
{
	const char *line = tree->builtin_text;

	while (*line) {
		char path[4096], found[MODULE_NAME_MAX];
		size_t len = strcspn(line, "\n");

		if (len < sizeof(path)) {
			memcpy(path, line, len);
			path[len] = '\0';
			if (module_name(path, found) && strcmp(found, name) == 0)
				return true;
		}
		line += len + (line[len] == '\n');
	}
	return false;
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

static void add_closure(const struct module_tree *tree, const struct module *m, bool optional,
	unsigned depth, struct module_list *list);

/* Adds the soft dependencies of one module that stand after the word "pre:" or "post:". */
static void add_soft(const struct module_tree *tree, const char *name, const char *when,
	unsigned depth, struct module_list *list)
{
	const char *line = tree->softdep_text;

	for (; depth < SOFTDEP_DEPTH && *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *rest = line;
		char own[MODULE_NAME_MAX];
		struct span word;
		bool on = false;

		if (!next_word(&rest, &word) || word.len != 7 || memcmp(word.data, "softdep", 7))
			continue;
		if (!next_word(&rest, &word) || !plain_name(word, own) || strcmp(own, name) != 0)
			continue;
		while (next_word(&rest, &word)) {
			char soft[MODULE_NAME_MAX];
			const struct module *m;

			if (word.data[word.len - 1] == ':') {
				on = word.len == strlen(when) && !memcmp(word.data, when, word.len);
				continue;
			}
			m = on && plain_name(word, soft) ? find(tree, soft) : NULL;
			if (m)
				add_closure(tree, m, true, depth + 1, list);
		}
	}
}

static void add_one(const struct module_tree *tree, const struct module *m, bool optional,
	unsigned depth, struct module_list *list)
{
	if (listed(list, m, optional))
		return;
	add_soft(tree, m->name, "pre:", depth, list);
	if (!listed(list, m, optional))
		append(list, m, optional);
	add_soft(tree, m->name, "post:", depth, list);
}

/* depmod writes every module that is needed, directly or not, the last to load first. */
static void add_closure(const struct module_tree *tree, const struct module *m, bool optional,
	unsigned depth, struct module_list *list)
{
	const char *end = m->dependencies + strlen(m->dependencies);
	struct span path;

	while (previous_word(m->dependencies, &end, &path)) {
		const struct module *dependency = find_path(tree, path);

		if (dependency)
			add_one(tree, dependency, optional, depth, list);
	}
	add_one(tree, m, optional, depth, list);
}

enum module_found module_list_add(
	const struct module_tree *tree, const char *name, bool optional, struct module_list *list)
{
	char plain[MODULE_NAME_MAX];
	const struct module *m;

	if (!plain_name((struct span){name, strlen(name)}, plain))
		return MODULE_MISSING;
	m = find(tree, plain);
	if (!m)
		return is_builtin(tree, plain) ? MODULE_BUILTIN : MODULE_MISSING;
	add_closure(tree, m, optional, 0, list);
	return MODULE_ADDED;
}

void module_list_free(struct module_list *list)
{
	free(list->picks);
	*list = (struct module_list){0};
}
