/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signed tokens and the keys of them: each way to be wrong. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "crypto/secret.h"
#include "tests/unit/done.h"
#include "tests/unit/test.h"
#include "tools/evidence/ear/base64.h"
#include "tools/evidence/ear/jwt.h"
#include "tools/evidence/ear/key.h"

#define SAYS(wanted) CHECK(strstr(last_failure.text, (wanted)) != NULL)

static EVP_PKEY *own;

static struct span text_span(const char *text)
{
	return (struct span){(const uint8_t *)text, strlen(text)};
}

static struct span bytes_span(const struct bytes *b)
{
	return (struct span){b->data, b->len};
}

/* Signs a header and claims that jwt_sign() would not make. */
static void sign_raw(const char *header, const char *claims, struct bytes *out)
{
	uint8_t der[80], raw[64];
	const unsigned char *at = der;
	size_t len = sizeof(der);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	ECDSA_SIG *pair;

	out->len = 0;
	base64url_add(out, text_span(header));
	bytes_add_text(out, ".");
	base64url_add(out, text_span(claims));
	if (!context || EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, own) != 1 ||
		EVP_DigestSign(context, der, &len, out->data, out->len) != 1)
		exit(1);
	EVP_MD_CTX_free(context);
	pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
	BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32);
	ECDSA_SIG_free(pair);
	bytes_add_text(out, ".");
	base64url_add(out, (struct span){raw, sizeof(raw)});
}

static void test_hostile_headers(void)
{
	static const struct {
		const char *header, *refusal;
	} rows[] = {
		{"{\"alg\":\"ES256\"}", NULL},
		{"{\"alg\":\"ES256\",\"x5c\":[\"AAAA\"],\"jku\":\"https://example.org\"}", NULL},
		{"{\"alg\":\"ES384\"}", "another than ES256"},
		{"{\"alg\":\"es256\"}", "another than ES256"},
		{"{\"alg\":\"HS256\"}", "another than ES256"},
		{"{\"alg\":\"none\"}", "another than ES256"},
		{"{\"alg\":[\"ES256\"]}", "names no algorithm"},
		{"{\"typ\":\"JWT\"}", "names no algorithm"},
		{"{\"alg\":\"none\",\"alg\":\"ES256\"}", "two members"},
		{"{\"alg\":\"ES256\",\"crit\":[\"exp\"]}", "crit"},
		{"{\"alg\":\"ES256\",\"b64\":false}", "b64"},
		{"[]", "no JSON object"},
		{"", "cannot be read"},
	};
	struct bytes token = {0}, claims = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sign_raw(rows[i].header, "{}", &token);
		CHECK(done(jwt_verify(own, bytes_span(&token), &claims)) == !rows[i].refusal);
		if (rows[i].refusal)
			SAYS(rows[i].refusal);
	}
	bytes_free(&token);
	bytes_free(&claims);
}

/* No character of a token can be another, be missing or be added. */
static void test_every_character(void)
{
	struct bytes token = {0}, claims = {0};

	REQUIRE(done(jwt_sign(own, text_span("{\"a\":\"bc\"}"), &token)));
	REQUIRE(done(jwt_verify(own, bytes_span(&token), &claims)));
	CHECK(claims.len == 10 && memcmp(claims.data, "{\"a\":\"bc\"}", 10) == 0);
	for (size_t i = 0; i < token.len; i++) {
		uint8_t old = token.data[i];

		token.data[i] = old == 'B' ? 'C' : 'B';
		CHECK(!done(jwt_verify(own, bytes_span(&token), &claims)));
		token.data[i] = '=';
		CHECK(!done(jwt_verify(own, bytes_span(&token), &claims)));
		token.data[i] = old;
		CHECK(!done(jwt_verify(own, (struct span){token.data, i}, &claims)));
	}
	bytes_add_text(&token, "\n");
	CHECK(done(jwt_verify(own, bytes_span(&token), &claims)));
	for (unsigned i = 0; i < 2; i++) {
		token.len--;
		bytes_add_text(&token, i ? "A" : "=");
		CHECK(!done(jwt_verify(own, bytes_span(&token), &claims)));
	}
	bytes_zeros(&token, JWT_MAX);
	CHECK(!done(jwt_verify(own, bytes_span(&token), &claims)));
	SAYS("more than");
	bytes_free(&token);
	bytes_free(&claims);
}

static void test_base64(void)
{
	static const struct {
		const char *text;
		bool strict, any;
	} rows[] = {{"", true, true}, {"AA", true, true}, {"AB", false, false}, {"A", false, false},
		{"AAA", true, true}, {"AAB", false, false}, {"AA==", false, true},
		{"AAA=", false, true}, {"A===", false, false}, {"====", false, false},
		{"AA=", false, false}, {"-_-_", true, true}, {"+/+/", false, true},
		{"AA A", false, false}, {"AAAAA", false, false}, {"AAAA====", false, false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t out[8];
		size_t len = 0;

		CHECK(base64url_read(text_span(rows[i].text), out, sizeof(out), &len) ==
			rows[i].strict);
		CHECK(base64_read_any(text_span(rows[i].text), out, sizeof(out), &len) ==
			rows[i].any);
	}
}

#define XY                                                       \
	"\"x\":\"usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8\"," \
	"\"y\":\"IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4\""

static void test_public_keys(void)
{
	static const struct {
		const char *text, *refusal;
	} rows[] = {
		{"{\"kty\":\"EC\",\"crv\":\"P-256\"," XY "}", NULL},
		{"{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"sig\",\"alg\":\"ES256\"," XY "}",
			NULL},
		{"{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"enc\"," XY "}", "another use"},
		{"{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES384\"," XY "}", "another use"},
		{"{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":1," XY "}", "another use"},
		{"{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"AA\"," XY "}", "private half"},
		{"{\"kty\":\"EC\",\"crv\":\"P-384\"," XY "}", "none of P-256"},
		{"{\"kty\":\"oct\",\"crv\":\"P-256\"," XY "}", "none of P-256"},
		{"{\"kty\":\"EC\",\"kty\":\"EC\",\"crv\":\"P-256\"," XY "}", "two members"},
		{"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", "32 bytes"},
		{"{\"kty\":\"EC\",\"crv\":\"P-256\","
		 "\"x\":\"IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4\","
		 "\"y\":\"usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8\"}",
			"not on the curve"},
		{"{", "as JSON"},
		{"", "neither"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EVP_PKEY *key = NULL;

		CHECK(done(ear_public_key(text_span(rows[i].text), &key)) == !rows[i].refusal);
		if (rows[i].refusal)
			SAYS(rows[i].refusal);
		EVP_PKEY_free(key);
	}
}

/* Writes the key and reads it back; mode and format decide. */
static bool key_file(EVP_PKEY *key, bool pem, mode_t mode, const char *passphrase)
{
	char path[] = "/tmp/test_ear.XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
	EVP_PKEY *read = NULL;
	bool good;

	if (!file || fchmod(fd, mode) != 0 ||
		(pem ? PEM_write_PrivateKey(file, key, passphrase ? EVP_aes_128_cbc() : NULL,
			       (const unsigned char *)passphrase,
			       passphrase ? (int)strlen(passphrase) : 0, NULL, NULL)
		     : i2d_PrivateKey_fp(file, key)) != 1 ||
		fclose(file) != 0)
		exit(1);
	good = done(ear_private_key(path, &read)) && EVP_PKEY_eq(key, read) == 1;
	EVP_PKEY_free(read);
	unlink(path);
	return good;
}

static void test_private_keys(void)
{
	EVP_PKEY *p384 = EVP_EC_gen("P-384"), *read = NULL;

	CHECK(key_file(own, true, 0600, NULL) && key_file(own, false, 0600, NULL));
	CHECK(!key_file(own, true, 0644, NULL));
	CHECK(!key_file(own, true, 0600, "secret"));
	SAYS("without a passphrase");
	CHECK(!key_file(p384, true, 0600, NULL));
	SAYS("none of P-256");
	CHECK(!done(ear_private_key("/nonexistent", &read)));
	EVP_PKEY_free(p384);
}

/* The public half in PEM, as openssl writes it. */
static void test_public_pem(void)
{
	BIO *bio = BIO_new(BIO_s_mem());
	EVP_PKEY *key = NULL;
	char *text = NULL;
	long len;

	REQUIRE(bio && PEM_write_bio_PUBKEY(bio, own) == 1);
	len = BIO_get_mem_data(bio, &text);
	CHECK(done(ear_public_key((struct span){(uint8_t *)text, (size_t)len}, &key)));
	CHECK(key && EVP_PKEY_eq(key, own) == 1);
	EVP_PKEY_free(key);
	BIO_free(bio);
}

int main(void)
{
	if (failed(secret_pool_open(1u << 16)))
		return 2;
	own = EVP_EC_gen("P-256");
	RUN(test_hostile_headers);
	RUN(test_every_character);
	RUN(test_base64);
	RUN(test_public_keys);
	RUN(test_private_keys);
	RUN(test_public_pem);
	EVP_PKEY_free(own);
	secret_pool_close();
	return test_summary();
}
