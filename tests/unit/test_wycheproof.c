/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Wycheproof vectors at this room's doors. A vector is used (the door's verdict must be the
 * vector's), left to the door (marked "acceptable": either verdict is right), or out of the door's
 * form (lengths that the door's types cannot even express); the counts are printed, and a file that
 * gives not one used vector fails.
 */
#include "tests/unit/test.h"

#include <json-c/json.h>
#include <stdlib.h>
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "crypto/random.h"

enum verdict { REFUSED, ACCEPTED, OUT_OF_FORM };

/* A decoded hex field; len is SIZE_MAX when the field is missing. */
struct field {
	uint8_t *b;
	size_t len;
};

static const char *data_folder;

static struct field field_of(json_object *o, const char *name)
{
	struct field f = {NULL, SIZE_MAX};
	json_object *v;
	const char *hex;

	if (!json_object_object_get_ex(o, name, &v))
		return f;
	hex = json_object_get_string(v);
	f.len = strlen(hex) / 2;
	/* Exact, so that AddressSanitizer sees a read past the vector's end. */
	f.b = malloc(f.len ? f.len : 1);
	for (size_t i = 0; f.b && i < f.len; i++) {
		unsigned byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			exit(1);
		f.b[i] = (uint8_t)byte;
	}
	return f;
}

static bool same(struct field want, const uint8_t *got, size_t len)
{
	return want.len == len && !memcmp(want.b, got, len);
}

static void drop(struct field *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(f[i].b);
}

static enum verdict ecdsa(json_object *group, json_object *test, bool der)
{
	json_object *key;
	struct field f[3];
	uint8_t digest[32];
	enum verdict v = OUT_OF_FORM;

	if (!json_object_object_get_ex(group, "publicKey", &key))
		return REFUSED;
	f[0] = field_of(key, "uncompressed");
	f[1] = field_of(test, "msg");
	f[2] = field_of(test, "sig");
	sha256(f[1].b, f[1].len, digest);
	if (f[0].len == P256_PUB_LEN && der)
		v = key_verify_der(f[0].b, digest, f[2].b, f[2].len) ? ACCEPTED : REFUSED;
	else if (f[0].len == P256_PUB_LEN && f[2].len == P256_SIG_LEN)
		v = key_verify(f[0].b, digest, f[2].b) ? ACCEPTED : REFUSED;
	drop(f, 3);
	return v;
}

static enum verdict run_ecdsa_der(json_object *group, json_object *test)
{
	return ecdsa(group, test, true);
}

static enum verdict run_ecdsa_p1363(json_object *group, json_object *test)
{
	return ecdsa(group, test, false);
}

/* Wycheproof writes the scalar as a signed integer: zeros in front, or too few bytes. */
static bool scalar_of(struct field f, uint8_t out[P256_PRIV_LEN])
{
	while (f.len > P256_PRIV_LEN && !f.b[0]) {
		f.b++;
		f.len--;
	}
	if (f.len > P256_PRIV_LEN)
		return false;
	memset(out, 0, P256_PRIV_LEN);
	memcpy(out + P256_PRIV_LEN - f.len, f.b, f.len);
	return true;
}

static enum verdict ecdh(json_object *test, bool spki)
{
	struct field f[3] = {
		field_of(test, "public"), field_of(test, "private"), field_of(test, "shared")};
	uint8_t scalar[P256_PRIV_LEN], pub[P256_PUB_LEN], x[32];
	enum verdict v = OUT_OF_FORM;
	struct key_pair own;

	if (spki) {
		v = key_from_spki(f[0].b, f[0].len, pub) ? ACCEPTED : REFUSED;
	} else if (f[0].len == P256_PUB_LEN) {
		memcpy(pub, f[0].b, sizeof(pub));
		v = ACCEPTED;
	}
	if (v == ACCEPTED && scalar_of(f[1], scalar) && !failed(key_from_private(scalar, &own))) {
		v = !failed(key_agree(&own, pub, x)) && same(f[2], x, sizeof(x)) ? ACCEPTED
										 : REFUSED;
		/* Both doors must say the same of the point. */
		if (key_pub_valid(pub) != !failed(key_agree(&own, pub, x)))
			exit(1);
		key_free(&own);
	}
	drop(f, 3);
	return v;
}

static enum verdict run_ecdh_point(json_object *group, json_object *test)
{
	(void)group;
	return ecdh(test, false);
}

static enum verdict run_ecdh_spki(json_object *group, json_object *test)
{
	(void)group;
	return ecdh(test, true);
}

static enum verdict run_gcm(json_object *group, json_object *test)
{
	struct field f[6] = {field_of(test, "key"), field_of(test, "iv"), field_of(test, "aad"),
		field_of(test, "msg"), field_of(test, "ct"), field_of(test, "tag")};
	struct field key = f[0], iv = f[1], aad = f[2], msg = f[3], ct = f[4], tag = f[5];
	enum verdict v = OUT_OF_FORM;
	uint8_t made[AEAD_TAG_LEN];

	(void)group;
	if (key.len == AEAD_KEY_LEN && iv.len == AEAD_NONCE_LEN && tag.len == AEAD_TAG_LEN) {
		uint8_t *data = malloc(ct.len ? ct.len : 1);

		memcpy(data, ct.b, ct.len);
		v = failed(aead_open(key.b, iv.b, aad.b, aad.len, data, ct.len, tag.b)) ? REFUSED
											: ACCEPTED;
		if (v == ACCEPTED && !same(msg, data, ct.len))
			v = REFUSED;
		memcpy(data, msg.b, msg.len);
		aead_seal(key.b, iv.b, aad.b, aad.len, data, msg.len, made);
		/* Sealing must give the valid vectors' own bytes, and no invalid vector's tag. */
		if ((same(ct, data, msg.len) && same(tag, made, sizeof(made))) != (v == ACCEPTED))
			exit(1);
		free(data);
	}
	drop(f, 6);
	return v;
}

static enum verdict run_hkdf(json_object *group, json_object *test)
{
	struct field f[4] = {field_of(test, "ikm"), field_of(test, "salt"), field_of(test, "info"),
		field_of(test, "okm")};
	enum verdict v = OUT_OF_FORM;
	json_object *size;
	uint8_t out[255 * 32];
	size_t len;

	(void)group;
	if (!json_object_object_get_ex(test, "size", &size))
		exit(1);
	len = (size_t)json_object_get_int64(size);
	if (len <= sizeof(out)) {
		hkdf256(f[1].b, f[1].len, f[0].b, f[0].len, f[2].b, f[2].len, out, len);
		v = same(f[3], out, len) ? ACCEPTED : REFUSED;
	}
	drop(f, 4);
	return v;
}

static enum verdict run_hmac(json_object *group, json_object *test)
{
	struct field f[3] = {field_of(test, "key"), field_of(test, "msg"), field_of(test, "tag")};
	enum verdict v = OUT_OF_FORM;
	uint8_t out[SHA256_LEN];
	struct hmac256 h;

	(void)group;
	if (f[2].len == SHA256_LEN) {
		hmac256_start(&h, f[0].b, f[0].len);
		hmac256_add(&h, f[1].b, f[1].len);
		hmac256_end(&h, out);
		v = equal_ct(out, f[2].b, sizeof(out)) ? ACCEPTED : REFUSED;
	}
	drop(f, 3);
	return v;
}

struct tally {
	unsigned total, used, either, out_of_form, mismatches;
};

static void judge(json_object *test, enum verdict v, const char *file, struct tally *t)
{
	json_object *result, *id;
	const char *want;

	if (!json_object_object_get_ex(test, "result", &result) ||
		!json_object_object_get_ex(test, "tcId", &id))
		exit(1);
	want = json_object_get_string(result);
	t->total++;
	if (v == OUT_OF_FORM) {
		t->out_of_form++;
	} else if (!strcmp(want, "acceptable")) {
		t->either++;
	} else {
		t->used++;
		if ((v == ACCEPTED) != !strcmp(want, "valid")) {
			fprintf(stderr, "%s: vector %d is %s\n", file, json_object_get_int(id),
				want);
			t->mismatches++;
		}
	}
}

static void run_file(const char *file, enum verdict (*door)(json_object *, json_object *))
{
	struct tally t = {0};
	char path[4096];
	json_object *root, *groups, *tests;

	snprintf(path, sizeof(path), "%s/%s", data_folder, file);
	root = json_object_from_file(path);
	REQUIRE(root && json_object_object_get_ex(root, "testGroups", &groups));
	for (size_t g = 0; g < json_object_array_length(groups); g++) {
		json_object *group = json_object_array_get_idx(groups, g);

		REQUIRE(json_object_object_get_ex(group, "tests", &tests));
		for (size_t i = 0; i < json_object_array_length(tests); i++) {
			json_object *test = json_object_array_get_idx(tests, i);

			judge(test, door(group, test), file, &t);
		}
	}
	json_object_put(root);
	printf("  %-40s %4u vectors: %4u used, %3u either way, %3u out of form, %u mismatches\n",
		file, t.total, t.used, t.either, t.out_of_form, t.mismatches);
	CHECK(t.used > 0);
	CHECK(t.mismatches == 0);
}

int main(int argc, char **argv)
{
	if (argc != 2 || failed(secret_pool_open(1 << 16)) || failed(random_open()))
		return 2;
	data_folder = argv[1];
	run_file("ecdsa_secp256r1_sha256_test.json", run_ecdsa_der);
	run_file("ecdsa_secp256r1_sha256_p1363_test.json", run_ecdsa_p1363);
	run_file("ecdh_secp256r1_ecpoint_test.json", run_ecdh_point);
	run_file("ecdh_secp256r1_test.json", run_ecdh_spki);
	run_file("aes_gcm_test.json", run_gcm);
	run_file("hkdf_sha256_test.json", run_hkdf);
	run_file("hmac_sha256_test.json", run_hmac);
	secret_pool_close();
	return test_summary();
}
