/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variable stores: which variables count, and that nothing breaks the reader. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>
#include "tests/mock/nvram_maker.h"
#include "tools/lib/vars_store.h"

#define STORE_LEN 1024u

static const struct variable *find(const struct vars_store *store, const char *name)
{
	return vars_store_find(store, EFI_GLOBAL_VARIABLE_GUID, name);
}

static bool holds(const struct vars_store *store, const char *name, const char *text)
{
	const struct variable *v = find(store, name);

	return v && v->len == strlen(text) && memcmp(v->data, text, v->len) == 0;
}

static uint16_t sum_of(const uint8_t *data, size_t len)
{
	uint16_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum = (uint16_t)(sum + le16(data + i));
	return sum;
}

static void make(struct bytes *file)
{
	nvram_begin(file);
	nvram_add(file, EFI_GLOBAL_VARIABLE_GUID, "PK", "old", 3, NVRAM_DELETED);
	nvram_add(file, EFI_GLOBAL_VARIABLE_GUID, "KEK", "torn", 4, NVRAM_TORN);
	nvram_add(file, EFI_GLOBAL_VARIABLE_GUID, "BootOrder", "before", 6, NVRAM_IN_DELETION);
	nvram_add(file, EFI_GLOBAL_VARIABLE_GUID, "PK", "new", 3, NVRAM_ADDED);
	nvram_add(file, EFI_GLOBAL_VARIABLE_GUID, "BootOrder", "after", 5, NVRAM_ADDED);
	nvram_add(file, EFI_GLOBAL_VARIABLE_GUID, "Lang", "kept", 4, NVRAM_IN_DELETION);
	nvram_add(file, EFI_IMAGE_SECURITY_GUID, "db", "dbdb", 4, NVRAM_ADDED);
	nvram_add(file, EFI_GLOBAL_VARIABLE_GUID, "Empty", "", 0, NVRAM_ADDED);
	nvram_end(file, STORE_LEN);
}

static void test_finds_what_is_set(void)
{
	struct bytes file = {0};
	struct vars_store store;
	const struct variable *db;
	struct flaw flaw;

	make(&file);
	REQUIRE(vars_store_read(file.data, file.len, &store, &flaw));
	CHECK(store.count == 5);
	CHECK(holds(&store, "PK", "new"));
	CHECK(holds(&store, "BootOrder", "after"));
	CHECK(holds(&store, "Lang", "kept"));
	CHECK(holds(&store, "Empty", ""));
	CHECK(!find(&store, "KEK"));
	CHECK(!find(&store, "P") && !find(&store, "PKK"));
	CHECK(!vars_store_find(&store, EFI_IMAGE_SECURITY_GUID, "PK"));
	db = vars_store_find(&store, EFI_IMAGE_SECURITY_GUID, "db");
	CHECK(db && db->attributes == 0x27 && file.data + db->offset == db->data);
	vars_store_free(&store);
	bytes_free(&file);
}

/* Code and variables in one file: the store lies behind something else. */
static void test_finds_the_store(void)
{
	struct bytes file = {0}, both = {0};
	struct vars_store store;
	struct flaw flaw;

	make(&file);
	bytes_zeros(&both, 8192);
	bytes_add(&both, file.data, file.len);
	REQUIRE(vars_store_present(both.data, both.len));
	REQUIRE(vars_store_read(both.data, both.len, &store, &flaw));
	CHECK(find(&store, "PK") && find(&store, "PK")->offset > 8192);
	vars_store_free(&store);
	CHECK(!vars_store_present(both.data, 8192));
	CHECK(!vars_store_read(both.data, 8192, &store, &flaw) && flaw.reason);
	bytes_free(&both);
	bytes_free(&file);
}

/* Firmware looks nowhere else, so neither does the reader: old copies lie in many files. */
static void test_does_not_search(void)
{
	struct bytes file = {0}, both = {0};

	make(&file);
	for (unsigned front = 0; front < 3; front++) {
		both.len = 0;
		bytes_zeros(&both, 8192);
		if (front == 0)
			both.data[0] = 1; /* something else */
		if (front == 1)
			both.data[8191] = 0xff; /* erased, but not alike */
		bytes_add(&both, file.data, file.len);
		/* A volume that fills the space before it, sound but for its checksum. */
		if (front == 2) {
			memcpy(both.data, file.data, 72);
			memset(both.data + 16, 0x11, 16);
			put_le64(both.data + 32, 8192);
		}
		CHECK(!vars_store_present(both.data, both.len));
	}
	/* Now its sum is right too. */
	put_le16(both.data + 50, 0);
	put_le16(both.data + 50, (uint16_t)-sum_of(both.data, 72));
	CHECK(vars_store_present(both.data, both.len));
	bytes_free(&both);
	bytes_free(&file);
}

static bool refused_at(const struct bytes *file, uint64_t offset)
{
	struct vars_store store;
	struct flaw flaw;

	if (!vars_store_read(file->data, file->len, &store, &flaw))
		return flaw.offset == offset;
	vars_store_free(&store);
	return false;
}

/* Each broken field is refused, at its place. */
static void test_refuses(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		uint64_t wanted;
	} cases[] = {
		{35, 0x7f, 32},		  /* volume of 2 GiB in a small file */
		{48, 0xff, 48},		  /* volume header longer than the volume */
		{60, 1, 0},		  /* checksum */
		{72, 0, 72},		  /* store GUID */
		{72 + 18, 0xff, 72 + 16}, /* store longer than the volume */
		{72 + 20, 0, 72 + 20},	  /* not formatted */
		{NVRAM_FIRST + 39, 0x40, NVRAM_FIRST + 36}, /* a name of 1 GiB */
		{NVRAM_FIRST + 43, 0x40, NVRAM_FIRST + 36}, /* contents of 1 GiB */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes file = {0};

		make(&file);
		file.data[cases[i].at] = cases[i].value;
		/* A broken length in the volume header keeps its checksum wrong; that comes later.
		 */
		CHECK(refused_at(&file, cases[i].wanted));
		bytes_free(&file);
	}
}

static void test_refuses_names(void)
{
	struct bytes file = {0};
	size_t at;

	nvram_begin(&file);
	at = nvram_add(&file, EFI_GLOBAL_VARIABLE_GUID, "PK", "x", 1, NVRAM_ADDED);
	nvram_end(&file, STORE_LEN);
	file.data[at + 60 + 4] = 'x'; /* the name's NUL */
	CHECK(refused_at(&file, at + 60));
	bytes_free(&file);
}

/* Every cut and every flipped bit gives an error or another value. */
static void test_survives_damage(void)
{
	struct bytes file = {0};
	struct vars_store store;
	struct flaw flaw;
	size_t read = 0;

	make(&file);
	for (size_t len = 0; len < file.len; len++) {
		uint8_t *cut = malloc(len ? len : 1);

		REQUIRE(cut != NULL);
		memcpy(cut, file.data, len);
		CHECK(!vars_store_read(cut, len, &store, &flaw) && flaw.offset <= len);
		free(cut);
	}
	for (size_t bit = 0; bit < 8 * (size_t)(72 + STORE_LEN); bit++) {
		file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (vars_store_read(file.data, file.len, &store, &flaw)) {
			read++;
			vars_store_free(&store);
		}
		file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	CHECK(read > 0);
	bytes_free(&file);
}

static bool add(struct bytes *file, const char *name, const void *data, size_t len)
{
	const struct vars_addition addition = {.vendor = EFI_GLOBAL_VARIABLE_GUID,
		.name = name,
		.attributes = 0x27,
		.data = data,
		.len = len};
	struct flaw flaw;

	return vars_store_add(file->data, file->len, &addition, &flaw);
}

/* What is added is found again, beside what was there; what has no room changes nothing. */
static void test_adds(void)
{
	static const uint8_t large[STORE_LEN];
	struct bytes file = {0}, before = {0};
	struct vars_store store;
	struct flaw flaw;

	make(&file);
	CHECK(add(&file, "KEK", "one", 3) && add(&file, "SecureBootEnable", "\1", 1));
	REQUIRE(vars_store_read(file.data, file.len, &store, &flaw));
	CHECK(store.count == 7);
	CHECK(holds(&store, "KEK", "one") && holds(&store, "SecureBootEnable", "\1"));
	CHECK(holds(&store, "PK", "new") && find(&store, "KEK")->attributes == 0x27);
	vars_store_free(&store);
	bytes_add(&before, file.data, file.len);
	CHECK(!add(&file, "Large", large, sizeof(large)));
	CHECK_BYTES(file.data, before.data, file.len);
	/* Something lies where the next variable would go. */
	for (size_t at = file.len - 1; file.data[at] == 0xff; at--)
		file.data[at] = at % 2 ? 0xff : 0x7f;
	CHECK(!add(&file, "dbx", "two", 3));
	bytes_free(&before);
	bytes_free(&file);
}

int main(void)
{
	RUN(test_finds_what_is_set);
	RUN(test_finds_the_store);
	RUN(test_does_not_search);
	RUN(test_refuses);
	RUN(test_refuses_names);
	RUN(test_survives_damage);
	RUN(test_adds);
	return test_summary();
}
