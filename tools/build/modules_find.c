/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "tools/build/modules_find.h"

#define PATH_MAX_LEN 4096u

bool module_next_word(const char **words, struct word *out)
{
	const char *p = *words + strspn(*words, " \t");
	size_t len = strcspn(p, " \t\n");

	*words = p + len;
	*out = (struct word){p, len};
	return len > 0;
}

bool module_plain_name(struct word word, char out[MODULE_NAME_MAX])
{
	if (word.len == 0 || word.len >= MODULE_NAME_MAX)
		return false;
	for (size_t i = 0; i < word.len; i++)
		out[i] = word.data[i] == '-' ? '_' : word.data[i];
	out[word.len] = '\0';
	return true;
}

static bool is_name(struct word word, const char *name)
{
	char plain[MODULE_NAME_MAX];

	return module_plain_name(word, plain) && strcmp(plain, name) == 0;
}

static bool is_text(struct word word, const char *text)
{
	return word.len == strlen(text) && memcmp(word.data, text, word.len) == 0;
}

/* The line at *rest, without its end; moves *rest behind it. False at the end of the text. */
static bool next_line(const char **rest, struct word *out)
{
	if (!**rest)
		return false;
	*out = (struct word){*rest, strcspn(*rest, "\n")};
	*rest += out->len;
	*rest += **rest == '\n';
	return true;
}

const struct module *module_find(const struct module_tree *tree, const char *name)
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

/* The name of the module whose path this is. */
static bool name_of_path(struct word path, char out[MODULE_NAME_MAX])
{
	char text[PATH_MAX_LEN];

	if (path.len >= sizeof(text))
		return false;
	memcpy(text, path.data, path.len);
	text[path.len] = '\0';
	return module_name(text, out);
}

bool module_is_builtin(const struct module_tree *tree, const char *name)
{
	const char *rest = tree->builtin_text;
	char found[MODULE_NAME_MAX];
	struct word line;

	while (next_line(&rest, &line))
		if (name_of_path(line, found) && strcmp(found, name) == 0)
			return true;
	return false;
}

bool module_previous_dependency(const struct module_tree *tree, const struct module *m,
	const char **end, const struct module **out)
{
	const char *start = m->dependencies, *last = *end, *first;
	char name[MODULE_NAME_MAX];

	do {
		while (last > start && last[-1] == ' ')
			last--;
		if (last == start)
			return false;
		for (first = last; first > start && first[-1] != ' ';)
			first--;
		*out = name_of_path((struct word){first, (size_t)(last - first)}, name)
			       ? module_find(tree, name)
			       : NULL;
		last = first;
	} while (!*out);
	*end = last;
	return true;
}

const struct module *module_next_provider(
	const struct module_tree *tree, const char *alias, const char **rest)
{
	char name[MODULE_NAME_MAX];
	struct word line, word;

	while (next_line(rest, &line)) {
		const char *words = line.data;
		const struct module *m;

		if (!module_next_word(&words, &word) || !is_text(word, "alias"))
			continue;
		if (!module_next_word(&words, &word) || !is_name(word, alias))
			continue;
		m = module_next_word(&words, &word) && module_plain_name(word, name)
			    ? module_find(tree, name)
			    : NULL;
		if (m)
			return m;
	}
	return NULL;
}

/* "NAME.key=value" -> NAME and value; false for another key. */
static bool info_of(struct word line, const char *key, struct word *out_name, struct word *out)
{
	const char *equals = memchr(line.data, '=', line.len);
	const char *dot = equals ? memchr(line.data, '.', (size_t)(equals - line.data)) : NULL;

	if (!dot || !is_text((struct word){dot + 1, (size_t)(equals - dot - 1)}, key))
		return false;
	*out_name = (struct word){line.data, (size_t)(dot - line.data)};
	*out = (struct word){equals + 1, line.len - (size_t)(equals + 1 - line.data)};
	return true;
}

bool module_builtin_provides(const struct module_tree *tree, const char *alias)
{
	const char *rest = tree->info_text;
	struct word line, name, value;

	while (next_line(&rest, &line))
		if (info_of(line, "alias", &name, &value) && is_name(value, alias))
			return true;
	return false;
}

const char *module_next_soft(const char *name, const char **rest)
{
	struct word line, word, value;

	while (next_line(rest, &line)) {
		const char *words = line.data;

		if (info_of(line, "softdep", &word, &value)) {
			if (is_name(word, name))
				return value.data;
		} else if (module_next_word(&words, &word) && is_text(word, "softdep") &&
			   module_next_word(&words, &word) && is_name(word, name)) {
			return words;
		}
	}
	return NULL;
}
