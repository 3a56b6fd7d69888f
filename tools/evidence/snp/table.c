/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/snp/table.h"

#include <string.h>

#include "tools/lib/hex.h"

/* GUIDs as their text has them, and where in struct snp_table the certificate goes. */
static const struct {
	const char *guid;
	size_t offset;
} wanted[] = {
	{"63da758d-e664-4564-adc5-f4b93be8accd", offsetof(struct snp_table, vcek)},
	{"a8074bc2-a25a-483e-aae6-39c045a0b8a1", offsetof(struct snp_table, vlek)},
	{"4ab7b379-bbac-4fe4-a02f-05aef327c782", offsetof(struct snp_table, ask)},
};

/* What has another GUID (the root, a cloud's own things) is passed over. */
static struct failure take_entry(
	struct snp_table *t, const uint8_t guid[GUID_LEN], struct span content)
{
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct span *slot = (struct span *)((char *)t + wanted[i].offset);

		if (!guid_is(guid, wanted[i].guid))
			continue;
		if (slot->len)
			return refuse(
				"the host's certificate table names %s twice", wanted[i].guid);
		*slot = content;
	}
	return failure_none();
}

struct failure snp_table_parse(struct span bytes, struct snp_table *out)
{
	struct cursor c = {.at = bytes.data, .left = bytes.len};
	static const uint8_t last[GUID_LEN];
	struct snp_table t = {0};

	if (bytes.len > SNP_TABLE_MAX)
		return refuse("the host's certificate table has %zu bytes; %u are allowed",
			bytes.len, SNP_TABLE_MAX);
	while (bytes.len) {
		const uint8_t *guid = cursor_take(&c, GUID_LEN);
		uint64_t offset = cursor_little_endian(&c, 4);
		uint64_t len = cursor_little_endian(&c, 4);

		if (c.failed)
			return refuse("the host's certificate table has no end");
		if (memcmp(guid, last, GUID_LEN) == 0)
			break;
		if (offset > bytes.len || len > bytes.len - offset)
			return refuse("the host's certificate table points out of itself");
		TRY_FAILURE(take_entry(
			&t, guid, (struct span){bytes.data + (size_t)offset, (size_t)len}));
	}
	*out = t;
	return failure_none();
}
