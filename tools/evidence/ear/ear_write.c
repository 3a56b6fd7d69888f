/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <string.h>

#include "tools/evidence/ear/base64.h"
#include "tools/evidence/ear/jwt.h"
#include "tools/evidence/ear/names.h"
#include "tools/lib/json_read.h"
#include "tools/lib/utf8.h"

/* The builder's sticky failure: memory is out, or a text is none. */
struct writer {
	const char *problem;
};

static void put(struct writer *w, struct json_object *in, const char *name, struct json_object *v)
{
	if (v && json_object_object_add(in, name, v) == 0)
		return;
	json_object_put(v);
	w->problem = w->problem ? w->problem : "out of memory";
}

static bool is_text(const char *text)
{
	size_t len = strlen(text), step;

	for (size_t at = 0; at < len; at += step) {
		step = utf8_sequence((const uint8_t *)text + at, len - at);
		if (!step)
			return false;
	}
	return true;
}

static void put_text(struct writer *w, struct json_object *in, const char *name, const char *text)
{
	if (!is_text(text))
		w->problem = "a text is not UTF-8";
	else
		put(w, in, name, json_object_new_string(text));
}

/* A new object under this name; owned by the one around it. */
static struct json_object *put_object(struct writer *w, struct json_object *in, const char *name)
{
	struct json_object *o = json_object_new_object();

	put(w, in, name, o);
	return w->problem ? NULL : o;
}

static void put_vector(
	struct writer *w, struct json_object *in, const char *name, const int8_t *vector)
{
	struct json_object *o = put_object(w, in, name);

	for (size_t i = 0; i < EAR_CLAIMS && !w->problem; i++)
		put(w, o, ear_claim_names[i], json_object_new_int(vector[i]));
}

static void put_policy(
	struct writer *w, struct json_object *in, const struct ear_names *names, const char *policy)
{
	struct json_object *list;

	if (names->one_policy || !is_text(policy)) {
		put_text(w, in, names->policies, policy);
		return;
	}
	list = json_object_new_array();
	if (list && json_object_array_add(list, json_object_new_string(policy)) != 0)
		w->problem = "out of memory";
	put(w, in, names->policies, list);
}

static void put_claims(struct writer *w, struct json_object *in, const char *name, struct span text)
{
	struct flaw flaw;
	struct json_object *claims = json_parse(text.data, text.len, JWT_MAX, &flaw);

	if (json_object_is_type(claims, json_type_object)) {
		put(w, in, name, claims);
		return;
	}
	json_object_put(claims);
	w->problem = "the further claims are no JSON object";
}

static enum ear_status status_of(const struct ear_result *r)
{
	enum ear_status worst = r->status;

	for (size_t i = 0; i < EAR_CLAIMS; i++)
		if (ear_tier(r->vector[i]) > worst)
			worst = ear_tier(r->vector[i]);
	return worst;
}

static void put_submod(struct writer *w, struct json_object *in, const struct ear_result *r)
{
	const struct ear_names *names = &ear_spellings[r->profile];
	struct json_object *o = put_object(w, in, r->label);

	if (w->problem)
		return;
	put_text(w, o, names->status, ear_status_names[status_of(r)]);
	put_vector(w, o, names->vector, r->vector);
	if (r->policy_id)
		put_policy(w, o, names, r->policy_id);
	if (r->claims.len)
		put_claims(w, o, names->policy_claims, r->claims);
}

static void put_nonce(struct writer *w, struct json_object *in, struct span nonce)
{
	struct bytes text = {0};

	if (!nonce.len)
		return;
	if (nonce.len < EAR_NONCE_MIN || nonce.len > EAR_NONCE_MAX)
		w->problem = "the nonce has not 8 to 64 bytes";
	base64url_add(&text, nonce);
	put(w, in, "eat_nonce", json_object_new_string_len((const char *)text.data, (int)text.len));
	bytes_free(&text);
}

static void put_all(struct writer *w, struct json_object *root, const struct ear_result *r)
{
	const struct ear_names *names = &ear_spellings[r->profile];
	struct json_object *o;

	put_text(w, root, "eat_profile", names->profile);
	put(w, root, "iat", json_object_new_int64(r->issued_s));
	if (r->ends_s)
		put(w, root, "exp", json_object_new_int64(r->ends_s));
	put_nonce(w, root, r->nonce);
	o = put_object(w, root, names->verifier_id);
	if (w->problem)
		return;
	put_text(w, o, "developer", r->developer);
	put_text(w, o, "build", r->build);
	o = put_object(w, root, "submods");
	if (!w->problem && is_text(r->label))
		put_submod(w, o, r);
	else if (!w->problem)
		w->problem = "the label is not UTF-8";
}

struct failure ear_claims(const struct ear_result *r, struct bytes *out)
{
	struct json_object *root = json_object_new_object();
	struct writer w = {root ? NULL : "out of memory"};
	const char *text;

	if (root)
		put_all(&w, root, r);
	if (!w.problem) {
		text = json_object_to_json_string_ext(
			root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
		if (text)
			bytes_add_text(out, text);
		else
			w.problem = "out of memory";
	}
	json_object_put(root);
	return w.problem ? refuse("the result cannot be written: %s", w.problem) : failure_none();
}

struct failure ear_sign(const struct ear_result *r, EVP_PKEY *key, struct bytes *out)
{
	struct bytes claims = {0};
	struct failure f = ear_claims(r, &claims);

	if (!f.happened)
		f = jwt_sign(key, (struct span){claims.data, claims.len}, out);
	bytes_free(&claims);
	return f;
}
