#include "tools/measure/compare/content_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/measure/compare/content.h"

typedef void compare_function(
	const struct content_at *at, const struct content *a, const struct content *b);

static compare_function *const functions[CONTENT_KIND_COUNT] = {
	[CONTENT_OPAQUE] = content_opaque,
};

struct content_at content_enter(const struct content_at *at, const char *step)
{
	struct content_at inner = *at;

	if (inner.depth == FINDING_DEPTH_MAX)
		inner.depth--;
	inner.path[inner.depth++] = step;
	return inner;
}

void content_tell(const struct content_at *at, enum finding_change change, const char *aspect,
	const struct content_values *values)
{
	struct finding finding = {
		.change = change,
		.depth = at->depth,
		.aspect = aspect,
		.a = values ? values->a : NULL,
		.b = values ? values->b : NULL,
		.remark = values ? values->remark : NULL,
		.left_unmeasured = at->left_unmeasured,
	};

	memcpy(finding.path, at->path, sizeof(finding.path));
	(*at->told)++;
	at->sink->take(at->sink->context, &finding);
}

void content_tell_unreadable(
	const struct content_at *at, bool is_b, uint64_t offset, const char *reason)
{
	char *where = must_format("at byte 0x%llx", (unsigned long long)offset);
	struct content_values values = {.a = is_b ? NULL : where, .b = is_b ? where : NULL};

	content_tell(at, FINDING_UNREADABLE, reason, &values);
	free(where);
}

static bool same_bytes(const struct content *a, const struct content *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

bool content_compare(const struct content_at *at, enum content_kind kind, const struct content *a,
	const struct content *b)
{
	compare_function *function = functions[kind] ? functions[kind] : content_opaque;
	size_t before = *at->told;

	if (same_bytes(a, b))
		return true;
	function(at, a, b);
	if (*at->told == before)
		content_opaque(at, a, b);
	return false;
}

bool content_diff(enum content_kind kind, const char *name, const struct content *a,
	const struct content *b, const struct finding_sink *sink)
{
	size_t told = 0;
	struct content_at at = {.sink = sink, .told = &told};

	if (name)
		at = content_enter(&at, name);
	return content_compare(&at, kind, a, b);
}
