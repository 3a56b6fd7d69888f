/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all of Intel's collateral has in common. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/evidence/tdx/collateral_private.h"
#include "tools/lib/hex.h"
#include "tools/lib/json_read.h"

struct failure collateral_parse(struct span text, struct json_object **out)
{
	struct flaw flaw;
	struct json_object *root = json_parse(text.data, text.len, TDX_COLLATERAL_MAX, &flaw);

	if (!root)
		return refuse("it cannot be read as JSON: %.200s", flaw.reason);
	if (!json_object_is_type(root, json_type_object)) {
		json_object_put(root);
		return refuse("it is no JSON object");
	}
	*out = root;
	return failure_none();
}

struct failure collateral_member(const struct json_object *o, const char *name, enum json_type type,
	struct json_object **out)
{
	if (!json_object_object_get_ex(o, name, out))
		return refuse("\"%s\" is missing", name);
	if (!json_object_is_type(*out, type))
		return refuse("\"%s\" is no %s", name, json_type_to_name(type));
	return failure_none();
}

struct failure collateral_number(
	const struct json_object *o, const char *name, uint64_t max, uint64_t *out)
{
	struct json_object *value;

	TRY_FAILURE(collateral_member(o, name, json_type_int, &value));
	if (json_object_get_int64(value) < 0 || json_object_get_uint64(value) > max)
		return refuse("\"%s\" is not from 0 to %llu", name, (unsigned long long)max);
	*out = json_object_get_uint64(value);
	return failure_none();
}

struct failure collateral_text_is(const struct json_object *o, const char *name, const char *wanted)
{
	struct json_object *value;

	TRY_FAILURE(collateral_member(o, name, json_type_string, &value));
	if (strcmp(json_object_get_string(value), wanted) != 0)
		return refuse("\"%s\" is not %s", name, wanted);
	return failure_none();
}

struct failure collateral_hex(
	const struct json_object *o, const char *name, uint8_t *out, size_t len)
{
	struct json_object *value;

	TRY_FAILURE(collateral_member(o, name, json_type_string, &value));
	if (!hex_decode_text(json_object_get_string(value),
		    (size_t)json_object_get_string_len(value), out, len))
		return refuse("\"%s\" has not %zu hex digits", name, 2 * len);
	return failure_none();
}

struct failure collateral_list(const struct json_object *o, const char *name, size_t min,
	size_t max, struct json_object **out, size_t *out_count)
{
	size_t count;

	TRY_FAILURE(collateral_member(o, name, json_type_array, out));
	count = json_object_array_length(*out);
	if (count < min || count > max)
		return refuse("\"%s\" has not %zu to %zu members", name, min, max);
	for (size_t i = 0; i < count; i++)
		if (!json_object_is_type(json_object_array_get_idx(*out, i), json_type_object))
			return refuse("\"%s\" has a member that is no object", name);
	*out_count = count;
	return failure_none();
}

/* "2026-03-16T22:21:30Z", as seconds since 1970. */
static struct failure date(const struct json_object *o, const char *name, int64_t *out)
{
	struct json_object *value;
	struct tm t = {0}, again;
	const char *text, *end;
	char back[32];
	time_t s;

	TRY_FAILURE(collateral_member(o, name, json_type_string, &value));
	text = json_object_get_string(value);
	end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &t);
	if (!end || *end)
		return refuse("\"%s\" is no date", name);
	s = timegm(&t);
	if (!gmtime_r(&s, &again) || !strftime(back, sizeof(back), "%Y-%m-%dT%H:%M:%SZ", &again) ||
		strcmp(back, text) != 0)
		return refuse("\"%s\" is no date", name);
	*out = s;
	return failure_none();
}

struct failure collateral_issue(const struct json_object *o, struct tdx_issue *out)
{
	uint64_t number = 0;

	TRY_FAILURE(date(o, "issueDate", &out->issued_s));
	TRY_FAILURE(date(o, "nextUpdate", &out->next_s));
	TRY_FAILURE(collateral_number(o, "tcbEvaluationDataNumber", UINT32_MAX, &number));
	out->evaluation = (uint32_t)number;
	return failure_none();
}

static struct failure advisories(const struct json_object *o, struct tdx_advisories *out)
{
	struct json_object *list;

	*out = (struct tdx_advisories){.count = 0};
	if (!json_object_object_get_ex(o, "advisoryIDs", &list) || !list)
		return failure_none();
	if (!json_object_is_type(list, json_type_array) ||
		json_object_array_length(list) > TDX_ADVISORIES_MAX)
		return refuse("\"advisoryIDs\" is no array of at most %u", TDX_ADVISORIES_MAX);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *id = json_object_array_get_idx(list, i);

		if (!json_object_is_type(id, json_type_string) ||
			json_object_get_string_len(id) >= (int)TDX_ADVISORY_MAX ||
			strlen(json_object_get_string(id)) !=
				(size_t)json_object_get_string_len(id))
			return refuse("\"advisoryIDs\" has a member that is no id of an advisory");
		snprintf(
			out->ids[out->count++], TDX_ADVISORY_MAX, "%s", json_object_get_string(id));
	}
	return failure_none();
}

struct failure collateral_status(
	const struct json_object *o, enum tdx_status *out, struct tdx_advisories *out_advisories)
{
	struct json_object *name = NULL;

	TRY_FAILURE(collateral_member(o, "tcbStatus", json_type_string, &name));
	*out = tdx_status_from_name(json_object_get_string(name));
	if (*out == TDX_NO_STATUS || *out == TDX_RELAUNCH || *out == TDX_RELAUNCH_CONFIGURATION ||
		*out == TDX_NOT_SUPPORTED)
		return refuse("\"tcbStatus\" is none that is known");
	return advisories(o, out_advisories);
}

static int higher_svn_first(const void *a, const void *b)
{
	const struct tdx_svn_level *one = a, *other = b;

	return one->isvsvn < other->isvsvn ? 1 : one->isvsvn > other->isvsvn ? -1 : 0;
}

struct failure collateral_svn_levels(const struct json_object *o, struct tdx_svn_levels *out)
{
	struct json_object *list = NULL, *tcb;
	size_t count = 0;

	TRY_FAILURE(collateral_list(o, "tcbLevels", 1, TDX_LEVELS_MAX, &list, &count));
	out->list = calloc(count ? count : 1, sizeof(*out->list));
	if (!out->list)
		return refuse("out of memory");
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		struct tdx_svn_level *level = &out->list[i];
		uint64_t svn = 0;

		TRY_FAILURE(collateral_member(item, "tcb", json_type_object, &tcb));
		TRY_FAILURE(collateral_number(tcb, "isvsvn", UINT16_MAX, &svn));
		level->isvsvn = (uint32_t)svn;
		TRY_FAILURE(collateral_status(item, &level->status, &level->advisories));
	}
	out->count = count;
	qsort(out->list, count, sizeof(*out->list), higher_svn_first);
	return failure_none();
}

struct failure tdx_issue_check(
	const struct tdx_issue *i, int64_t now_s, uint32_t min, const char *what)
{
	if (now_s < i->issued_s)
		return refuse(
			"Intel's %s was made in the future: is this machine's clock right?", what);
	if (now_s > i->next_s)
		return refuse("Intel's %s was due to be replaced: fetch the new one", what);
	if (i->evaluation < min)
		return refuse("Intel's %s is of TCB evaluation %u; policy demands %u or later",
			what, i->evaluation, min);
	return failure_none();
}
