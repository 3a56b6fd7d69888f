/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/ear/jwt.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include "tools/evidence/ear/base64.h"
#include "tools/lib/json_read.h"

#define HEADER	      "{\"alg\":\"ES256\",\"typ\":\"JWT\"}"
#define HEADER_MAX    8192u /* bytes; a header may carry certificates that nobody reads here */
#define HALF_LEN      32u
#define SIGNATURE_LEN (2u * HALF_LEN)
#define DER_MAX	      80u /* of two integers of 33 bytes */

/* r and s as OpenSSL made them, in DER, become 32 bytes each (RFC 7518 section 3.4). */
static bool flatten(const uint8_t *der, size_t len, uint8_t out[static SIGNATURE_LEN])
{
	const unsigned char *at = der;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
	bool fine = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, HALF_LEN) >= 0 &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + HALF_LEN, HALF_LEN) >= 0;

	ECDSA_SIG_free(pair);
	return fine;
}

/* The other way; *len becomes that of the DER, 0 on failure. */
static size_t unflatten(const uint8_t in[static SIGNATURE_LEN], uint8_t out[static DER_MAX])
{
	BIGNUM *r = BN_bin2bn(in, HALF_LEN, NULL), *s = BN_bin2bn(in + HALF_LEN, HALF_LEN, NULL);
	ECDSA_SIG *pair = ECDSA_SIG_new();
	unsigned char *at = out;
	int len = 0;

	if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
		if (i2d_ECDSA_SIG(pair, NULL) <= (int)DER_MAX)
			len = i2d_ECDSA_SIG(pair, &at);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(pair);
	return len > 0 ? (size_t)len : 0;
}

struct failure jwt_sign(EVP_PKEY *key, struct span claims, struct bytes *out)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t der[DER_MAX], signature[SIGNATURE_LEN];
	size_t len = sizeof(der);
	struct bytes token = {0};
	bool fine;

	base64url_add(&token, (struct span){(const uint8_t *)HEADER, sizeof(HEADER) - 1});
	bytes_add_text(&token, ".");
	base64url_add(&token, claims);
	fine = context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestSign(context, der, &len, token.data, token.len) == 1 &&
	       flatten(der, len, signature);
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	if (fine) {
		bytes_add_text(&token, ".");
		base64url_add(&token, (struct span){signature, sizeof(signature)});
		bytes_add(out, token.data, token.len);
	}
	bytes_free(&token);
	return fine ? failure_none() : refuse("the result could not be signed");
}

/* The part before the next point, which is taken off; false when there is no point. */
static bool next_part(struct span *rest, struct span *out)
{
	const uint8_t *point = rest->len ? memchr(rest->data, '.', rest->len) : NULL;

	if (!point)
		return false;
	*out = (struct span){rest->data, (size_t)(point - rest->data)};
	rest->len -= out->len + 1;
	rest->data = point + 1;
	return true;
}

static struct failure judge_header(const struct json_object *header)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(header, json_type_object))
		return refuse("the token's header is no JSON object");
	if (!json_object_object_get_ex(header, "alg", &value) ||
		!json_object_is_type(value, json_type_string))
		return refuse("the token's header names no algorithm");
	if (strcmp(json_object_get_string(value), "ES256") != 0)
		return refuse("the token's algorithm is another than ES256");
	if (json_object_object_get_ex(header, "crit", NULL))
		return refuse("the token's header has \"crit\", and nothing of that is known here");
	if (json_object_object_get_ex(header, "b64", NULL))
		return refuse("the token's header has \"b64\": its claims are not those of a JWT");
	return failure_none();
}

static struct failure check_header(struct span text)
{
	uint8_t bytes[HEADER_MAX];
	struct json_object *header;
	struct flaw flaw;
	struct failure f;
	size_t len;

	if (!base64url_read(text, bytes, sizeof(bytes), &len))
		return refuse(
			"the token's header is not base64url of at most %u bytes", HEADER_MAX);
	header = json_parse(bytes, len, sizeof(bytes), &flaw);
	if (!header)
		return refuse("the token's header cannot be read as JSON: %.200s", flaw.reason);
	f = judge_header(header);
	json_object_put(header);
	return f;
}

static struct failure check_signature(EVP_PKEY *key, struct span text, struct span signed_part)
{
	uint8_t signature[SIGNATURE_LEN], der[DER_MAX];
	EVP_MD_CTX *context;
	size_t len, der_len;
	bool good;

	if (!base64url_read(text, signature, sizeof(signature), &len) || len != SIGNATURE_LEN)
		return refuse("the token's signature is not 64 bytes in base64url");
	der_len = unflatten(signature, der);
	context = EVP_MD_CTX_new();
	good = der_len && context &&
	       EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestVerify(context, der, der_len, signed_part.data, signed_part.len) == 1;
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return good ? failure_none() : refuse("the token was signed by another key, or changed");
}

struct failure jwt_verify(EVP_PKEY *key, struct span token, struct bytes *out)
{
	struct span rest = token, header, claims;
	struct bytes read = {0};
	bool fine;

	if (rest.len && rest.data[rest.len - 1] == '\n')
		rest.len--;
	if (rest.len > JWT_MAX)
		return refuse("the token has more than %u bytes", JWT_MAX);
	if (!next_part(&rest, &header) || !next_part(&rest, &claims))
		return refuse("this is no signed token: it has not three parts");
	TRY_FAILURE(check_header(header));
	TRY_FAILURE(check_signature(key, rest,
		(struct span){token.data, (size_t)(claims.data + claims.len - token.data)}));
	bytes_zeros(&read, BASE64_BYTES(claims.len));
	fine = base64url_read(claims, read.data, read.len, &read.len);
	if (fine)
		bytes_add(out, read.data, read.len);
	bytes_free(&read);
	return fine ? failure_none() : refuse("the token's claims are not base64url");
}
