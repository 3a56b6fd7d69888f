/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "early/disk/root_disk.h"
#include "tests/unit/test.h"

static const char salt[2] = {(char)0xab, 0x01};

static struct crypt_params_verity sound(void)
{
	return (struct crypt_params_verity){.hash_name = "sha256",
		.hash_type = 1,
		.data_block_size = 4096,
		.hash_block_size = 4096,
		.data_size = 5,
		.salt = salt,
		.salt_size = sizeof(salt)};
}

static void test_parameters(void)
{
	struct crypt_params_verity p = sound();

	CHECK(root_parameters_sound(&p));
	p.salt_size = 256;
	CHECK(root_parameters_sound(&p));
	p.salt_size = 257;
	CHECK(!root_parameters_sound(&p));
	p = sound();
	p.hash_name = "sha1";
	CHECK(!root_parameters_sound(&p));
	p.hash_name = NULL;
	CHECK(!root_parameters_sound(&p));
	p = sound();
	p.hash_type = 0;
	CHECK(!root_parameters_sound(&p));
	p = sound();
	p.data_block_size = 512;
	CHECK(!root_parameters_sound(&p));
	p = sound();
	p.hash_block_size = 8192;
	CHECK(!root_parameters_sound(&p));
	p = sound();
	p.data_size = 0;
	CHECK(!root_parameters_sound(&p));
	p.data_size = UINT64_MAX;
	CHECK(!root_parameters_sound(&p));
	p = sound();
	p.hash_area_offset = 4096;
	CHECK(!root_parameters_sound(&p));
	p = sound();
	p.fec_device = "/dev/x";
	CHECK(!root_parameters_sound(&p));
	p = sound();
	p.fec_roots = 2;
	CHECK(!root_parameters_sound(&p));
}

static void test_table(void)
{
	static const char want[] =
		"1 254:1 254:2 4096 4096 5 1 sha256 "
		"0102030000000000000000000000000000000000000000000000000000000000 ab01";
	struct crypt_params_verity p = sound();
	uint8_t hash[32] = {1, 2, 3};
	char out[256];

	REQUIRE(root_expected_table(&p, "254:1", "254:2", hash, "", out, sizeof(out)));
	CHECK(strcmp(out, want) == 0);
	for (size_t size = 1; size < sizeof(want); size++) {
		char *small = malloc(size);

		if (!small)
			abort();
		CHECK(!root_expected_table(&p, "254:1", "254:2", hash, "", small, size));
		free(small);
	}
	p.salt_size = 0;
	REQUIRE(root_expected_table(&p, "254:1", "254:2", hash, "", out, sizeof(out)));
	CHECK(strcmp(out + strlen(out) - 3, "0 -") == 0);
}

/* The table of a root that panics is the other one, with the options behind it. */
static void test_panic_tables(void)
{
	static const char *const options[] = {ROOT_PANIC_CORRUPTED, ROOT_PANIC_ALL};
	struct crypt_params_verity p = sound();
	uint8_t hash[32] = {1, 2, 3};
	char plain[256], out[256];
	size_t len;

	REQUIRE(root_expected_table(&p, "1:1", "1:2", hash, "", plain, sizeof(plain)));
	len = strlen(plain);
	for (size_t i = 0; i < 2; i++) {
		const char *more = options[i];
		size_t size = len + strlen(more) + 1;

		REQUIRE(root_expected_table(&p, "1:1", "1:2", hash, more, out, sizeof(out)));
		CHECK(strncmp(out, plain, len) == 0 && strcmp(out + len, more) == 0);
		CHECK(!root_expected_table(&p, "1:1", "1:2", hash, more, out, size - 1));
		CHECK(root_expected_table(&p, "1:1", "1:2", hash, more, out, size));
	}
}

static void test_file_systems(void)
{
	uint8_t start[ROOT_PROBE_LEN] = {0};

	CHECK(!root_file_system(start));
	memcpy(start, "hsqs", 4);
	CHECK(strcmp(root_file_system(start), "squashfs") == 0);
	memset(start, 0, sizeof(start));
	memcpy(start + 1080, "\x53\xef", 2);
	CHECK(strcmp(root_file_system(start), "ext4") == 0);
	memcpy(start + 1024, "\xe2\xe1\xf5\xe0", 4);
	CHECK(strcmp(root_file_system(start), "erofs") == 0);
}

int main(void)
{
	RUN(test_parameters);
	RUN(test_table);
	RUN(test_panic_tables);
	RUN(test_file_systems);
	return test_summary();
}
