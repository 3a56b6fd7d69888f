/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of no known meaning: their sizes, and the first that differs. */
#include <stdlib.h>
#include "tools/lib/bytes.h"
#include "tools/content/content_private.h"

static size_t first_difference(const struct content *a, const struct content *b)
{
	size_t shorter = a->len < b->len ? a->len : b->len;
	size_t at = 0;

	while (at < shorter && a->data[at] == b->data[at])
		at++;
	return at;
}

static bool all_zero(const struct content *longer, size_t from)
{
	for (size_t i = from; i < longer->len; i++)
		if (longer->data[i])
			return false;
	return true;
}

void content_opaque(const struct content_at *at, const struct content *a, const struct content *b)
{
	size_t first = first_difference(a, b);
	const struct content *longer = a->len > b->len ? a : b;
	char *value_a = must_format("%zu bytes", a->len);
	char *value_b = must_format("%zu bytes", b->len);
	char *remark = must_format("first difference at byte 0x%zx", first);
	struct content_values values = {.a = value_a, .b = value_b, .remark = remark};

	if (first == (a->len < b->len ? a->len : b->len) && all_zero(longer, first))
		values.remark = "the longer one only has more zeros at its end";
	content_tell(at, FINDING_CHANGED, "contents", &values);
	free(value_a);
	free(value_b);
	free(remark);
}
