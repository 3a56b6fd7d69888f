/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/content/content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/gpt.h"
#include "tools/lib/printable.h"
#include "tools/content/content_private.h"

typedef void compare_function(
	const struct content_at *at, const struct content *a, const struct content *b);

static compare_function *const functions[CONTENT_KIND_COUNT] = {
	[CONTENT_OPAQUE] = content_opaque,
	[CONTENT_TEXT] = content_text,
	[CONTENT_CMDLINE] = content_cmdline,
	[CONTENT_SETTINGS] = content_settings,
	[CONTENT_PE] = content_pe,
	[CONTENT_KERNEL] = content_kernel,
	[CONTENT_INITRD] = content_initrd,
	[CONTENT_SIGNATURES] = content_signatures,
	[CONTENT_DISK] = content_disk,
	[CONTENT_GPT] = content_gpt,
	[CONTENT_FIRMWARE] = content_firmware,
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

static char *number(enum content_base base, unsigned long long value)
{
	switch (base) {
	case BASE_OCTAL:
		return must_format("%04llo", value);
	case BASE_HEX:
		return must_format("0x%llx", value);
	default:
		return must_format("%llu", value);
	}
}

void content_tell_item(const struct content_at *at, enum finding_change change, const char *aspect,
	const struct match_key *key, const struct match_key *a, const struct match_key *b)
{
	char *name = printable(key->data, key->len, PRINTABLE_MAX);
	char *text_a = a ? printable(a->data, a->len, PRINTABLE_MAX) : NULL;
	char *text_b = b ? printable(b->data, b->len, PRINTABLE_MAX) : NULL;
	struct content_at inner = content_enter(at, name);
	struct content_values values = {.a = text_a, .b = text_b};

	content_tell(&inner, change, aspect, &values);
	free(name);
	free(text_a);
	free(text_b);
}

void content_tell_number(const struct content_at *at, const char *aspect, enum content_base base,
	uint64_t a, uint64_t b)
{
	struct content_values values;
	char *text_a, *text_b;

	if (a == b)
		return;
	text_a = number(base, a);
	text_b = number(base, b);
	values = (struct content_values){.a = text_a, .b = text_b};
	content_tell(at, FINDING_CHANGED, aspect, &values);
	free(text_a);
	free(text_b);
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

/* The part that counts: of a disk whose table alone is compared, the table. */
static struct content compared_part(enum content_kind kind, const struct content *whole)
{
	struct content part = *whole;
	struct gpt *gpt;

	if (kind != CONTENT_GPT)
		return part;
	gpt = must_alloc(sizeof(*gpt));
	if (gpt_read(whole->data, whole->len, gpt) == GPT_OK)
		part.len = (size_t)(gpt->entries - whole->data) +
			   (size_t)gpt->entry_count * gpt->entry_len;
	free(gpt);
	return part;
}

bool content_compare(const struct content_at *at, enum content_kind kind, const struct content *a,
	const struct content *b)
{
	struct content part_a = compared_part(kind, a), part_b = compared_part(kind, b);
	size_t before = *at->told;

	if (same_bytes(&part_a, &part_b))
		return true;
	functions[kind](at, a, b);
	if (*at->told == before)
		content_opaque(at, &part_a, &part_b);
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
