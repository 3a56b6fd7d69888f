/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bundle/bundle_names.h"

#include <string.h>

#include "tools/bundle/bundle.h"

static bool is(struct span part, const char *word)
{
	return part.len == strlen(word) && memcmp(part.data, word, part.len) == 0;
}

static bool part_good(struct span part)
{
	return part.len && !is(part, ".") && !is(part, "..");
}

bool bundle_name_good(struct span name)
{
	size_t begin = 0;

	if (!name.len || name.len > BUNDLE_NAME_MAX || is(name, BUNDLE_POLICY_NAME))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] < 0x20 || name.data[i] == 0x7f)
			return false;
	for (size_t i = 0; i <= name.len; i++) {
		if (i < name.len && name.data[i] != '/')
			continue;
		if (!part_good((struct span){name.data + begin, i - begin}))
			return false;
		begin = i + 1;
	}
	return true;
}
