/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signature lists and the files that carry them. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include "tools/lib/signature_list.h"

static const uint8_t owner[GUID_LEN] = {0xa3, 0xa8, 0xba, 0xa0};

static void add_list(struct bytes *out, const char *type, unsigned count, size_t data_len)
{
	uint8_t header[28] = {0};

	guid_parse(type, header);
	put_le32(header + 16, (uint32_t)(28 + count * (GUID_LEN + data_len)));
	put_le32(header + 24, (uint32_t)(GUID_LEN + data_len));
	bytes_add(out, header, sizeof(header));
	for (unsigned i = 0; i < count; i++) {
		bytes_add(out, owner, GUID_LEN);
		for (size_t c = 0; c < data_len; c++)
			bytes_add(out, &(uint8_t){(uint8_t)(i + 1)}, 1);
	}
}

#define SHA256_TYPE "c1c41626-504c-4092-aca9-41f936934328"
#define OTHER_TYPE  "11111111-2222-3333-4444-555555555555"

static void make(struct bytes *out)
{
	add_list(out, SHA256_TYPE, 2, 32);
	add_list(out, OTHER_TYPE, 0, 5);
	add_list(out, OTHER_TYPE, 1, 5);
}

static void test_walks(void)
{
	struct bytes lists = {0};
	struct signatures walk;
	struct signature s;

	make(&lists);
	signatures_begin(&walk, lists.data, lists.len);
	REQUIRE(signatures_next(&walk, &s));
	CHECK(s.type == SIGNATURE_SHA256 && s.len == 32 && s.entry_len == 48 && s.offset == 28);
	CHECK(s.data[0] == 1 && s.entry == lists.data + 28 && s.entry[0] == 0xa3);
	REQUIRE(signatures_next(&walk, &s));
	CHECK(s.data[0] == 2 && s.offset == 28 + 48);
	REQUIRE(signatures_next(&walk, &s));
	CHECK(s.type == SIGNATURE_OTHER && s.len == 5);
	CHECK(!signatures_next(&walk, &s) && !walk.flaw.reason);
	signatures_begin(&walk, NULL, 0);
	CHECK(!signatures_next(&walk, &s) && !walk.flaw.reason);
	bytes_free(&lists);
}

static void test_refuses(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		uint64_t wanted;
	} cases[] = {
		{16, 0xff, 16}, /* a list longer than the data: its entries do not end there */
		{19, 0x40, 16}, /* of 1 GiB */
		{16, 27, 16},	/* shorter than its header */
		{23, 0x40, 20}, /* its own header of 1 GiB */
		{24, 0, 24},	/* entries without contents */
		{24, 16, 24},	/* entries of an owner alone */
		{24, 24, 24},	/* a SHA-256 of 8 bytes */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes lists = {0};
		struct flaw flaw = {0};

		add_list(&lists, SHA256_TYPE, 2, 32);
		lists.data[cases[i].at] = cases[i].value;
		CHECK(!signatures_check(lists.data, lists.len, &flaw));
		CHECK(flaw.offset == cases[i].wanted);
		bytes_free(&lists);
	}
}

static void test_survives_damage(void)
{
	struct bytes lists = {0};
	struct flaw flaw;
	size_t sound = 0;

	make(&lists);
	for (size_t len = 0; len <= lists.len; len++) {
		uint8_t *cut = malloc(len ? len : 1);

		REQUIRE(cut != NULL);
		memcpy(cut, lists.data, len);
		sound += signatures_check(cut, len, &flaw);
		free(cut);
	}
	CHECK(sound == 4); /* nothing at all, and the end of each list */
	for (size_t bit = 0; bit < 8 * lists.len; bit++) {
		lists.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		sound += signatures_check(lists.data, lists.len, &flaw);
		lists.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	CHECK(sound > 4);
	bytes_free(&lists);
}

/* A certificate that signs itself, as DER. */
static void make_certificate(struct bytes *der)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	uint8_t *out = NULL;
	int len;

	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_sign(x, key, EVP_sha256());
	len = i2d_X509(x, &out);
	bytes_add(der, out, (size_t)len);
	OPENSSL_free(out);
	X509_free(x);
	EVP_PKEY_free(key);
}

static bool reads(const struct bytes *file, enum signature_file wanted, struct bytes *out)
{
	enum signature_file kind;
	struct flaw flaw;
	size_t offset;

	return signatures_from_file(file->data, file->len, owner, out, &kind, &offset, &flaw) &&
	       kind == wanted;
}

static void test_wraps_certificates(void)
{
	struct bytes der = {0}, pem = {0}, from_der = {0}, from_pem = {0};
	struct signatures walk;
	struct signature s;
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	make_certificate(&der);
	CHECK(reads(&der, SIGNATURE_FILE_DER, &from_der));
	signatures_begin(&walk, from_der.data, from_der.len);
	REQUIRE(signatures_next(&walk, &s));
	CHECK(s.type == SIGNATURE_X509 && s.len == der.len && s.entry[0] == 0xa3);
	CHECK(memcmp(s.data, der.data, der.len) == 0);
	CHECK(!signatures_next(&walk, &s) && !walk.flaw.reason);
	for (unsigned i = 0; i < 2; i++)
		PEM_write_bio(bio, PEM_STRING_X509, "", der.data, (long)der.len);
	len = BIO_get_mem_data(bio, &text);
	bytes_add(&pem, text, (size_t)len);
	CHECK(reads(&pem, SIGNATURE_FILE_PEM, &from_pem));
	CHECK(from_pem.len == 2 * from_der.len);
	CHECK(memcmp(from_pem.data, from_der.data, from_der.len) == 0);
	bytes_add(&der, "x", 1);
	CHECK(!reads(&der, SIGNATURE_FILE_DER, &from_der));
	BIO_free(bio);
	bytes_free(&der);
	bytes_free(&pem);
	bytes_free(&from_der);
	bytes_free(&from_pem);
}

/* EFI_TIME, WIN_CERTIFICATE_UEFI_GUID with 10 bytes of PKCS#7, then the lists. */
static void test_strips_signed_updates(void)
{
	uint8_t header[16 + 24 + 10] = {0};
	struct bytes lists = {0}, file = {0}, out = {0};

	make(&lists);
	put_le32(header + 16, 34);
	put_le16(header + 20, 0x0200);
	put_le16(header + 22, 0x0EF1);
	guid_parse("4aafd29d-68df-49ee-8aa9-347d375665a7", header + 24);
	bytes_add(&file, header, sizeof(header));
	bytes_add(&file, lists.data, lists.len);
	CHECK(reads(&file, SIGNATURE_FILE_AUTH, &out));
	CHECK(out.len == lists.len && memcmp(out.data, lists.data, lists.len) == 0);
	out.len = 0;
	CHECK(reads(&lists, SIGNATURE_FILE_LISTS, &out) && out.len == lists.len);
	put_le32(file.data + 16, 0x40000000);
	CHECK(!reads(&file, SIGNATURE_FILE_AUTH, &out) && out.len == lists.len);
	bytes_free(&lists);
	bytes_free(&file);
	bytes_free(&out);
}

/* Attributes in front, as efivarfs has them; other bytes there are no attributes. */
static void test_takes_efivarfs(void)
{
	static const struct {
		uint32_t attributes;
		bool taken;
	} cases[] = {{0x27, true}, {0x07, true}, {0x67, true}, {0, false}, {0x127, false},
		{0xffffffff, false}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes lists = {0}, file = {0}, out = {0};
		uint8_t attributes[4];

		make(&lists);
		put_le32(attributes, cases[i].attributes);
		bytes_add(&file, attributes, sizeof(attributes));
		bytes_add(&file, lists.data, lists.len);
		CHECK(reads(&file, SIGNATURE_FILE_LISTS, &out) == cases[i].taken);
		CHECK(out.len == (cases[i].taken ? lists.len : 0));
		CHECK(!out.len || memcmp(out.data, lists.data, lists.len) == 0);
		out.len = 0;
		file.len = 4; /* a variable that is set to nothing */
		CHECK(reads(&file, SIGNATURE_FILE_LISTS, &out) == cases[i].taken && !out.len);
		file.len = 3;
		CHECK(!reads(&file, SIGNATURE_FILE_LISTS, &out));
		bytes_free(&lists);
		bytes_free(&file);
		bytes_free(&out);
	}
}

int main(void)
{
	RUN(test_walks);
	RUN(test_takes_efivarfs);
	RUN(test_refuses);
	RUN(test_survives_damage);
	RUN(test_wraps_certificates);
	RUN(test_strips_signed_updates);
	return test_summary();
}
