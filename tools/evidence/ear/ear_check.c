/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <string.h>

#include "tools/evidence/ear/base64.h"
#include "tools/evidence/ear/jwt.h"
#include "tools/evidence/ear/names.h"
#include "tools/lib/json_read.h"

#define TIME_MAX     253402300799 /* the end of year 9999, in seconds since 1970 */
#define POLICIES_MAX 16u
#define KEY_MAX	     8192u /* bytes of an attested key */

/* A member of this type; NULL when there is none, or one of another type. */
static struct json_object *member(
	const struct json_object *o, const char *name, enum json_type type)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(o, name, &value) || !json_object_is_type(value, type))
		return NULL;
	return value;
}

static struct span span_of(struct json_object *text)
{
	return (struct span){(const uint8_t *)json_object_get_string(text),
		(size_t)json_object_get_string_len(text)};
}

/* A text that is not empty. */
static bool says(const struct json_object *o, const char *name)
{
	struct json_object *value = member(o, name, json_type_string);

	return value && json_object_get_string_len(value) > 0;
}

/* Whole seconds. 1e9 and 1.0 are other spellings that other readers round in other ways. */
static struct failure read_time(const struct json_object *claims, const char *name, int64_t *out)
{
	struct json_object *value = NULL;

	*out = 0;
	if (!json_object_object_get_ex(claims, name, &value))
		return failure_none();
	*out = json_object_get_int64(value);
	if (!json_object_is_type(value, json_type_int) || *out <= 0 || *out > TIME_MAX)
		return refuse("\"%s\" is no whole number of seconds since 1970", name);
	return failure_none();
}

static struct failure check_times(
	const struct json_object *claims, int64_t now_s, struct ear_seen *out)
{
	int64_t begins_s;

	TRY_FAILURE(read_time(claims, "iat", &out->issued_s));
	TRY_FAILURE(read_time(claims, "exp", &out->ends_s));
	TRY_FAILURE(read_time(claims, "nbf", &begins_s));
	if (!out->issued_s)
		return refuse("the result does not say when it was made (\"iat\")");
	if (out->issued_s > now_s + EAR_CLOCK_SKEW || begins_s > now_s + EAR_CLOCK_SKEW)
		return refuse("the result is of the future: compare the clocks");
	if (out->ends_s && out->ends_s <= now_s)
		return refuse("the result has expired");
	return failure_none();
}

static struct failure check_nonce(const struct json_object *claims, struct span wanted)
{
	uint8_t nonce[EAR_NONCE_MAX];
	struct json_object *value = NULL;
	size_t len = 0;

	if (!json_object_object_get_ex(claims, "eat_nonce", &value))
		return wanted.len ? refuse("the result is about no nonce") : failure_none();
	if (!json_object_is_type(value, json_type_string) ||
		!base64_read_any(span_of(value), nonce, sizeof(nonce), &len) || len < EAR_NONCE_MIN)
		return refuse("\"eat_nonce\" is not 8 to 64 bytes in base64url");
	if (wanted.len && (len != wanted.len || memcmp(nonce, wanted.data, len) != 0))
		return refuse("the result is about another nonce");
	return failure_none();
}

static struct failure check_profile(const struct json_object *claims, const struct ear_names *names)
{
	struct json_object *profile = member(claims, "eat_profile", json_type_string);
	struct json_object *id;

	if (!profile)
		return refuse("the result has no \"eat_profile\": it is older than profiles are");
	if (strcmp(json_object_get_string(profile), names->profile) != 0)
		return refuse("the result's profile is another than %s", names->profile);
	id = member(claims, names->verifier_id, json_type_object);
	if (!id || !says(id, "developer") || !says(id, "build"))
		return refuse("\"%s\" does not name the verifier's developer and build",
			names->verifier_id);
	return failure_none();
}

static bool read_status(const struct json_object *submod, const char *name, enum ear_status *out)
{
	struct json_object *value = member(submod, name, json_type_string);

	for (unsigned i = EAR_NONE; value && i <= EAR_CONTRAINDICATED; i++) {
		if (strcmp(json_object_get_string(value), ear_status_names[i]) != 0)
			continue;
		*out = (enum ear_status)i;
		return true;
	}
	return false;
}

static bool known_claim(const char *name)
{
	for (size_t i = 0; i < EAR_CLAIMS; i++)
		if (strcmp(name, ear_claim_names[i]) == 0)
			return true;
	return false;
}

/* *worst becomes the worst tier of the vector. */
static struct failure read_vector(
	const struct json_object *submod, const char *name, enum ear_status *worst)
{
	struct json_object *vector = NULL;

	*worst = EAR_NONE;
	if (!json_object_object_get_ex(submod, name, &vector))
		return failure_none();
	if (!json_object_is_type(vector, json_type_object))
		return refuse("\"%s\" is no object", name);
	json_object_object_foreach(vector, claim, value)
	{
		int64_t number = json_object_get_int64(value);

		if (!known_claim(claim))
			return refuse("\"%s\" has a claim that is not known", name);
		if (!json_object_is_type(value, json_type_int) || number < INT8_MIN ||
			number > INT8_MAX)
			return refuse("\"%s\" has a claim that is no number of -128 to 127", name);
		if (ear_tier((int8_t)number) > *worst)
			*worst = ear_tier((int8_t)number);
	}
	return failure_none();
}

static bool policies_named(const struct json_object *submod, const struct ear_names *names)
{
	struct json_object *list;
	size_t count;

	if (!json_object_object_get_ex(submod, names->policies, NULL) || names->one_policy)
		return !json_object_object_get_ex(submod, names->policies, NULL) ||
		       says(submod, names->policies);
	list = member(submod, names->policies, json_type_array);
	count = list ? json_object_array_length(list) : 0;
	for (size_t i = 0; i < count; i++)
		if (!json_object_is_type(json_object_array_get_idx(list, i), json_type_string))
			return false;
	return count && count <= POLICIES_MAX;
}

/* Veraison's claim about a key: the key's public half. */
static bool key_attested(const struct json_object *submod, const char *name)
{
	struct json_object *value = NULL;
	uint8_t key[KEY_MAX];
	size_t len = 0;

	if (!json_object_object_get_ex(submod, name, &value))
		return true;
	value = member(value, "akpub", json_type_string);
	return value && base64url_read(span_of(value), key, sizeof(key), &len) && len;
}

static struct failure check_submod(
	const struct json_object *submod, const struct ear_names *names, struct ear_seen *out)
{
	enum ear_status status = EAR_NONE, worst;

	if (!json_object_is_type(submod, json_type_object))
		return refuse("a submodule is no object");
	if (!read_status(submod, names->status, &status))
		return refuse(
			"a submodule has no \"%s\" of the four that there are", names->status);
	TRY_FAILURE(read_vector(submod, names->vector, &worst));
	if (worst > status)
		return refuse(
			"a submodule's \"%s\" is better than a claim of its vector", names->status);
	if (!policies_named(submod, names))
		return refuse("\"%s\" names no policy", names->policies);
	if (!key_attested(submod, names->key_attestation))
		return refuse("\"%s\" has no key \"akpub\" in base64url", names->key_attestation);
	/* Nothing said of one part is not as good as something good said of it. */
	if (out->submods++ == 0 || (status == EAR_NONE && out->status == EAR_AFFIRMING) ||
		(status > out->status && (out->status != EAR_NONE || status != EAR_AFFIRMING)))
		out->status = status;
	return failure_none();
}

static struct failure check_claims(
	const struct json_object *claims, const struct ear_wanted *wanted, struct ear_seen *out)
{
	const struct ear_names *names = &ear_spellings[wanted->profile];
	struct json_object *submods;
	int count;

	if (!json_object_is_type(claims, json_type_object))
		return refuse("the result's claims are no JSON object");
	TRY_FAILURE(check_profile(claims, names));
	TRY_FAILURE(check_times(claims, wanted->now_s, out));
	TRY_FAILURE(check_nonce(claims, wanted->nonce));
	submods = member(claims, "submods", json_type_object);
	count = submods ? json_object_object_length(submods) : 0;
	if (count < 1 || count > (int)EAR_SUBMODS_MAX)
		return refuse("\"submods\" has not 1 to %u submodules", EAR_SUBMODS_MAX);
	json_object_object_foreach(submods, label, submod)
	{
		(void)label;
		TRY_FAILURE(check_submod(submod, names, out));
	}
	return failure_none();
}

struct failure ear_claims_check(
	struct span json, const struct ear_wanted *wanted, struct ear_seen *out)
{
	struct ear_seen seen = {0};
	struct json_object *claims;
	struct flaw flaw;
	struct failure f;

	claims = json_parse(json.data, json.len, JWT_MAX, &flaw);
	if (!claims)
		return refuse("the result's claims cannot be read as JSON: %.200s", flaw.reason);
	f = check_claims(claims, wanted, &seen);
	json_object_put(claims);
	if (!f.happened)
		*out = seen;
	return f;
}

struct failure ear_check(
	struct span token, EVP_PKEY *key, const struct ear_wanted *wanted, struct ear_seen *out)
{
	struct bytes claims = {0};
	struct failure f = jwt_verify(key, token, &claims);

	if (!f.happened)
		f = ear_claims_check((struct span){claims.data, claims.len}, wanted, out);
	bytes_free(&claims);
	return f;
}
