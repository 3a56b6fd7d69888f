/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attestation results: everybody's samples with their verdicts, and each way to be wrong. */
#include <stdlib.h>

#include <openssl/ec.h>

#include "tests/unit/done.h"
#include "tests/unit/test.h"
#include "tools/evidence/ear/ear.h"
#include "tools/evidence/ear/key.h"
#include "tools/lib/file.h"

#define NOW	     1800000000 /* 2027, after every sample */
#define SAYS(wanted) CHECK(strstr(last_failure.text, (wanted)) != NULL)

static const char *folder;
static EVP_PKEY *own, *veraison, *rust;

static struct span text_span(const char *text)
{
	return (struct span){(const uint8_t *)text, strlen(text)};
}

static struct span bytes_span(const struct bytes *b)
{
	return (struct span){b->data, b->len};
}

static void load(const char *name, struct bytes *out)
{
	char *path = must_format("%s/%s", folder, name);

	if (!file_read(path, 1u << 20, out))
		exit(1);
	free(path);
}

static EVP_PKEY *public_of(const char *name)
{
	struct bytes text = {0};
	EVP_PKEY *key = NULL;

	load(name, &text);
	if (!done(ear_public_key(bytes_span(&text), &key)))
		exit(1);
	bytes_free(&text);
	return key;
}

struct sample {
	const char *file, *refusal; /* NULL: good */
	enum ear_status status;
	bool by_rust;
	enum ear_profile profile;
};

static const struct sample tokens[] = {
	{.file = "ear-01.jwt", .status = EAR_AFFIRMING, .profile = EAR_VERAISON},
	/* Good by the key of configuration; the one in its header is not looked at. */
	{.file = "ear-02.jwt", .status = EAR_AFFIRMING, .profile = EAR_VERAISON},
	{.file = "ear-02.jwt", .refusal = "another key", .by_rust = true, .profile = EAR_VERAISON},
	{.file = "ear-03.jwt", .refusal = "another key", .profile = EAR_VERAISON},
	{.file = "ear-04.jwt", .status = EAR_AFFIRMING, .profile = EAR_VERAISON},
	{.file = "ear-04.jwt", .refusal = "profile is another", .profile = EAR_IETF},
	{.file = "ear-05.jwt", .refusal = "another than ES256", .profile = EAR_VERAISON},
	{.file = "ear-06.jwt", .refusal = "another than ES256", .profile = EAR_VERAISON},
	{.file = "ear-07.jwt", .refusal = "no \"eat_profile\"", .profile = EAR_VERAISON},
	{.file = "ear-08.jwt", .refusal = "no \"eat_profile\"", .profile = EAR_VERAISON},
	{.file = "ear-09.jwt", .refusal = "\"iat\" is no whole", .profile = EAR_VERAISON},
	{.file = "gcp-confidential-space-rs256.jwt",
		.refusal = "another than ES256",
		.profile = EAR_VERAISON},
	{.file = "rust-ear-10.jwt",
		.refusal = "profile is another",
		.by_rust = true,
		.profile = EAR_VERAISON},
	{.file = "rust-ear-10.jwt", .refusal = "another key", .profile = EAR_VERAISON},
	{.file = "rust-ear-11.jwt", .status = EAR_AFFIRMING, .profile = EAR_VERAISON},
	{.file = "services-12.jwt", .status = EAR_AFFIRMING, .profile = EAR_VERAISON},
};

static const struct sample sets[] = {
	{.file = "veraison-ear-claims.json", .status = EAR_AFFIRMING, .profile = EAR_VERAISON},
	{.file = "veraison-ear-claims-extension-ok.json",
		.status = EAR_AFFIRMING,
		.profile = EAR_VERAISON},
	{.file = "veraison-ear-claims-key-attestation-ok.json",
		.status = EAR_AFFIRMING,
		.profile = EAR_VERAISON},
	{.file = "veraison-ear-claims-key-attestation-ko.json",
		.refusal = "no key \"akpub\"",
		.profile = EAR_VERAISON},
	{.file = "veraison-ear-claims-tv-ok.json",
		.status = EAR_AFFIRMING,
		.profile = EAR_VERAISON},
	{.file = "trustee-example-claims.json",
		.refusal = "profile is another",
		.profile = EAR_VERAISON},
	{.file = "draft-ear-json-1.diag", .status = EAR_CONTRAINDICATED},
	{.file = "draft-ear-json-2.diag", .status = EAR_AFFIRMING},
	{.file = "draft-ext-teep-json-1.diag", .status = EAR_CONTRAINDICATED},
	{.file = "draft-ext-veraison-json-1.diag", .status = EAR_CONTRAINDICATED},
	{.file = "draft-ext-veraison-json-2.diag", .status = EAR_AFFIRMING},
	{.file = "draft-ear-json-1.diag", .refusal = "profile is another", .profile = EAR_VERAISON},
	{.file = "draft-ear-cbor-1.diag", .refusal = "cannot be read as JSON"},
};

static void check_sample(const struct sample *s, bool is_token)
{
	struct ear_wanted wanted = {.profile = s->profile, .now_s = NOW};
	struct ear_seen seen = {0};
	struct bytes text = {0};
	bool good;

	load(s->file, &text);
	good = done(is_token ? ear_check(bytes_span(&text), s->by_rust ? rust : veraison, &wanted,
				       &seen)
			     : ear_claims_check(bytes_span(&text), &wanted, &seen));
	CHECK(good == !s->refusal);
	if (good)
		CHECK(seen.status == s->status && seen.submods >= 1 && seen.issued_s > 0);
	else if (s->refusal)
		SAYS(s->refusal);
	if (good != !s->refusal || (!good && !strstr(last_failure.text, s->refusal)))
		printf("%s: %s\n", s->file, good ? "good" : last_failure.text);
	bytes_free(&text);
}

static void test_samples(void)
{
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++)
		check_sample(&tokens[i], true);
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		check_sample(&sets[i], false);
}

static const uint8_t nonce[EAR_NONCE_MAX] = {1, 2, 3, 0xff, 0xfe, 0xfd, 7, 8, 9};

static struct ear_result good_result(enum ear_profile profile)
{
	return (struct ear_result){.profile = profile,
		.developer = "tests",
		.build = "1",
		.issued_s = NOW,
		.ends_s = NOW + 300,
		.nonce = {nonce, 32},
		.label = "node",
		.status = EAR_AFFIRMING,
		.vector = {[EAR_EXECUTABLES] = 3, [EAR_INSTANCE_IDENTITY] = 2},
		.policy_id = "ni:///sha-256;abc",
		.claims = text_span("{\"set\":\"a\"}")};
}

static void test_what_is_made_is_read(void)
{
	for (int profile = EAR_IETF; profile <= EAR_VERAISON; profile++) {
		struct ear_result r = good_result((enum ear_profile)profile);
		struct ear_wanted wanted = {r.profile, NOW + 1, {nonce, 32}};
		struct ear_seen seen = {0};
		struct bytes token = {0};

		REQUIRE(done(ear_sign(&r, own, &token)));
		CHECK(done(ear_check(bytes_span(&token), own, &wanted, &seen)));
		CHECK(seen.status == EAR_AFFIRMING && seen.issued_s == NOW &&
			seen.ends_s == NOW + 300 && seen.submods == 1);
		CHECK(!done(ear_check(bytes_span(&token), veraison, &wanted, &seen)));
		SAYS("another key");
		wanted.profile = (enum ear_profile) !profile;
		CHECK(!done(ear_check(bytes_span(&token), own, &wanted, &seen)));
		wanted = (struct ear_wanted){r.profile, NOW + 1, {nonce, 31}};
		CHECK(!done(ear_check(bytes_span(&token), own, &wanted, &seen)));
		SAYS("another nonce");
		wanted = (struct ear_wanted){r.profile, NOW + 300, {NULL, 0}};
		CHECK(!done(ear_check(bytes_span(&token), own, &wanted, &seen)));
		SAYS("expired");
		wanted.now_s = NOW - EAR_CLOCK_SKEW - 1;
		CHECK(!done(ear_check(bytes_span(&token), own, &wanted, &seen)));
		SAYS("future");
		bytes_free(&token);
	}
}

/* The names are those of each spelling. */
static void test_spellings(void)
{
	struct ear_result r = good_result(EAR_IETF);
	struct bytes text = {0};

	REQUIRE(done(ear_claims(&r, &text)));
	bytes_add(&text, "", 1);
	CHECK(strstr((char *)text.data, "\"ear_status\":\"affirming\"") &&
		strstr((char *)text.data, "\"eat_profile\":\"tag:ietf.org,2026:rats/ear#03\"") &&
		strstr((char *)text.data, "\"ear_appraisal_policy_ids\":[\"ni:///sha-256;abc\"]") &&
		strstr((char *)text.data, "\"eat_nonce\":\"AQID__79BwgJ") &&
		strstr((char *)text.data, "\"ear_veraison_policy_claims\":{\"set\":\"a\"}"));
	text.len = 0;
	r.profile = EAR_VERAISON;
	REQUIRE(done(ear_claims(&r, &text)));
	bytes_add(&text, "", 1);
	CHECK(strstr((char *)text.data, "\"ear.status\":\"affirming\"") &&
		strstr((char *)text.data, "\"ear.appraisal-policy-id\":\"ni:///sha-256;abc\"") &&
		strstr((char *)text.data, "\"ear.trustworthiness-vector\":{") &&
		!strstr((char *)text.data, "ear_"));
	bytes_free(&text);
}

static void test_status_is_the_worst(void)
{
	static const struct {
		int8_t value;
		enum ear_status status;
	} tiers[] = {{0, EAR_NONE}, {1, EAR_NONE}, {-1, EAR_NONE}, {2, EAR_AFFIRMING},
		{31, EAR_AFFIRMING}, {-2, EAR_AFFIRMING}, {-32, EAR_AFFIRMING}, {32, EAR_WARNING},
		{95, EAR_WARNING}, {-33, EAR_WARNING}, {-96, EAR_WARNING},
		{96, EAR_CONTRAINDICATED}, {127, EAR_CONTRAINDICATED}, {-97, EAR_CONTRAINDICATED},
		{-128, EAR_CONTRAINDICATED}};

	for (size_t i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++) {
		struct ear_result r = good_result(EAR_IETF);
		struct ear_wanted wanted = {EAR_IETF, NOW, {nonce, 32}};
		struct ear_seen seen = {0};
		struct bytes text = {0};

		CHECK(ear_tier(tiers[i].value) == tiers[i].status);
		r.vector[EAR_HARDWARE] = tiers[i].value;
		REQUIRE(done(ear_claims(&r, &text)));
		CHECK(done(ear_claims_check(bytes_span(&text), &wanted, &seen)));
		CHECK(seen.status ==
			(tiers[i].status > EAR_AFFIRMING ? tiers[i].status : EAR_AFFIRMING));
		bytes_free(&text);
	}
}

static void test_what_cannot_be_written(void)
{
	struct ear_result r = good_result(EAR_IETF);
	struct bytes text = {0};

	r.nonce.len = 7;
	CHECK(!done(ear_claims(&r, &text)));
	r = good_result(EAR_IETF);
	r.label = "\xff";
	CHECK(!done(ear_claims(&r, &text)));
	r = good_result(EAR_VERAISON);
	r.policy_id = "\xc0\x80";
	CHECK(!done(ear_claims(&r, &text)));
	r = good_result(EAR_IETF);
	r.claims = text_span("[1]");
	CHECK(!done(ear_claims(&r, &text)));
	r.claims = text_span("{\"a\":1,\"a\":2}");
	CHECK(!done(ear_claims(&r, &text)));
	CHECK(text.len == 0);
	bytes_free(&text);
}

#define HEAD	     "{\"eat_profile\":\"tag:ietf.org,2026:rats/ear#03\",\"iat\":1000000000,"
#define WHO	     "\"ear_verifier_id\":{\"developer\":\"a\",\"build\":\"b\"},"
#define MODS(inside) "\"submods\":{\"x\":{\"ear_status\":\"affirming\"" inside "}}}"

static void test_hostile_claims(void)
{
	static const struct {
		const char *text, *refusal;
	} rows[] = {
		{HEAD WHO MODS(""), NULL},
		{HEAD WHO MODS(",\"ear_trustworthiness_vector\":{\"hardware\":31}"), NULL},
		{HEAD WHO MODS(",\"ear_trustworthiness_vector\":{\"hardware\":32}"), "better"},
		{HEAD WHO MODS(",\"ear_trustworthiness_vector\":{\"hardware\":128}"),
			"-128 to 127"},
		{HEAD WHO MODS(",\"ear_trustworthiness_vector\":{\"hardware\":2.0}"),
			"-128 to 127"},
		{HEAD WHO MODS(",\"ear_trustworthiness_vector\":{\"hardwear\":2}"), "not known"},
		{HEAD WHO MODS(",\"ear_trustworthiness_vector\":[2]"), "no object"},
		{HEAD WHO MODS(",\"ear_status\":\"affirming\""), "two members"},
		{HEAD WHO MODS(",\"ear_appraisal_policy_ids\":[]"), "names no policy"},
		{HEAD WHO MODS(",\"ear_appraisal_policy_ids\":\"p\""), "names no policy"},
		{HEAD WHO MODS(",\"ear_appraisal_policy_ids\":[1]"), "names no policy"},
		{HEAD MODS(""), "developer"},
		{HEAD "\"ear_verifier_id\":{\"developer\":\"a\"}," MODS(""), "developer"},
		{HEAD WHO "\"submods\":{}}", "submodules"},
		{HEAD WHO "\"x\":1}", "submodules"},
		{HEAD WHO "\"submods\":{\"x\":[]}}", "no object"},
		{HEAD WHO "\"submods\":{\"x\":{}}}", "of the four"},
		{HEAD WHO "\"submods\":{\"x\":{\"ear_status\":\"good\"}}}", "of the four"},
		{HEAD WHO "\"submods\":{\"x\":{\"ear_status\":2}}}", "of the four"},
		{HEAD "\"iat\":1," WHO MODS(""), "two members"},
		{HEAD WHO "\"exp\":1," MODS(""), "expired"},
		{HEAD WHO "\"exp\":\"1\"," MODS(""), "\"exp\" is no whole"},
		{HEAD WHO "\"exp\":9e99," MODS(""), "\"exp\" is no whole"},
		{HEAD WHO "\"exp\":18446744073709551615," MODS(""), "\"exp\" is no whole"},
		{HEAD WHO "\"nbf\":9000000000," MODS(""), "future"},
		{HEAD WHO "\"eat_nonce\":\"AAAA\"," MODS(""), "8 to 64"},
		{HEAD WHO "\"eat_nonce\":[\"AAAAAAAAAAA\"]," MODS(""), "8 to 64"},
		{"[]", "no JSON object"},
		{"", "cannot be read"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ear_wanted wanted = {.profile = EAR_IETF, .now_s = NOW};
		struct ear_seen seen = {0};
		bool good = done(ear_claims_check(text_span(rows[i].text), &wanted, &seen));

		CHECK(good == !rows[i].refusal);
		if (rows[i].refusal)
			SAYS(rows[i].refusal);
	}
}

/* A nonce is wanted, and the result has none. */
static void test_no_nonce(void)
{
	struct ear_wanted wanted = {EAR_IETF, NOW, {nonce, 32}};
	struct ear_seen seen = {0};

	CHECK(!done(ear_claims_check(text_span(HEAD WHO MODS("")), &wanted, &seen)));
	SAYS("about no nonce");
}

/* The weakest part decides; silence about one is worse than a good word. */
static void test_worst_of_submodules(void)
{
	static const struct {
		const char *first, *second;
		enum ear_status status;
	} rows[] = {{"affirming", "none", EAR_NONE}, {"none", "affirming", EAR_NONE},
		{"warning", "none", EAR_WARNING}, {"none", "warning", EAR_WARNING},
		{"affirming", "contraindicated", EAR_CONTRAINDICATED},
		{"contraindicated", "affirming", EAR_CONTRAINDICATED},
		{"affirming", "affirming", EAR_AFFIRMING}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ear_wanted wanted = {.profile = EAR_IETF, .now_s = NOW};
		struct ear_seen seen = {0};
		char *text = must_format(HEAD WHO "\"submods\":{\"a\":{\"ear_status\":\"%s\"},"
						  "\"b\":{\"ear_status\":\"%s\"}}}",
			rows[i].first, rows[i].second);

		REQUIRE(done(ear_claims_check(text_span(text), &wanted, &seen)));
		CHECK(seen.status == rows[i].status && seen.submods == 2);
		free(text);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	folder = argv[1];
	own = EVP_EC_gen("P-256");
	veraison = public_of("veraison-pkey.jwk");
	rust = public_of("rust-ear-pub.jwk");
	RUN(test_samples);
	RUN(test_what_is_made_is_read);
	RUN(test_spellings);
	RUN(test_status_is_the_worst);
	RUN(test_what_cannot_be_written);
	RUN(test_hostile_claims);
	RUN(test_no_nonce);
	RUN(test_worst_of_submodules);
	EVP_PKEY_free(own);
	EVP_PKEY_free(veraison);
	EVP_PKEY_free(rust);
	return test_summary();
}
