/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nodes are known by. The expected ids were computed from PROTOCOL.md section 7 by another
 * program (Python's hashlib): stores in use hold them, so they never change.
 */
#include "tests/unit/test.h"
#include "tools/lib/hex.h"
#include "tools/serve/join/node_id.h"

static const uint8_t disk[DISK_ID_LEN] = {0xd1};

static bool is(const uint8_t id[TPM_NAME_LEN], const char *hex)
{
	char text[2 * TPM_NAME_LEN + 1];

	hex_encode(id, TPM_NAME_LEN, text);
	if (strcmp(text, hex) != 0)
		fprintf(stderr, "%s\n", text);
	return strcmp(text, hex) == 0;
}

static void test_values(void)
{
	static const struct {
		enum policy_recognise way;
		size_t len;
		const char *kind, *id;
	} cases[] = {
		{RECOGNISE_AK, 34, "ak",
			"f0010da65073acdc9a4a442362cc21ee337ca32ecb66e6ad9f68b4c2c58556354c9d"},
		{RECOGNISE_CHIP, 64, "chip",
			"f002c21ada5a7023877906f6f0d39ee649857874c99dba427d46546b71a437eb70fd"},
		{RECOGNISE_HOST_DATA, 32, "host_data",
			"f00330ec4560a1c79ca7e7910605eb9dece2cf7e9069507dcd2306d24dd85c2a724e"},
		{RECOGNISE_CONFIG_ID, 48, "config_id",
			"f0044cf48e1015b0ed10920add41d28e00080a3b5eed3fd37ade5f9d2fcd3854e108"},
		{RECOGNISE_TICKET, 16, "ticket",
			"f0056e7d0dec62275a37cae32c7ddfb5faba3400c4d415749c5e87402f6412372f84"},
	};
	uint8_t value[64], id[TPM_NAME_LEN];

	memset(value, 0x5a, sizeof(value));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		node_id_of(cases[i].way, (struct span){value, cases[i].len}, id);
		CHECK(is(id, cases[i].id));
		CHECK(strcmp(node_id_kind(id), cases[i].kind) == 0);
	}
}

static void test_sets(void)
{
	static const uint8_t other[DISK_ID_LEN] = {0xd2};
	uint8_t a[TPM_NAME_LEN], b[TPM_NAME_LEN];

	node_id_of_set("family", "role", disk, a);
	CHECK(is(a, "f006f32c5354d517032b084419712f72a48b3de97150ebd81de1a8f0ec3344ff2444"));
	CHECK(strcmp(node_id_kind(a), "set") == 0);
	/* Where one text ends and the other begins counts, as does the disk. */
	node_id_of_set("familyr", "ole", disk, b);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	node_id_of_set("family", "role", other, b);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	node_id_of_set("", "", disk, b);
	CHECK(is(b, "f00605319799025769d896ffb7f2425466ce339e231d483ef4f9cd9fa3108161de97"));
}

/* The longest names that a policy may have. */
static void test_longest_names(void)
{
	char name[POLICY_NAME_MAX + 1];
	uint8_t id[TPM_NAME_LEN];

	memset(name, 'x', POLICY_NAME_MAX);
	name[POLICY_NAME_MAX] = 0;
	node_id_of_set(name, name, disk, id);
	CHECK(is(id, "f00691e64e1ebc5470ab46c3775f611a8f70a3075fa21ad391fdc989a1449de27299"));
}

static void test_kinds(void)
{
	uint8_t id[TPM_NAME_LEN] = {0x00, 0x0b};

	CHECK(strcmp(node_id_kind(id), "ek") == 0);
	id[0] = 0xf0;
	id[1] = 7;
	CHECK(strcmp(node_id_kind(id), "unknown") == 0);
	id[1] = 0xff;
	CHECK(strcmp(node_id_kind(id), "unknown") == 0);
}

int main(void)
{
	RUN(test_values);
	RUN(test_sets);
	RUN(test_longest_names);
	RUN(test_kinds);
	return test_summary();
}
