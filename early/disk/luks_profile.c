/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/disk/luks_profile.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "crypto/random.h"
#include "crypto/secret.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/disk/header_mac.h"

#define METADATA_BYTES	 16384u /* of each of the two copies */
#define KEYSLOTS_BYTES	 (HEADER_LEN - 2 * METADATA_BYTES)
#define PBKDF_ITERATIONS 1000u /* the floor: the passphrase is 256 random bits */
#define SLOT_CIPHER	 "aes-xts-plain64"

#define TEMPLATE_MAX 2048u

static const struct luks_profile profiles[] = {
	[CIPHER_AEGIS128] = {"aegis128", "random", "aead", "capi:aegis128-random", 16, 65536},
	[CIPHER_AES_XTS_HMAC] = {"aes", "xts-plain64", "hmac(sha256)",
		"capi:authenc(hmac(sha256),xts(aes))-plain64", 96, 385024},
};

/* The JSON area (LUKS2 On-Disk Format, section 3); "*" stands for any string. */
static const char template[] =
	"{\"keyslots\":{\"0\":{\"type\":\"luks2\",\"key_size\":%u,"
	"\"af\":{\"type\":\"luks1\",\"stripes\":4000,\"hash\":\"sha256\"},"
	"\"area\":{\"type\":\"raw\",\"offset\":\"32768\",\"size\":\"%u\","
	"\"encryption\":\"" SLOT_CIPHER "\",\"key_size\":64},"
	"\"kdf\":{\"type\":\"pbkdf2\",\"hash\":\"sha256\",\"iterations\":1000,\"salt\":\"*\"}}},"
	"\"tokens\":{},"
	"\"segments\":{\"0\":{\"type\":\"crypt\",\"offset\":\"2097152\",\"size\":\"dynamic\","
	"\"iv_tweak\":\"0\",\"encryption\":\"%s-%s\",\"sector_size\":4096,"
	"\"integrity\":{\"type\":\"%s\",\"journal_encryption\":\"none\","
	"\"journal_integrity\":\"none\"}}},"
	"\"digests\":{\"0\":{\"type\":\"pbkdf2\",\"keyslots\":[\"0\"],\"segments\":[\"0\"],"
	"\"hash\":\"sha256\",\"iterations\":1000,\"salt\":\"*\",\"digest\":\"*\"}},"
	"\"config\":{\"json_size\":\"12288\",\"keyslots_size\":\"1015808\"}}";

const struct luks_profile *luks_profile(enum state_cipher cipher)
{
	return &profiles[cipher];
}

int luks_set_pbkdf(struct crypt_device *cd)
{
	const struct crypt_pbkdf_type pbkdf = {.type = CRYPT_KDF_PBKDF2,
		.hash = "sha256",
		.iterations = PBKDF_ITERATIONS,
		.flags = CRYPT_PBKDF_NO_BENCHMARK};

	return crypt_set_pbkdf_type(cd, &pbkdf);
}

static struct status set_sizes(struct crypt_device *cd)
{
	int r = crypt_set_metadata_size(cd, METADATA_BYTES, KEYSLOTS_BYTES);

	if (r == 0)
		r = crypt_set_data_offset(cd, DATA_AT / 512);
	if (r == 0)
		r = luks_set_pbkdf(cd);
	return r < 0 ? system_failure("sizes", -r, E_LUKS_FORMAT_SIZES) : OK;
}

static struct status format_with(struct crypt_device *cd, const struct luks_profile *p,
	const struct secret *volume_key, const uint8_t *passphrase, size_t len)
{
	struct crypt_params_luks2 params = {.integrity = p->integrity, .sector_size = LUKS_SECTOR};
	int r = crypt_format(cd, CRYPT_LUKS2, p->cipher, p->mode, NULL,
		(const char *)volume_key->bytes, volume_key->len, &params);

	if (r < 0)
		return system_failure("format", -r, E_LUKS_FORMAT);
	/* The keyslot's cipher is the library's for a disk with integrity: luks_profile_check()
	 * looks. */
	r = crypt_keyslot_add_by_volume_key(cd, 0, (const char *)volume_key->bytes, volume_key->len,
		(const char *)passphrase, len);
	return r < 0 ? system_failure("keyslot", -r, E_LUKS_FORMAT_KEYSLOT) : OK;
}

struct status luks_format(struct crypt_device *cd, const struct luks_profile *profile,
	const uint8_t *passphrase, size_t len)
{
	SECRET_AUTO volume_key = {0};

	TRY(set_sizes(cd));
	TRY(secret_new(profile->key_bytes, &volume_key));
	TRY(random_bytes(volume_key.bytes, volume_key.len));
	return format_with(cd, profile, &volume_key, passphrase, len);
}

static bool values_match(json_object *have, json_object *want);

static bool objects_match(json_object *have, json_object *want)
{
	if (json_object_object_length(have) != json_object_object_length(want))
		return false;
	json_object_object_foreach(want, key, wanted)
	{
		json_object *value;

		if (!json_object_object_get_ex(have, key, &value) || !values_match(value, wanted))
			return false;
	}
	return true;
}

static bool arrays_match(json_object *have, json_object *want)
{
	size_t count = json_object_array_length(want);

	if (json_object_array_length(have) != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!values_match(
			    json_object_array_get_idx(have, i), json_object_array_get_idx(want, i)))
			return false;
	}
	return true;
}

/* Goes as deep as the template, never as deep as the header. */
static bool values_match(json_object *have, json_object *want)
{
	json_type type = json_object_get_type(want);

	if (json_object_get_type(have) != type)
		return false;
	if (type == json_type_object)
		return objects_match(have, want);
	if (type == json_type_array)
		return arrays_match(have, want);
	if (type == json_type_int)
		return json_object_get_int64(have) == json_object_get_int64(want);
	if (type != json_type_string)
		return false;
	return strcmp(json_object_get_string(want), "*") == 0 ||
	       strcmp(json_object_get_string(have), json_object_get_string(want)) == 0;
}

bool luks_json_matches(const char *json, const struct luks_profile *p)
{
	char text[TEMPLATE_MAX];
	int n = snprintf(text, sizeof(text), template, p->key_bytes, p->area_bytes, p->cipher,
		p->mode, p->integrity);
	json_object *have, *want;
	bool same;

	if (n < 0 || (size_t)n >= sizeof(text))
		return false;
	want = json_tokener_parse(text);
	have = json_tokener_parse(json);
	same = want && have && values_match(have, want);
	json_object_put(have);
	json_object_put(want);
	return same;
}

struct status luks_profile_check(struct crypt_device *cd, const struct luks_profile *profile)
{
	const char *json = NULL;

	if (crypt_dump_json(cd, &json, 0) < 0 || !json)
		return fail(E_LUKS_JSON);
	return luks_json_matches(json, profile) ? OK : fail(E_LUKS_PROFILE);
}
