/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/join/luks_edit.h"

#include <stdio.h>
#include <string.h>

#include "crypto/digest.h"

#define CHECKSUM_AT 448u

const char *edit_json(const uint8_t *header)
{
	return (const char *)header + 4096;
}

static void put_number(uint8_t *at, uint64_t v)
{
	for (int i = 7; i >= 0; i--, v >>= 8)
		at[i] = (uint8_t)v;
}

void edit_new(uint8_t *header)
{
	static const char magic[2][7] = {"LUKS\xba\xbe", "SKUL\xba\xbe"};

	memset(header, 0, 2 * EDIT_COPY_LEN);
	for (size_t i = 0; i < 2; i++) {
		uint8_t *h = header + i * EDIT_COPY_LEN;

		memcpy(h, magic[i], 6);
		h[7] = 2;
		put_number(h + 8, EDIT_COPY_LEN);
		put_number(h + 16, 1);
		memcpy(h + 72, "sha256", 6);
		memset(h + 104, 0x11, 64);
		memcpy(h + 168, "11111111-2222-3333-4444-555555555555", 36);
		put_number(h + 256, i * EDIT_COPY_LEN);
	}
}

bool edit_put_json(uint8_t *header, const char *json, size_t len)
{
	if (len >= EDIT_JSON_MAX)
		return false;
	for (size_t i = 0; i < 2; i++) {
		uint8_t *h = header + i * EDIT_COPY_LEN;

		memset(h + 4096, 0, EDIT_JSON_MAX);
		memcpy(h + 4096, json, len);
		memset(h + CHECKSUM_AT, 0, 64);
		sha256(h, EDIT_COPY_LEN, h + CHECKSUM_AT);
	}
	return true;
}

bool edit_replace(uint8_t *header, const char *from, const char *to)
{
	static char json[EDIT_JSON_MAX + 4096];
	const char *old = edit_json(header);
	const char *at = strstr(old, from);
	int n;

	if (!at || strstr(at + 1, from))
		return false;
	n = snprintf(json, sizeof(json), "%.*s%s%s", (int)(at - old), old, to, at + strlen(from));
	return n > 0 && (size_t)n < sizeof(json) && edit_put_json(header, json, (size_t)n);
}
