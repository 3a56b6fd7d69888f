/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Access lists as Linux keeps them: who else reads a file of root's. */
#include "tests/unit/test.h"

#include <string.h>

#include "tools/lib/access_list.h"
#include "tools/lib/bytes.h"

#define USER 1000u

enum { OWNER = 0x01, NAMED = 0x02, GROUP = 0x04, NAMED_GROUP = 0x08, MASK = 0x10, OTHER = 0x20 };

struct entry {
	uint16_t tag, may;
	uint32_t id;
};

static uint8_t list[256];

static size_t make(const struct entry *entries, size_t count)
{
	put_le32(list, 2);
	for (size_t i = 0; i < count; i++) {
		put_le16(list + 4 + 8 * i, entries[i].tag);
		put_le16(list + 6 + 8 * i, entries[i].may);
		put_le32(list + 8 + 8 * i, entries[i].id);
	}
	return 4 + 8 * count;
}

#define MAKE(...)                                 \
	make((const struct entry[]){__VA_ARGS__}, \
		sizeof((const struct entry[]){__VA_ARGS__}) / sizeof(struct entry))

/* As systemd makes it. */
#define SYSTEMD                                                             \
	{OWNER, 4, ~0u}, {NAMED, 4, USER}, {GROUP, 0, ~0u}, {MASK, 4, ~0u}, \
	{                                                                   \
		OTHER, 0, ~0u                                               \
	}

static void test_for_the_user(void)
{
	size_t len = MAKE(SYSTEMD);

	CHECK(access_list_is_for(list, len, USER));
	CHECK(!access_list_is_for(list, len, USER + 1));
	len = MAKE({OWNER, 6, ~0u}, {NAMED, 4, USER}, {NAMED, 0, 7}, {MASK, 7, ~0u});
	CHECK(access_list_is_for(list, len, USER));
}

static void test_for_others_too(void)
{
	CHECK(!access_list_is_for(list, MAKE({NAMED, 4, USER}, {NAMED, 4, 7}), USER));
	CHECK(!access_list_is_for(list, MAKE({NAMED, 4, USER}, {GROUP, 4, ~0u}), USER));
	CHECK(!access_list_is_for(list, MAKE({NAMED, 4, USER}, {NAMED_GROUP, 4, 7}), USER));
	CHECK(!access_list_is_for(list, MAKE({NAMED, 4, USER}, {OTHER, 4, ~0u}), USER));
	CHECK(!access_list_is_for(list, MAKE({NAMED, 4, USER}, {0x40, 4, 0}), USER));
	/* Who may write could have put other keys there. */
	CHECK(!access_list_is_for(list, MAKE({NAMED, 6, USER}), USER));
	CHECK(!access_list_is_for(list, MAKE({OWNER, 4, ~0u}, {MASK, 4, ~0u}), USER));
}

static void test_malformed(void)
{
	size_t len = MAKE(SYSTEMD);

	for (size_t i = 0; i < len; i++)
		CHECK(access_list_is_for(list, i, USER) == (i >= 20 && i % 8 == 4));
	CHECK(!access_list_is_for(list, len + 1, USER));
	put_le32(list, 3);
	CHECK(!access_list_is_for(list, len, USER));
}

int main(void)
{
	RUN(test_for_the_user);
	RUN(test_for_others_too);
	RUN(test_malformed);
	return test_summary();
}
