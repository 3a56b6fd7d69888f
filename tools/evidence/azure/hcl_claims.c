/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/azure/hcl_claims.h"

#include <json-c/json.h>
#include <string.h>

#include "tools/lib/hex.h"
#include "tools/lib/json_read.h"

#define AK_NAME	       "HCLAkPub"
#define KEYS_MAX       8u
#define EXPONENT_65537 "AQAB"
#define MODULUS_BASE64 342u /* characters of 256 bytes, no padding */

/* A member of this type; NULL when there is none. */
static struct json_object *member(
	const struct json_object *o, const char *name, enum json_type type)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(o, name, &value) || !json_object_is_type(value, type))
		return NULL;
	return value;
}

static bool text_is(const struct json_object *o, const char *name, const char *wanted)
{
	struct json_object *value = member(o, name, json_type_string);

	return value && strcmp(json_object_get_string(value), wanted) == 0;
}

static int base64url_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* 256 bytes in base64url without padding; the bits behind the last byte are zero. */
static bool modulus(const char *text, uint8_t out[static HCL_MODULUS_LEN])
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t at = 0;

	if (strlen(text) != MODULUS_BASE64)
		return false;
	for (size_t i = 0; i < MODULUS_BASE64; i++) {
		int digit = base64url_digit(text[i]);

		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		out[at++] = (uint8_t)(bits >> held);
		bits &= (1u << held) - 1;
	}
	return !bits && out[0] & 0x80;
}

/* A JSON Web Key (RFC 7518 section 6.3): RSA 2048 with the usual exponent. */
static struct failure read_key(const struct json_object *key, struct hcl_report *out)
{
	struct json_object *n = member(key, "n", json_type_string);

	if (!text_is(key, "kty", "RSA") || !text_is(key, "e", EXPONENT_65537) || !n ||
		!modulus(json_object_get_string(n), out->ak_modulus))
		return refuse("the claims' key " AK_NAME " is not RSA 2048 with the exponent "
			      "65537");
	out->ak_exponent = 65537;
	return failure_none();
}

static struct failure read_keys(const struct json_object *claims, struct hcl_report *out)
{
	struct json_object *keys = member(claims, "keys", json_type_array);
	size_t count = keys ? json_object_array_length(keys) : 0;

	out->ak_exponent = 0;
	if (!count || count > KEYS_MAX)
		return refuse("the paravisor's claims have not 1 to %u keys", KEYS_MAX);
	for (size_t i = 0; i < count; i++) {
		const struct json_object *key = json_object_array_get_idx(keys, i);

		if (!json_object_is_type(key, json_type_object))
			return refuse("a key in the paravisor's claims is no object");
		if (!text_is(key, "kid", AK_NAME))
			continue;
		if (out->ak_exponent)
			return refuse("the paravisor's claims have two keys " AK_NAME);
		TRY_FAILURE(read_key(key, out));
	}
	return out->ak_exponent ? failure_none()
				: refuse("the paravisor's claims have no key " AK_NAME);
}

static struct failure read_user_data(const struct json_object *claims, struct hcl_report *out)
{
	struct json_object *value;

	out->has_user_data = json_object_object_get_ex(claims, "user-data", &value);
	if (out->has_user_data && (!json_object_is_type(value, json_type_string) ||
					  !hex_decode_text(json_object_get_string(value),
						  (size_t)json_object_get_string_len(value),
						  out->user_data, HCL_DATA_LEN)))
		return refuse("\"user-data\" in the paravisor's claims has not 128 hex digits");
	return failure_none();
}

static struct failure read_flag(const struct json_object *configuration, const char *name,
	enum hcl_member m, struct hcl_report *out)
{
	struct json_object *value;

	if (!json_object_object_get_ex(configuration, name, &value))
		return failure_none();
	if (!json_object_is_type(value, json_type_boolean))
		return refuse("\"%s\" in the paravisor's claims is neither true nor false", name);
	out->flags[m] = json_object_get_boolean(value);
	out->said |= HCL_MEMBER_BIT(m);
	return failure_none();
}

static struct failure read_configuration(const struct json_object *claims, struct hcl_report *out)
{
	struct json_object *c = member(claims, "vm-configuration", json_type_object);
	struct json_object *id;

	out->said = 0;
	if (!c)
		return refuse("the paravisor's claims have no \"vm-configuration\"");
	TRY_FAILURE(read_flag(c, "secure-boot", HCL_SECURE_BOOT, out));
	TRY_FAILURE(read_flag(c, "tpm-enabled", HCL_TPM_ENABLED, out));
	TRY_FAILURE(read_flag(c, "console-enabled", HCL_CONSOLE, out));
	TRY_FAILURE(read_flag(c, "tpm-persisted", HCL_TPM_PERSISTED, out));
	id = member(c, "vmUniqueId", json_type_string);
	if (id && json_object_get_string_len(id) == HCL_VM_ID_MAX - 1) {
		memcpy(out->vm_id, json_object_get_string(id), HCL_VM_ID_MAX);
		out->said |= HCL_MEMBER_BIT(HCL_VM_ID);
	}
	return failure_none();
}

static struct failure read_claims(const struct json_object *claims, struct hcl_report *out)
{
	if (!json_object_is_type(claims, json_type_object))
		return refuse("the paravisor's claims are no JSON object");
	TRY_FAILURE(read_keys(claims, out));
	TRY_FAILURE(read_user_data(claims, out));
	return read_configuration(claims, out);
}

struct failure hcl_claims_parse(struct span text, struct hcl_report *out)
{
	struct json_object *claims;
	struct flaw flaw;
	struct failure f;

	claims = json_parse(text.data, text.len, HCL_CLAIMS_MAX, &flaw);
	if (!claims)
		return refuse("the paravisor's claims cannot be read as JSON: %.200s", flaw.reason);
	f = read_claims(claims, out);
	json_object_put(claims);
	return f;
}
