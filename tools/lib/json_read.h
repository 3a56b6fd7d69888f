/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads JSON that may be hostile, with json-c as the tokenizer. On top of it: a limit of size and
 * of depth, nothing after the value, no object with two members of one name (json-c keeps the
 * last, other readers the first), no NUL in names and texts. Every value is then fetched by what
 * it must be, and an error names the file and the place in it: "FILE: events[3].pcr: ...".
 *
 * Order: json_read_file() or json_parse(); a struct json_at for the root on the stack; json_only(),
 * json_member() and json_item() to go down, the json_get_...() to fetch; json_object_put() of the
 * root at the end. All texts borrow from the root. What fails has complained.
 */
#ifndef TOOLS_LIB_JSON_READ_H
#define TOOLS_LIB_JSON_READ_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/flaw.h"

#define JSON_READ_DEPTH 16

/*
 * One JSON value and nothing after it but white space. NULL when the text is longer than max bytes
 * or breaks a rule above; the flaw then says where.
 */
struct json_object *json_parse(const uint8_t *text, size_t len, size_t max, struct flaw *flaw);
/*
 * Whether no object in the text, at whatever depth, has two members of one name, and no name a NUL.
 * The text is one that json-c took as strict JSON. The flaw's offset is that of the second name's
 * quote. json_parse() has asked this; it is for readers that tokenize by themselves.
 */
bool json_names_differ(const uint8_t *text, size_t len, struct flaw *flaw);
/* The same as json_parse() of a regular file; complains. */
struct json_object *json_read_file(const char *path, size_t max);

/* A value and the way to it. Names live as long as the root. */
struct json_at {
	struct json_object *value;
	const struct json_at *in; /* NULL: the root */
	const char *name; /* of the member, of the file in the root; NULL: an array's item */
	size_t index;
};

/* Complains about this place. */
void json_report(const struct json_at *at, const char *reason);
/* The same; the value is false, and the compiler knows it. */
static inline bool json_fault(const struct json_at *at, const char *reason)
{
	json_report(at, reason);
	return false;
}

/* The value is an object, and each member's name is in the list. */
bool json_only(const struct json_at *at, const char *const *names, size_t count);
/* A member of an object. False without a complaint when there is none. */
bool json_has(const struct json_at *at, const char *name, struct json_at *out);
/* The same; complains when there is none. */
bool json_member(const struct json_at *at, const char *name, struct json_at *out);
/* The value is an array of at most max items; *count becomes their number. */
bool json_list(const struct json_at *at, size_t max, size_t *count);
/* Item index of a value that json_list() took. */
struct json_at json_item(const struct json_at *at, size_t index);

bool json_get_number(const struct json_at *at, uint64_t max, uint64_t *out);
bool json_get_bool(const struct json_at *at, bool *out);
bool json_get_text(const struct json_at *at, const char **out);
/* Exactly len bytes in hexadecimal. */
bool json_get_hex(const struct json_at *at, uint8_t *out, size_t len);

#endif
