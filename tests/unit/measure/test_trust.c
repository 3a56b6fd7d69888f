/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which images firmware starts under Secure Boot, and by which entry of db. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>
#include "tests/mock/image_signer.h"
#include "tests/mock/uki_maker.h"
#include "tools/lib/authenticode.h"
#include "tools/measure/firmware/trust.h"

static struct signer root, leaf, other, stale;

static void make_image(struct bytes *out)
{
	struct pe_maker maker = uki_maker_kernel();
	size_t len;
	uint8_t *file = pe_make(&maker, &len);

	bytes_add(out, file, len);
	free(file);
}

static void sign(struct bytes *image, const struct signer *a, const struct signer *b)
{
	const struct signer *signers[] = {a, b};

	make_image(image);
	image_sign(image, signers, b ? 2 : 1);
}

static bool trusted(const struct bytes *image, const struct bytes *db, const struct bytes *dbx,
	struct signature *authority, const char **why)
{
	struct trust trust = {db->data, dbx->data, db->len, dbx->len};
	struct boot_image boot_image = {.data = image->data, .len = image->len};

	return trust_image(&trust, &boot_image, authority, why);
}

static bool refused(const struct bytes *image, const struct bytes *db, const struct bytes *dbx,
	const char *wanted)
{
	struct signature authority;
	const char *why;

	return !trusted(image, db, dbx, &authority, &why) && strstr(why, wanted);
}

static void list_certificate(struct bytes *lists, const struct signer *signer)
{
	signature_list_add(lists, LIST_X509, signer->der.data, signer->der.len);
}

static void hash_of(const struct bytes *image, uint8_t *out)
{
	struct flaw flaw;

	CHECK(authenticode(image->data, image->len, BANK_SHA256, out, &flaw));
}

static void test_trusts_the_signer(void)
{
	struct bytes image = {0}, db = {0}, none = {0};
	struct signature authority = {0};
	const char *why;

	sign(&image, &leaf, NULL);
	list_certificate(&db, &other);
	list_certificate(&db, &leaf);
	REQUIRE(trusted(&image, &db, &none, &authority, &why));
	CHECK(authority.type == SIGNATURE_X509 && authority.len == leaf.der.len);
	CHECK(memcmp(authority.data, leaf.der.data, leaf.der.len) == 0);
	CHECK(authority.entry_len == leaf.der.len + 16 && authority.entry[0] == 0xA5);
	CHECK(refused(&image, &none, &none, "db has no certificate"));
	bytes_free(&db);
	list_certificate(&db, &other);
	CHECK(refused(&image, &db, &none, "db has no certificate"));
	bytes_free(&db);
	bytes_free(&image);
}

/* The first entry of db that leads to the signature, issuer or signer, is the authority. */
static void test_trusts_the_issuer(void)
{
	struct bytes image = {0}, db = {0}, none = {0};
	struct signature authority = {0};
	const char *why;

	sign(&image, &leaf, NULL);
	list_certificate(&db, &root);
	list_certificate(&db, &leaf);
	REQUIRE(trusted(&image, &db, &none, &authority, &why));
	CHECK(authority.len == root.der.len);
	CHECK(memcmp(authority.data, root.der.data, root.der.len) == 0);
	bytes_free(&db);
	bytes_free(&image);
}

/* Two signatures: the first one that is trusted decides. Certificates do not age. */
static void test_takes_the_first_signature(void)
{
	struct bytes image = {0}, db = {0}, none = {0};
	struct signature authority = {0};
	const char *why;

	sign(&image, &other, &stale);
	list_certificate(&db, &stale);
	REQUIRE(trusted(&image, &db, &none, &authority, &why));
	CHECK(memcmp(authority.data, stale.der.data, stale.der.len) == 0);
	list_certificate(&db, &other);
	REQUIRE(trusted(&image, &db, &none, &authority, &why));
	CHECK(memcmp(authority.data, other.der.data, other.der.len) == 0);
	bytes_free(&db);
	bytes_free(&image);
}

static void test_trusts_hashes(void)
{
	struct bytes image = {0}, db = {0}, none = {0};
	struct signature authority = {0};
	uint8_t hash[BANK_DIGEST_MAX];
	const char *why;

	make_image(&image);
	CHECK(refused(&image, &none, &none, "not signed"));
	hash_of(&image, hash);
	signature_list_add(&db, LIST_SHA256, hash, 32);
	REQUIRE(trusted(&image, &db, &none, &authority, &why));
	CHECK(authority.type == SIGNATURE_SHA256 && authority.entry_len == 48);
	CHECK(refused(&image, &db, &db, "dbx forbids its hash"));
	bytes_free(&image);
	/* Signed by a stranger, but known by its hash. */
	sign(&image, &other, NULL);
	CHECK(trusted(&image, &db, &none, &authority, &why));
	CHECK(authority.type == SIGNATURE_SHA256);
	bytes_free(&image);
	bytes_free(&db);
}

static void test_refuses_what_dbx_forbids(void)
{
	struct bytes image = {0}, db = {0}, dbx = {0};
	uint8_t hash[BANK_DIGEST_MAX + 16] = {0}, *tbs = NULL;
	int len;

	sign(&image, &leaf, &other);
	list_certificate(&db, &leaf);
	list_certificate(&dbx, &other);
	CHECK(refused(&image, &db, &dbx, "dbx forbids the certificate"));
	bytes_free(&dbx);
	hash_of(&image, hash);
	signature_list_add(&dbx, LIST_SHA256, hash, 32);
	CHECK(refused(&image, &db, &dbx, "dbx forbids its hash"));
	bytes_free(&dbx);
	len = i2d_re_X509_tbs(leaf.certificate, &tbs);
	bank_hash(BANK_SHA256, tbs, (size_t)len, hash);
	OPENSSL_free(tbs);
	memset(hash + 32, 0, 16);
	signature_list_add(&dbx, LIST_X509_SHA256, hash, 48);
	CHECK(refused(&image, &db, &dbx, "dbx forbids a certificate"));
	bytes_free(&dbx);
	bytes_free(&db);
	bytes_free(&image);
}

static void test_refuses_changed_images(void)
{
	struct bytes image = {0}, db = {0}, none = {0}, short_table;
	size_t table;

	sign(&image, &leaf, NULL);
	list_certificate(&db, &leaf);
	table = get32(image.data + PE_AT_OPTIONAL + 112 + 4 * 8);
	image.data[table - 1] ^= 1;
	CHECK(refused(&image, &db, &none, "db has no certificate"));
	image.data[table - 1] ^= 1;
	/* The entry's length: the table then does not end with it. */
	put_le32(image.data + table, 16);
	CHECK(refused(&image, &db, &none, "certificate table is broken"));
	short_table = (struct bytes){image.data, table, 0};
	CHECK(refused(&short_table, &db, &none, "no EFI image"));
	bytes_free(&db);
	bytes_free(&image);
}

/* More signatures than anybody makes: the table is appended to itself. */
static void test_bounds_signatures(void)
{
	struct bytes image = {0}, db = {0}, none = {0}, entry = {0};
	size_t table;

	sign(&image, &leaf, NULL);
	list_certificate(&db, &leaf);
	table = get32(image.data + PE_AT_OPTIONAL + 112 + 4 * 8);
	bytes_add(&entry, image.data + table, image.len - table);
	for (unsigned i = 0; i < 64; i++)
		bytes_add(&image, entry.data, entry.len);
	put_le32(image.data + PE_AT_OPTIONAL + 112 + 4 * 8 + 4, (uint32_t)(image.len - table));
	CHECK(refused(&image, &db, &none, "more signatures"));
	bytes_free(&entry);
	bytes_free(&db);
	bytes_free(&image);
}

/* Every flipped bit of the signature gives a verdict, most of them a refusal. */
static void test_survives_damage(void)
{
	struct bytes image = {0}, db = {0}, none = {0};
	struct signature authority;
	const char *why;
	size_t table, kept = 0, all = 0;

	sign(&image, &leaf, NULL);
	list_certificate(&db, &leaf);
	table = get32(image.data + PE_AT_OPTIONAL + 112 + 4 * 8);
	for (size_t at = table; at < image.len; at++) {
		for (unsigned bit = 0; bit < 8; bit += 3) {
			image.data[at] ^= (uint8_t)(1u << bit);
			kept += trusted(&image, &db, &none, &authority, &why);
			image.data[at] ^= (uint8_t)(1u << bit);
			all++;
		}
	}
	/* Unsigned attributes, padding and the certificate's own signature are not looked at. */
	CHECK(kept < all / 2);
	bytes_free(&db);
	bytes_free(&image);
}

int main(void)
{
	root = signer_make("the root", NULL, 0);
	leaf = signer_make("the leaf", &root, 0);
	other = signer_make("someone else", NULL, 0);
	stale = signer_make("expired long ago", NULL, -1000000);
	RUN(test_trusts_the_signer);
	RUN(test_trusts_the_issuer);
	RUN(test_takes_the_first_signature);
	RUN(test_trusts_hashes);
	RUN(test_refuses_what_dbx_forbids);
	RUN(test_refuses_changed_images);
	RUN(test_bounds_signatures);
	RUN(test_survives_damage);
	signer_free(&root);
	signer_free(&leaf);
	signer_free(&other);
	signer_free(&stale);
	return test_summary();
}
