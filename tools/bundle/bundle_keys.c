/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An operator's key, in a file that OpenSSL wrote. */
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "tools/bundle/bundle_seal.h"
#include "tools/lib/private_file.h"

#define KEY_FILE_MAX 8192u

/* The key of an encrypted file is not asked for: nobody may be there to answer. */
static int no_passphrase(char *out, int size, int rwflag, void *context)
{
	(void)out;
	(void)size;
	(void)rwflag;
	(void)context;
	return -1;
}

static bool is_p256(const EVP_PKEY *key)
{
	char group[32];
	size_t len = 0;

	return key && EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

static bool take_public(EVP_PKEY *key, uint8_t out[P256_PUB_LEN])
{
	uint8_t *point = NULL;
	size_t len;
	bool good;

	if (!is_p256(key))
		return false;
	/* Uncompressed, whatever the file's form was. */
	if (EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
		    OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 1)
		return false;
	len = EVP_PKEY_get1_encoded_public_key(key, &point);
	good = len == P256_PUB_LEN;
	if (good)
		memcpy(out, point, P256_PUB_LEN);
	OPENSSL_free(point);
	return good && key_pub_valid(out);
}

static bool take_private(EVP_PKEY *key, struct key_pair *out)
{
	uint8_t scalar[P256_PRIV_LEN];
	BIGNUM *number = NULL;
	bool good = is_p256(key) &&
		    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
		    BN_bn2binpad(number, scalar, sizeof(scalar)) == (int)sizeof(scalar) &&
		    !failed(key_from_private(scalar, out));

	BN_clear_free(number);
	wipe(scalar, sizeof(scalar));
	return good;
}

struct failure bundle_public_key_load(const char *path, uint8_t out[P256_PUB_LEN])
{
	char text[KEY_FILE_MAX];
	EVP_PKEY *key = NULL;
	size_t len = 0;
	BIO *bio;
	bool good;

	TRY_FAILURE(trusted_file_read(path, text, sizeof(text), &len));
	bio = BIO_new_mem_buf(text, (int)len);
	if (bio)
		key = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
	good = take_public(key, out);
	EVP_PKEY_free(key);
	BIO_free(bio);
	ERR_clear_error();
	return good ? failure_none()
		    : refuse("%s is not a public P-256 key in PEM (openssl pkey -pubout makes one)",
			      path);
}

struct failure bundle_private_key_load(const char *path, struct key_pair *out)
{
	SECRET_AUTO text = {0};
	EVP_PKEY *key = NULL;
	BIO *bio;
	bool good;

	TRY_FAILURE(private_file_read(path, KEY_FILE_MAX, &text, NULL));
	bio = BIO_new_mem_buf(text.bytes, (int)text.len);
	if (bio)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	good = take_private(key, out);
	EVP_PKEY_free(key);
	BIO_free(bio);
	ERR_clear_error();
	return good ? failure_none()
		    : refuse("%s is not a P-256 private key in PEM without a passphrase (openssl "
			     "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 makes one)",
			      path);
}
