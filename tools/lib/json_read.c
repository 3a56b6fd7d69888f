/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/json_read.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/file.h"
#include "tools/lib/hex.h"
#include "tools/lib/json_plain.h"
#include "tools/lib/report.h"

/* Why there is no value, or none that may be: NULL when all is well. */
static const char *problem_of(
	const struct json_object *root, enum json_tokener_error error, bool more)
{
	if (error == json_tokener_continue)
		return "the text ends before its value does, or is a bare word or number";
	if (error != json_tokener_success)
		return json_tokener_error_desc(error);
	if (!root)
		return "it is null";
	return more ? "there is something after the JSON value" : NULL;
}

/* One JSON value and nothing after it but white space. */
static struct json_object *tokenize(const uint8_t *text, size_t len, struct flaw *flaw)
{
	struct json_tokener *tok;
	struct json_object *root;
	struct json_plain plain;
	const char *problem;
	size_t end;

	if (!json_plain_make(text, len, &plain, flaw)) {
		flaw_count_lines(flaw, text, len);
		return NULL;
	}
	tok = plain.len <= INT32_MAX ? json_tokener_new_ex(JSON_READ_DEPTH) : NULL;
	if (!tok) {
		flaw_at(flaw, 0, "out of memory");
		json_plain_free(&plain);
		return NULL;
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	root = json_tokener_parse_ex(tok, plain.text, (int)plain.len);
	end = json_plain_origin(&plain, json_tokener_get_parse_end(tok));
	json_plain_free(&plain);
	while (end < len && text[end] && strchr(" \t\r\n", text[end]))
		end++;
	problem = problem_of(root, json_tokener_get_error(tok), end != len);
	json_tokener_free(tok);
	if (problem) {
		flaw_at(flaw, end, problem);
		flaw_count_lines(flaw, text, len);
		json_object_put(root);
		root = NULL;
	}
	return root;
}

/* The names seen in each container that is open; NULL for an array. */
struct open_objects {
	struct json_object *seen[JSON_READ_DEPTH + 1];
	size_t depth;
};

/* The name is between quotes in text that json-c took, escapes and all. */
static bool note_name(
	struct open_objects *open, const uint8_t *text, size_t start, size_t end, struct flaw *flaw)
{
	struct json_object *seen = open->seen[open->depth], *name;
	struct json_tokener *tok = json_tokener_new();
	const char *plain;
	bool fine = true;

	name = tok ? json_tokener_parse_ex(tok, (const char *)text + start, (int)(end - start))
		   : NULL;
	plain = name ? json_object_get_string(name) : NULL;
	if (plain && strlen(plain) != (size_t)json_object_get_string_len(name))
		fine = flaw_at(flaw, start, "a member's name has a NUL in it");
	else if (plain && json_object_object_get_ex(seen, plain, NULL))
		fine = flaw_at(flaw, start, "an object has two members of this name");
	else if (!plain || json_object_object_add(seen, plain, NULL) != 0)
		fine = flaw_at(flaw, start, "out of memory");
	json_object_put(name);
	if (tok)
		json_tokener_free(tok);
	return fine;
}

static size_t end_of_string(const uint8_t *text, size_t len, size_t start)
{
	size_t at = start + 1;

	while (at < len && text[at] != '"')
		at += text[at] == '\\' ? 2 : 1;
	return at < len ? at + 1 : len;
}

/* Brackets pair and quotes end, in text that json-c took. */
bool json_names_differ(const uint8_t *text, size_t len, struct flaw *flaw)
{
	struct open_objects open = {0};
	size_t start = 0, end = 0;
	bool fine = true;

	for (size_t at = 0; at < len && fine; at++) {
		if (text[at] == '"') {
			start = at;
			end = end_of_string(text, len, at);
			at = end - 1;
		} else if (text[at] == ':') {
			fine = note_name(&open, text, start, end, flaw);
		} else if (text[at] == '{' || text[at] == '[') {
			if (open.depth == JSON_READ_DEPTH)
				fine = flaw_at(flaw, at, "nested too deep");
			else if (text[at] == '{')
				open.seen[++open.depth] = json_object_new_object();
			else
				open.seen[++open.depth] = NULL;
		} else if (text[at] == '}' || text[at] == ']') {
			json_object_put(open.seen[open.depth--]);
		}
	}
	while (open.depth)
		json_object_put(open.seen[open.depth--]);
	return fine;
}

struct json_object *json_parse(const uint8_t *text, size_t len, size_t max, struct flaw *flaw)
{
	struct json_object *root;

	if (len > max || len > INT32_MAX || !len) {
		flaw_at(flaw, 0, len ? "the file is larger than it may be" : "the file is empty");
		return NULL;
	}
	root = tokenize(text, len, flaw);
	if (root && !json_names_differ(text, len, flaw)) {
		flaw_count_lines(flaw, text, len);
		json_object_put(root);
		root = NULL;
	}
	return root;
}

struct json_object *json_read_file(const char *path, size_t max)
{
	struct json_object *root;
	struct mapped file;
	struct flaw flaw;

	if (!file_map(path, &file))
		return NULL;
	root = json_parse(file.data, file.len, max, &flaw);
	if (!root)
		flaw_complain(path, &flaw);
	file_unmap(&file);
	return root;
}

/* "FILE: events[3].pcr"; the root first. */
static void put_way(struct bytes *out, const struct json_at *at)
{
	if (!at->in) {
		bytes_addf(out, "%s:", at->name);
		return;
	}
	put_way(out, at->in);
	if (!at->name)
		bytes_addf(out, "[%zu]", at->index);
	else
		bytes_addf(out, "%s%.64s", at->in->in ? "." : " ", at->name);
}

void json_report(const struct json_at *at, const char *reason)
{
	struct bytes way = {0};

	put_way(&way, at);
	/* Names come from the file, and the message may go to a terminal. */
	for (size_t i = 0; i < way.len; i++)
		if (way.data[i] < 0x20 || way.data[i] == 0x7F)
			way.data[i] = '?';
	bytes_add(&way, "", 1);
	complain("%s%s %s", (const char *)way.data, at->in ? ":" : "", reason);
	bytes_free(&way);
}

bool json_only(const struct json_at *at, const char *const *names, size_t count)
{
	if (!json_object_is_type(at->value, json_type_object))
		return json_fault(at, "it must be an object");
	json_object_object_foreach(at->value, name, value)
	{
		bool found = false;

		for (size_t i = 0; i < count && !found; i++)
			found = strcmp(names[i], name) == 0;
		if (!found)
			return json_fault(&(struct json_at){value, at, name, 0},
				"a member of this name is not known here");
	}
	return true;
}

bool json_has(const struct json_at *at, const char *name, struct json_at *out)
{
	struct json_object *value;

	if (!json_object_is_type(at->value, json_type_object) ||
		!json_object_object_get_ex(at->value, name, &value))
		return false;
	*out = (struct json_at){value, at, name, 0};
	return true;
}

bool json_member(const struct json_at *at, const char *name, struct json_at *out)
{
	return json_has(at, name, out) ||
	       json_fault(&(struct json_at){NULL, at, name, 0}, "it is missing");
}

bool json_list(const struct json_at *at, size_t max, size_t *count)
{
	if (!json_object_is_type(at->value, json_type_array))
		return json_fault(at, "it must be an array");
	*count = json_object_array_length(at->value);
	return *count <= max || json_fault(at, "it has too many items");
}

struct json_at json_item(const struct json_at *at, size_t index)
{
	return (struct json_at){json_object_array_get_idx(at->value, index), at, NULL, index};
}

bool json_get_number(const struct json_at *at, uint64_t max, uint64_t *out)
{
	uint64_t value;

	if (!json_object_is_type(at->value, json_type_int) || json_object_get_int64(at->value) < 0)
		return json_fault(at, "it must be a number without sign or fraction");
	value = json_object_get_uint64(at->value);
	if (value > max)
		return json_fault(at, "the number is out of range");
	*out = value;
	return true;
}

bool json_get_bool(const struct json_at *at, bool *out)
{
	if (!json_object_is_type(at->value, json_type_boolean))
		return json_fault(at, "it must be true or false");
	*out = json_object_get_boolean(at->value);
	return true;
}

bool json_get_text(const struct json_at *at, const char **out)
{
	const char *text;

	if (!json_object_is_type(at->value, json_type_string))
		return json_fault(at, "it must be a text");
	text = json_object_get_string(at->value);
	if (strlen(text) != (size_t)json_object_get_string_len(at->value))
		return json_fault(at, "the text has a NUL in it");
	*out = text;
	return true;
}

bool json_get_hex(const struct json_at *at, uint8_t *out, size_t len)
{
	const char *text;

	return json_get_text(at, &text) &&
	       (hex_decode(text, out, len) ||
		       json_fault(at, "it must be hexadecimal digits of the right number"));
}
