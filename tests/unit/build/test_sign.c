/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signatures carried from one image to another, and options that sign. Real signatures:
 * tests/interop/sign.py.
 */
#include <stdlib.h>
#include "tests/mock/pe_maker.h"
#include "tests/unit/test.h"
#include "tools/build/sign.h"
#include "tools/build/sign_table.h"
#include "tools/lib/authenticode.h"
#include "tools/lib/report.h"

#define TABLE_ROW (PE_AT_OPTIONAL + 112 + 4 * 8)
#define CHECKSUM  (PE_AT_OPTIONAL + 64)
#define TABLE_LEN 40u

static void make_image(char text, struct bytes *out)
{
	struct pe_maker maker = {0};
	uint8_t *file;
	size_t len;

	pe_maker_add(&maker, ".text", "code", 4, PE_RX);
	pe_maker_add(&maker, ".data", &text, 1, PE_RW);
	file = pe_make(&maker, &len);
	bytes_add(out, file, len);
	free(file);
}

/* What a signing program leaves: table at the end, its row, a checksum. */
static void add_signature(struct bytes *file)
{
	uint8_t table[TABLE_LEN];

	memset(table, 0x5a, sizeof(table));
	put_le32(file->data + TABLE_ROW, (uint32_t)file->len);
	put_le32(file->data + TABLE_ROW + 4, TABLE_LEN);
	put_le32(file->data + CHECKSUM, 0x12345678);
	bytes_add(file, table, sizeof(table));
}

static void test_carried_between_twins(void)
{
	struct bytes one = {0}, two = {0};

	make_image('a', &one);
	make_image('a', &two);
	CHECK(!sign_is_signed(one.data, one.len));
	add_signature(&one);
	CHECK(sign_is_signed(one.data, one.len));
	REQUIRE(sign_carry(one.data, one.len, &two));
	REQUIRE(one.len == two.len);
	CHECK_BYTES(one.data, two.data, one.len);
	CHECK(!sign_carry(one.data, one.len, &two));
	bytes_free(&one);
	bytes_free(&two);
}

/* The signature comes along, what is signed does not: another image stays another image. */
static void test_contents_are_not_carried(void)
{
	struct bytes one = {0}, two = {0};
	uint8_t before[BANK_DIGEST_MAX], after[BANK_DIGEST_MAX];
	struct flaw flaw;

	make_image('a', &one);
	make_image('b', &two);
	add_signature(&one);
	REQUIRE(authenticode(two.data, two.len, BANK_SHA256, before, &flaw));
	REQUIRE(sign_carry(one.data, one.len, &two));
	REQUIRE(authenticode(two.data, two.len, BANK_SHA256, after, &flaw));
	CHECK_BYTES(before, after, 32);
	CHECK(memcmp(one.data, two.data, one.len) != 0);
	bytes_free(&one);
	bytes_free(&two);
}

static bool carries(const struct bytes *from)
{
	struct bytes to = {0};
	bool done;

	make_image('a', &to);
	done = sign_carry(from->data, from->len, &to);
	bytes_free(&to);
	return done;
}

static void test_malformed_tables(void)
{
	static const struct {
		int at, size; /* added to what is right */
	} bad[] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1 << 30, 0}, {0, 1 << 30}, {8, -9}};
	struct bytes file = {0};
	uint32_t at, size;

	make_image('a', &file);
	CHECK(!carries(&file));
	add_signature(&file);
	at = le32(file.data + TABLE_ROW);
	size = le32(file.data + TABLE_ROW + 4);
	CHECK(carries(&file));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_le32(file.data + TABLE_ROW, at + (uint32_t)bad[i].at);
		put_le32(file.data + TABLE_ROW + 4, size + (uint32_t)bad[i].size);
		CHECK(!carries(&file));
	}
	put_le32(file.data + TABLE_ROW, at);
	put_le32(file.data + TABLE_ROW + 4, size);
	put_le32(file.data + PE_AT_DIRECTORY_COUNT, 4);
	CHECK(!carries(&file) && !sign_is_signed(file.data, file.len));
	bytes_free(&file);
}

static void test_cut_and_flipped(void)
{
	struct bytes file = {0};

	make_image('a', &file);
	add_signature(&file);
	for (size_t n = 0; n < file.len; n++) {
		struct bytes cut = {0};

		bytes_add(&cut, file.data, n);
		CHECK(!carries(&cut));
		bytes_free(&cut);
	}
	for (size_t bit = 0; bit < 8 * file.len; bit++) {
		file.data[bit / 8] = (uint8_t)(file.data[bit / 8] ^ (1 << bit % 8));
		(void)carries(&file);
		file.data[bit / 8] = (uint8_t)(file.data[bit / 8] ^ (1 << bit % 8));
	}
	CHECK(carries(&file));
	bytes_free(&file);
}

/* A table of entries of these lengths, each filled with its letter and padded to 8. */
static void add_table(struct bytes *file, const char *letters, const uint32_t *lens, size_t count)
{
	size_t at;

	bytes_align(file, 8);
	at = file->len;
	for (size_t i = 0; i < count; i++) {
		uint8_t entry[64];

		memset(entry, letters[i], sizeof(entry));
		put_le32(entry, lens[i]);
		bytes_add(file, entry, lens[i]);
		bytes_align(file, 8);
	}
	put_le32(file->data + TABLE_ROW, (uint32_t)at);
	put_le32(file->data + TABLE_ROW + 4, (uint32_t)(file->len - at));
	put_le32(file->data + CHECKSUM, 7);
}

/* What was taken off goes in front of what is new, and what is there already stays once. */
static void test_second_signature(void)
{
	static const uint32_t lens[] = {20, 32, 24};
	struct bytes plain = {0}, one = {0}, two = {0}, table = {0};

	make_image('a', &plain);
	bytes_align(&plain, 8);
	bytes_add(&one, plain.data, plain.len);
	bytes_add(&two, plain.data, plain.len);
	add_table(&one, "xy", lens, 2);
	add_table(&two, "yz", lens + 1, 2);
	REQUIRE(sign_table_take(&one, true, &table));
	CHECK(table.len == 24 + 32 && one.len == plain.len);
	CHECK(!sign_is_signed(one.data, one.len));
	put_le32(plain.data + CHECKSUM, 0);
	CHECK_BYTES(one.data, plain.data, plain.len);
	REQUIRE(sign_table_put_before(&table, &two));
	CHECK(two.len == plain.len + 24 + 32 + 24 && sign_is_signed(two.data, two.len));
	CHECK(le32(two.data + TABLE_ROW) == plain.len && le32(two.data + TABLE_ROW + 4) == 80);
	CHECK_BYTES(two.data + plain.len, table.data, table.len);
	CHECK(two.data[two.len - 1] == 'z');
	CHECK(le32(two.data + CHECKSUM) != 0 && le32(two.data + CHECKSUM) != 7);
	bytes_free(&plain);
	bytes_free(&one);
	bytes_free(&two);
	bytes_free(&table);
}

static void test_malformed_entries(void)
{
	static const uint32_t lens[] = {20, 32};
	static const uint32_t bad[] = {0, 7, 57, 64, UINT32_MAX, UINT32_MAX - 6};
	struct bytes file = {0}, table = {0}, before = {0};
	size_t at;

	make_image('a', &file);
	CHECK(sign_table_take(&file, true, &table) && !table.len);
	CHECK(!sign_table_put_before(&before, &file)); /* it has none of its own */
	add_table(&file, "xy", lens, 2);
	at = le32(file.data + TABLE_ROW);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t len = file.len;

		put_le32(file.data + at, bad[i]);
		CHECK(!sign_table_take(&file, true, &table) && !table.len && file.len == len);
		CHECK(!sign_table_put_before(&before, &file) && file.len == len);
	}
	/* What is behind the table belongs to the image, and would be lost with it. */
	bytes_zeros(&file, 8);
	CHECK(!sign_table_take(&file, false, &table) && !table.len && file.len > at);
	file.len -= 8;
	CHECK(sign_table_take(&file, false, &table) && file.len == at);
	bytes_free(&file);
	bytes_free(&table);
}

static void test_options(void)
{
	static const struct {
		struct sign_request request;
		bool fine;
	} cases[] = {
		{{.key = NULL}, true},
		{{.key = "k.pem", .cert = "c.pem"}, true},
		{{.key = "k.pem", .cert = "c.pem", .pin_file = "p"}, true},
		{{.key = "pkcs11:token=t", .cert = "c.pem", .module = "m.so"}, true},
		{{.key = "pkcs11:token=t?pin-source=file:/p", .cert = "c.pem"}, true},
		{{.key = "k.pem"}, false},
		{{.cert = "c.pem"}, false},
		{{.pin_file = "p"}, false},
		{{.module = "m.so"}, false},
		{{.key = "k.pem", .cert = "c.pem", .module = "m.so"}, false},
		{{.key = "pkcs11:token=t?pin-value=1234", .cert = "c.pem"}, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(sign_request_complete(&cases[i].request) == cases[i].fine);
	CHECK(!sign_check_certificate("/nonexistent"));
	CHECK(!sign_check_certificate("/dev/null"));
}

int main(void)
{
	report_silence();
	RUN(test_carried_between_twins);
	RUN(test_contents_are_not_carried);
	RUN(test_malformed_tables);
	RUN(test_cut_and_flipped);
	RUN(test_second_signature);
	RUN(test_malformed_entries);
	RUN(test_options);
	return test_summary();
}
