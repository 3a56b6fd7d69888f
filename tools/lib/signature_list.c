/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/signature_list.h"

#include <string.h>

#define LIST_HEADER 28u /* type, length of the list, of its header, of each entry */

/* UEFI specification 32.4.1. */
static const struct {
	const char *guid;
	enum signature_type type;
	size_t len; /* bytes of data in an entry; 0: any */
} types[] = {
	{"a5c059a1-94e4-4aa7-87b5-ab155c2bf072", SIGNATURE_X509, 0},
	{"826ca512-cf10-4ac9-b187-be01496631bd", SIGNATURE_SHA1, 20},
	{"c1c41626-504c-4092-aca9-41f936934328", SIGNATURE_SHA256, 32},
	{"ff3e5307-9fd0-48c9-85f1-8ad56c701e01", SIGNATURE_SHA384, 48},
	{"093e0fae-a6c4-4f50-9f1b-d41e2b89c19a", SIGNATURE_SHA512, 64},
	{"3bd2a492-96c0-4079-b420-fcf98ef103ed", SIGNATURE_X509_SHA256, 48},
	{"7076876e-80c2-4ee6-aad2-28b349a6865b", SIGNATURE_X509_SHA384, 64},
	{"446dbf63-2502-4cda-bcfa-2465d2b0fe9d", SIGNATURE_X509_SHA512, 80},
};

void signatures_begin(struct signatures *walk, const uint8_t *lists, size_t len)
{
	*walk = (struct signatures){.lists = lists, .len = len};
}

static enum signature_type type_of(const uint8_t *guid, size_t *len)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (guid_is(guid, types[i].guid)) {
			*len = types[i].len;
			return types[i].type;
		}
	*len = 0;
	return SIGNATURE_OTHER;
}

static bool open_list(struct signatures *walk)
{
	const uint8_t *p = walk->lists + walk->at;
	uint64_t list_len, header_len, entry_len;
	size_t data_len;

	if (walk->len - walk->at < LIST_HEADER)
		return flaw_at(&walk->flaw, walk->at, "a signature list has no whole header");
	list_len = le32(p + 16);
	header_len = le32(p + 20);
	entry_len = le32(p + 24);
	if (list_len < LIST_HEADER || list_len > walk->len - walk->at)
		return flaw_at(
			&walk->flaw, walk->at + 16, "a signature list reaches out of the data");
	if (header_len > list_len - LIST_HEADER)
		return flaw_at(&walk->flaw, walk->at + 20, "a list's own header is longer than it");
	if (entry_len <= GUID_LEN || (list_len - LIST_HEADER - header_len) % entry_len)
		return flaw_at(&walk->flaw, walk->at + 24, "a list's entries do not fill it");
	walk->type = type_of(p, &data_len);
	if (data_len && entry_len != GUID_LEN + data_len)
		return flaw_at(&walk->flaw, walk->at + 24, "entries have not their type's length");
	walk->entry = walk->at + LIST_HEADER + (size_t)header_len;
	walk->end = walk->at + (size_t)list_len;
	walk->entry_len = (size_t)entry_len;
	walk->at = walk->end;
	return true;
}

bool signatures_next(struct signatures *walk, struct signature *out)
{
	if (walk->flaw.reason)
		return false;
	while (walk->entry == walk->end)
		if (walk->at == walk->len || !open_list(walk))
			return false;
	*out = (struct signature){
		.type = walk->type,
		.entry = walk->lists + walk->entry,
		.entry_len = walk->entry_len,
		.data = walk->lists + walk->entry + GUID_LEN,
		.len = walk->entry_len - GUID_LEN,
		.offset = walk->entry,
	};
	walk->entry += walk->entry_len;
	return true;
}

bool signatures_check(const uint8_t *lists, size_t len, struct flaw *flaw)
{
	struct signatures walk;
	struct signature s;

	signatures_begin(&walk, lists, len);
	while (signatures_next(&walk, &s))
		;
	if (walk.flaw.reason)
		*flaw = walk.flaw;
	return walk.flaw.reason == NULL;
}
