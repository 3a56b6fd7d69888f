/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/policy/policy_path.h"

#include <stdio.h>
#include <string.h>

#define NAME_SHOWN_MAX 40

/* What is left of the text. It was JSON for json-c; here it may be anything, and is never left. */
struct cursor {
	const char *at, *end;
};

void policy_path_enter(struct policy_path *path, const char *name)
{
	if (path->depth < POLICY_PATH_DEPTH)
		path->steps[path->depth].name = name;
	path->depth++;
}

void policy_path_enter_index(struct policy_path *path, size_t index)
{
	if (path->depth < POLICY_PATH_DEPTH)
		path->steps[path->depth].index = index;
	policy_path_enter(path, NULL);
}

void policy_path_leave(struct policy_path *path)
{
	path->depth--;
}

static void skip_space(struct cursor *c)
{
	while (c->at < c->end && memchr(" \t\r\n", *c->at, 4))
		c->at++;
}

/* Past this character and the white space around it, if it comes next. */
static bool take(struct cursor *c, char wanted)
{
	skip_space(c);
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	skip_space(c);
	return true;
}

/* Past a string, at whose quote the cursor stands; *out gets what is between the quotes. */
static bool take_string(struct cursor *c, struct cursor *out)
{
	if (c->at == c->end || *c->at != '"')
		return false;
	out->at = ++c->at;
	while (c->at < c->end && *c->at != '"')
		c->at += *c->at == '\\' && c->end - c->at > 1 ? 2 : 1;
	out->end = c->at;
	if (c->at == c->end)
		return false;
	c->at++;
	return true;
}

/* Past a value, however deep. */
static void skip_value(struct cursor *c)
{
	struct cursor string;
	size_t depth = 0;

	while (c->at < c->end) {
		if (*c->at == '"') {
			if (!take_string(c, &string))
				return;
			continue;
		}
		if (!depth && memchr(",]}", *c->at, 3))
			return;
		if (*c->at == '[' || *c->at == '{')
			depth++;
		if (*c->at == ']' || *c->at == '}')
			depth--;
		c->at++;
	}
}

/* To the value of the member of this name; *out_begin: where the member begins. */
static bool find_member(struct cursor *c, const char *name, const char **out_begin)
{
	struct cursor key;
	size_t len = strlen(name);

	if (!take(c, '{'))
		return false;
	do {
		const char *begin;

		skip_space(c);
		begin = c->at;
		if (!take_string(c, &key) || !take(c, ':'))
			return false;
		if ((size_t)(key.end - key.at) == len && memcmp(key.at, name, len) == 0) {
			*out_begin = begin;
			return true;
		}
		skip_value(c);
	} while (take(c, ','));
	return false;
}

static bool find_element(struct cursor *c, size_t index, const char **out_begin)
{
	if (!take(c, '['))
		return false;
	for (size_t i = 0; i < index; i++) {
		skip_value(c);
		if (!take(c, ','))
			return false;
	}
	*out_begin = c->at;
	return true;
}

size_t policy_path_line(const struct policy_path *path, const char *text, size_t len)
{
	struct cursor c = {text, text + len};
	const char *begin;
	size_t line = 1;

	skip_space(&c);
	begin = c.at;
	for (size_t i = 0; i < path->depth && i < POLICY_PATH_DEPTH; i++) {
		const char *name = path->steps[i].name;

		if (name ? !find_member(&c, name, &begin)
			 : !find_element(&c, path->steps[i].index, &begin))
			break;
	}
	for (const char *at = text; at < begin; at++)
		line += *at == '\n';
	return line;
}

/* "sets[0].measurements.4"; what does not fit or cannot be printed is left out. */
static void path_text(const struct policy_path *path, char *out, size_t cap)
{
	size_t len = 0;

	out[0] = 0;
	for (size_t i = 0; i < path->depth && i < POLICY_PATH_DEPTH && len < cap; i++) {
		const char *name = path->steps[i].name;
		const char *dot = i ? "." : "";

		len += (size_t)(name ? snprintf(out + len, cap - len, "%s%.*s", dot, NAME_SHOWN_MAX,
					       name)
				     : snprintf(out + len, cap - len, "[%zu]",
					       path->steps[i].index));
	}
	for (; *out; out++)
		if (*out < 0x20 || *out > 0x7e)
			*out = '?';
}

struct failure policy_path_locate(
	const struct policy_path *path, const char *text, size_t len, const struct failure *f)
{
	char name[POLICY_PATH_DEPTH * NAME_SHOWN_MAX];

	path_text(path, name, sizeof(name));
	return refuse("line %zu%s%s: %s", policy_path_line(path, text, len), name[0] ? ", " : "",
		name, f->text);
}
