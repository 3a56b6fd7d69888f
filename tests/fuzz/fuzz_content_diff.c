/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any two runs of bytes as any kind of content: a difference is always told, sameness never, and
 * texts are printable. Input: the kind, the length of the first as two bytes, both.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "tools/content/content.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
	for (; text && *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			abort();
}

static void take(void *context, const struct finding *finding)
{
	size_t *told = context;

	if (!finding->aspect || finding->depth > FINDING_DEPTH_MAX)
		abort();
	for (size_t i = 0; i < finding->depth; i++)
		check_text(finding->path[i]);
	check_text(finding->a);
	check_text(finding->b);
	check_text(finding->remark);
	(*told)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t told = 0, len;
	struct finding_sink sink = {.take = take, .context = &told};
	struct content a, b;
	enum content_kind kind;
	bool same;

	if (size < 3)
		return 0;
	kind = data[0] % CONTENT_KIND_COUNT;
	len = (size_t)(data[1] | data[2] << 8);
	if (len > size - 3)
		len = size - 3;
	a = (struct content){data + 3, len};
	b = (struct content){data + 3 + len, size - 3 - len};
	same = content_diff(kind, "input", &a, &b, &sink);
	if (same != (told == 0))
		abort();
	/* Of a disk the table alone may be asked for. */
	if (kind != CONTENT_GPT && same != (a.len == b.len && memcmp(a.data, b.data, a.len) == 0))
		abort();
	return 0;
}
