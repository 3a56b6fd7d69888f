/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/ear/key.h"

#include <json-c/json.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/secret.h"
#include "tools/evidence/ear/base64.h"
#include "tools/lib/json_read.h"
#include "tools/lib/private_file.h"

#define CURVE		  "prime256v1"
#define COORDINATE_LEN	  32u
#define POINT_LEN	  (1u + 2u * COORDINATE_LEN)
#define SECURE_HEAP	  (64 * 1024) /* bytes */
#define SECURE_HEAP_LEAST 32

static bool is_p256(const EVP_PKEY *key)
{
	char group[32];
	size_t len = 0;

	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
	       strcmp(group, CURVE) == 0;
}

static const char *text_of(const struct json_object *o, const char *name)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(o, name, &value) ||
		!json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

/* Absent, or this text. */
static bool allows(const struct json_object *o, const char *name, const char *wanted)
{
	const char *text = text_of(o, name);

	return text ? strcmp(text, wanted) == 0 : !json_object_object_get_ex(o, name, NULL);
}

static bool coordinate(const struct json_object *o, const char *name, uint8_t *out)
{
	const char *text = text_of(o, name);
	size_t len = 0;

	return text &&
	       base64url_read((struct span){(const uint8_t *)text, strlen(text)}, out,
		       COORDINATE_LEN, &len) &&
	       len == COORDINATE_LEN;
}

/* OpenSSL checks that the point is on the curve. */
static EVP_PKEY *from_point(uint8_t point[static POINT_LEN])
{
	char group[] = CURVE;
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, POINT_LEN),
		OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
		EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	return key;
}

static struct failure read_jwk(const struct json_object *jwk, EVP_PKEY **out)
{
	uint8_t point[POINT_LEN] = {4};
	const char *kty, *crv;

	if (!json_object_is_type(jwk, json_type_object))
		return refuse("the key is no JSON Web Key");
	if (json_object_object_get_ex(jwk, "d", NULL))
		return refuse("the key has its private half in it; name a file that has not");
	kty = text_of(jwk, "kty");
	crv = text_of(jwk, "crv");
	if (!kty || strcmp(kty, "EC") != 0 || !crv || strcmp(crv, "P-256") != 0)
		return refuse("the key is none of P-256 (\"kty\" EC, \"crv\" P-256)");
	if (!allows(jwk, "use", "sig") || !allows(jwk, "alg", "ES256"))
		return refuse("the key is for another use than ES256 signatures");
	if (!coordinate(jwk, "x", point + 1) || !coordinate(jwk, "y", point + 1 + COORDINATE_LEN))
		return refuse("the key's \"x\" and \"y\" are not 32 bytes each in base64url");
	*out = from_point(point);
	return *out ? failure_none() : refuse("the key's point is not on the curve P-256");
}

static struct failure from_jwk(struct span text, EVP_PKEY **out)
{
	struct json_object *jwk;
	struct flaw flaw;
	struct failure f;

	jwk = json_parse(text.data, text.len, EAR_KEY_FILE_MAX, &flaw);
	if (!jwk)
		return refuse("the key cannot be read as JSON: %.200s", flaw.reason);
	f = read_jwk(jwk, out);
	json_object_put(jwk);
	return f;
}

static struct failure from_pem(struct span text, EVP_PKEY **out)
{
	BIO *bio = BIO_new_mem_buf(text.data, (int)text.len);
	EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	if (!key)
		return refuse("there is neither a JSON Web Key nor a PEM block PUBLIC KEY");
	if (!is_p256(key)) {
		EVP_PKEY_free(key);
		return refuse("the key is none of P-256");
	}
	*out = key;
	return failure_none();
}

struct failure ear_public_key(struct span text, EVP_PKEY **out)
{
	struct failure f;
	size_t at = 0;

	if (text.len > EAR_KEY_FILE_MAX)
		return refuse("the key has more than %u bytes", EAR_KEY_FILE_MAX);
	while (at < text.len && text.data[at] && strchr(" \t\r\n", text.data[at]))
		at++;
	f = at < text.len && text.data[at] == '{' ? from_jwk(text, out) : from_pem(text, out);
	ERR_clear_error();
	return f;
}

/* No passphrase is asked for: results are made without anybody at the terminal. */
static int no_passphrase(char *out, int cap, int writing, void *unused)
{
	(void)writing;
	(void)unused;
	memset(out, 0, (size_t)cap);
	return -1;
}

static EVP_PKEY *parse_private(const struct secret *file)
{
	const unsigned char *at = file->bytes;
	BIO *bio = BIO_new_mem_buf(file->bytes, (int)file->len);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	if (key)
		return key;
	key = d2i_AutoPrivateKey(NULL, &at, (long)file->len);
	if (key && at != file->bytes + file->len) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

struct failure ear_private_key(const char *path, EVP_PKEY **out)
{
	struct secret file = {NULL, 0};
	EVP_PKEY *key;

	if (!CRYPTO_secure_malloc_initialized())
		CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_HEAP_LEAST);
	TRY_FAILURE(private_file_read(path, EAR_KEY_FILE_MAX, &file, NULL));
	key = parse_private(&file);
	secret_free(&file);
	ERR_clear_error();
	if (!key)
		return refuse(
			"%s: there is no private key in PEM or DER without a passphrase", path);
	if (!is_p256(key)) {
		EVP_PKEY_free(key);
		return refuse("%s: the key is none of P-256, as ES256 needs", path);
	}
	*out = key;
	return failure_none();
}
