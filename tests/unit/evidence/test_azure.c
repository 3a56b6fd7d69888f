/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports of Azure's paravisor: real ones, and each way in which one can be wrong. */
#include <json-c/json.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "crypto/digest.h"
#include "tests/unit/done.h"
#include "tests/unit/evidence/tdx_rig.h"
#include "tests/unit/test.h"
#include "tools/evidence/tdx/quote.h"
#include "tools/lib/hex.h"

#define SLOT	     0x20u
#define SLOT_DATA    0x50u /* report data of an SNP report */
#define CLAIMS_HEAD  0x4c0u
#define CLAIMS	     0x4d4u
#define REPORT_CAP   4096u
#define VM_ID	     "911B0EF8-9DBA-48B0-B275-4E4DF2D39252"
#define MODULUS_TEXT 342u

static const char *folder;

#define SAYS(text, wanted) CHECK(strstr((text), (wanted)) != NULL)

/* A text of claims; each part may be changed. */
struct claims {
	const char *ak_name, *kty, *exponent, *user_data, *more_keys, *configuration;
	char modulus[MODULUS_TEXT + 1];
};

static struct claims good_claims(void)
{
	static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000"
				    "000000000000000000000000000000000000000000000000000000000000"
				    "0000000";
	static char user_data[129];
	struct claims c = {
		.ak_name = "HCLAkPub",
		.kty = "RSA",
		.exponent = "AQAB",
		.more_keys = "",
		.configuration = "\"vm-configuration\":{\"console-enabled\":false,"
				 "\"secure-boot\":true,\"tpm-enabled\":true,"
				 "\"tpm-persisted\":true,\"vmUniqueId\":\"" VM_ID "\"}",
	};

	/* 32 bytes of 0xab, then zeros. */
	memcpy(user_data, zeros, 128);
	for (size_t i = 0; i < 64; i++)
		user_data[i] = i % 2 ? 'b' : 'a';
	c.user_data = user_data;
	memset(c.modulus, 'A', MODULUS_TEXT);
	c.modulus[0] = 'g'; /* the first bit of the modulus is set */
	return c;
}

static void put_u32(uint8_t *at, size_t v)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> 8 * i);
}

/* The whole report around a text; kind: enum hcl_hardware. Its length. */
static size_t wrap(const char *text, unsigned kind, uint8_t out[REPORT_CAP])
{
	size_t len = strlen(text);

	memset(out, 0, REPORT_CAP);
	memcpy(out, "HCLA", 4);
	put_u32(out + 0x04, 2);
	put_u32(out + 0x0c, 2);
	put_u32(out + CLAIMS_HEAD, 20 + len);
	put_u32(out + CLAIMS_HEAD + 4, 1);
	put_u32(out + CLAIMS_HEAD + 8, kind);
	put_u32(out + CLAIMS_HEAD + 12, 1);
	put_u32(out + CLAIMS_HEAD + 16, len);
	memcpy(out + CLAIMS, text, len);
	sha256(text, len, out + SLOT + (kind == HCL_TDX ? 0x80 : SLOT_DATA));
	return CLAIMS + len;
}

static size_t make(const struct claims *c, uint8_t out[REPORT_CAP])
{
	char text[2600];

	snprintf(text, sizeof(text),
		"{\"keys\":[{\"kid\":\"%s\",\"key_ops\":[\"sign\"],\"kty\":\"%s\",\"e\":\"%s\","
		"\"n\":\"%s\"}%s],%s,\"user-data\":\"%s\"}",
		c->ak_name, c->kty, c->exponent, c->modulus, c->more_keys, c->configuration,
		c->user_data);
	return wrap(text, HCL_SNP, out);
}

/* Reads what was made; *out borrows from static memory. */
static bool reads(const struct claims *c, struct hcl_report *out)
{
	static uint8_t bytes[REPORT_CAP];

	return done(hcl_parse((struct span){bytes, make(c, bytes)}, out));
}

static void expected_user_data(uint8_t out[HCL_DATA_LEN])
{
	memset(out, 0xab, 32);
	memset(out + 32, 0, 32);
}

static void test_own_report(void)
{
	struct claims c = good_claims();
	uint8_t modulus[HCL_MODULUS_LEN] = {0x80}, user_data[HCL_DATA_LEN];
	struct span key = {modulus, sizeof(modulus)};
	struct hcl_report r;

	expected_user_data(user_data);
	REQUIRE(reads(&c, &r));
	CHECK(r.kind == HCL_SNP && r.hardware.len == 1184);
	CHECK_BYTES(r.report_data, r.hardware.data + SLOT_DATA, HCL_DATA_LEN);
	CHECK(done(hcl_authenticate(&r, key, 65537, user_data)));
	CHECK(r.said == HCL_MEMBER_BIT(HCL_MEMBERS) - 1);
	CHECK(!strcmp(r.vm_id, VM_ID));

	CHECK(!done(hcl_authenticate(&r, key, 3, user_data)));
	modulus[255] ^= 1;
	CHECK(!done(hcl_authenticate(&r, key, 65537, user_data)));
	SAYS(last_failure.text, "attestation key");
	modulus[255] ^= 1;
	key.len = 255;
	CHECK(!done(hcl_authenticate(&r, key, 65537, user_data)));
}

/* The report of another connection, of the boot, and an expectation that nobody filled in. */
static void test_user_data(void)
{
	struct claims c = good_claims();
	uint8_t modulus[HCL_MODULUS_LEN] = {0x80}, user_data[HCL_DATA_LEN];
	struct span key = {modulus, sizeof(modulus)};
	struct hcl_report r;

	REQUIRE(reads(&c, &r));
	for (size_t i = 0; i < HCL_DATA_LEN; i += 9) {
		expected_user_data(user_data);
		user_data[i] ^= 1;
		CHECK(!done(hcl_authenticate(&r, key, 65537, user_data)));
		SAYS(last_failure.text, "not of this connection");
	}
	memset(user_data, 0, sizeof(user_data));
	CHECK(!done(hcl_authenticate(&r, key, 65537, user_data)));
	SAYS(last_failure.text, "no expectation");
	memset(r.user_data, 0, sizeof(r.user_data));
	CHECK(!done(hcl_authenticate(&r, key, 65537, user_data)));
}

static void test_wrong_claims(void)
{
	struct hcl_report r;
	struct claims c;

#define REFUSED(member, value)         \
	do {                           \
		c = good_claims();     \
		c.member = (value);    \
		CHECK(!reads(&c, &r)); \
	} while (0)
	REFUSED(ak_name, "HCLEkPub");
	REFUSED(kty, "EC");
	REFUSED(exponent, "Aw");
	REFUSED(user_data, "00");
	REFUSED(user_data, "zz");
	REFUSED(more_keys, ",{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AA\"}");
	REFUSED(more_keys, ",7");
	REFUSED(more_keys, ",{},{},{},{},{},{},{},{}");
	REFUSED(configuration, "\"vm-configuration\":[]");
	REFUSED(configuration, "\"x\":{}");
	REFUSED(configuration, "\"vm-configuration\":{\"secure-boot\":\"true\"}");
	REFUSED(configuration, "\"vm-configuration\":{},\"vm-configuration\":{}");
	REFUSED(configuration, "\"vm-configuration\":{\"secure-boot\":false,\"secure-boot\":true}");
#undef REFUSED
	c = good_claims();
	c.modulus[0] = 'A'; /* its first bit is not set: less than 2048 */
	CHECK(!reads(&c, &r));
	c = good_claims();
	c.modulus[MODULUS_TEXT - 1] = 'B'; /* bits behind the last byte */
	CHECK(!reads(&c, &r));
	c = good_claims();
	c.modulus[7] = '+';
	CHECK(!reads(&c, &r));
	c = good_claims();
	c.modulus[MODULUS_TEXT - 1] = 0;
	CHECK(!reads(&c, &r));
}

/* Each number of the two headers, and each length. */
static void test_wrong_headers(void)
{
	static const size_t places[] = {0x00, 0x04, 0x0c, 0x10, CLAIMS_HEAD, CLAIMS_HEAD + 4,
		CLAIMS_HEAD + 8, CLAIMS_HEAD + 12, CLAIMS_HEAD + 16, CLAIMS_HEAD + 19};
	struct claims c = good_claims();
	static uint8_t bytes[REPORT_CAP];
	size_t len = make(&c, bytes), taken = 0;
	struct hcl_report r;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		bytes[places[i]] ^= 0x40;
		CHECK(!done(hcl_parse((struct span){bytes, len}, &r)));
		bytes[places[i]] ^= 0x40;
	}
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *exact = malloc(cut ? cut : 1);

		if (!exact)
			abort();
		memcpy(exact, bytes, cut);
		taken += done(hcl_parse((struct span){exact, cut}, &r));
		free(exact);
	}
	CHECK(taken == 0);
	CHECK(done(hcl_parse((struct span){bytes, len + 100}, &r)));
	bytes[len + 99] = 1;
	CHECK(!done(hcl_parse((struct span){bytes, len + 100}, &r)));
}

/* A TDREPORT about other claims, and one with something behind it. */
static void test_tdreport(void)
{
	struct span file = tdx_rig_file(folder, "hcl-tdx.bin");
	uint8_t bytes[REPORT_CAP];
	struct hcl_report r;

	memcpy(bytes, file.data, file.len);
	CHECK(done(hcl_parse((struct span){bytes, file.len}, &r)));
	bytes[SLOT + 0x80] ^= 1;
	CHECK(!done(hcl_parse((struct span){bytes, file.len}, &r)));
	SAYS(last_failure.text, "not about its claims");
	bytes[SLOT + 0x80] ^= 1;
	bytes[SLOT + 1024] = 1;
	CHECK(!done(hcl_parse((struct span){bytes, file.len}, &r)));
	tdx_rig_file_free(file);
}

/* Real reports: the digest of the claims is what the hardware report carries; one byte of the
 * claims changed, and it is not. */
static void test_samples(void)
{
	static const struct {
		const char *name;
		enum hcl_hardware kind;
		size_t data_at;
		bool user_data;
		uint32_t said;
	} rows[] = {
		{"hcl-snp.bin", HCL_SNP, SLOT_DATA, true, 0x17},
		{"hcl-snp-short.bin", HCL_SNP, SLOT_DATA, false, 0x17},
		{"hcl-tdx.bin", HCL_TDX, 0x80, true, 0x1f},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span file = tdx_rig_file(folder, rows[i].name);
		uint8_t changed[REPORT_CAP];
		struct hcl_report r, other;

		CHECK(done(hcl_parse(file, &r)));
		CHECK(r.kind == rows[i].kind && r.has_user_data == rows[i].user_data);
		CHECK(r.said == rows[i].said);
		CHECK(r.flags[HCL_SECURE_BOOT] && r.flags[HCL_TPM_ENABLED]);
		CHECK_BYTES(r.report_data, r.hardware.data + rows[i].data_at, HCL_DATA_LEN);
		memcpy(changed, file.data, file.len);
		changed[CLAIMS + 100] ^= 1;
		CHECK(!done(hcl_parse((struct span){changed, file.len}, &other)) ||
			memcmp(other.report_data, r.report_data, HCL_DATA_LEN) != 0);
		tdx_rig_file_free(file);
	}
}

/* The TD quote that comes along has the report data of the claims. */
static void test_td_quote(void)
{
	struct span file = tdx_rig_file(folder, "hcl-tdx.bin");
	struct span quote = tdx_rig_file(folder, "hcl-tdx.td-quote.bin");
	struct hcl_report r;
	struct tdx_quote q;

	REQUIRE(done(hcl_parse(file, &r)) && done(tdx_quote_parse(quote, &q)));
	CHECK_BYTES(q.body.report_data, r.report_data, HCL_DATA_LEN);
	CHECK(!(q.body.td_attributes & TDX_SEPT_VE_DISABLE));
	tdx_rig_file_free(file);
	tdx_rig_file_free(quote);
}

/* Whether a TPM quote is signed (RSASSA, SHA-256) by the key in the claims. */
static bool signed_by_ak(
	const struct hcl_report *r, const uint8_t *message, size_t len, const uint8_t *signature)
{
	uint8_t modulus[HCL_MODULUS_LEN];
	uint32_t exponent = r->ak_exponent;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus, sizeof(modulus)),
		OSSL_PARAM_construct_uint32(OSSL_PKEY_PARAM_RSA_E, &exponent),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *make_key = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *key = NULL;
	bool good;

	for (size_t i = 0; i < sizeof(modulus); i++) /* a number in this machine's order */
		modulus[i] = r->ak_modulus[sizeof(modulus) - 1 - i];
	if (!ctx || EVP_PKEY_fromdata_init(make_key) != 1 ||
		EVP_PKEY_fromdata(make_key, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		abort();
	good = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestVerify(ctx, signature, 256, message, len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(make_key);
	return good;
}

/* Bytes as these files have them: a list of numbers, hexadecimal, or base64url. */
static size_t bytes_of(struct json_object *value, bool is_base64, uint8_t out[REPORT_CAP])
{
	const char *text = json_object_get_string(value);
	size_t len = strlen(text), at = 0;
	char plain[8192];

	if (json_object_is_type(value, json_type_array)) {
		for (; at < json_object_array_length(value); at++)
			out[at] = (uint8_t)json_object_get_int(
				json_object_array_get_idx(value, at));
		return at;
	}
	if (!is_base64)
		return hex_decode(text, out, len / 2) ? len / 2 : 0;
	for (; at < len; at++)
		plain[at] = text[at] == '-' ? '+' : text[at] == '_' ? '/' : text[at];
	while (at % 4)
		plain[at++] = '=';
	return EVP_DecodeBlock(out, (const uint8_t *)plain, (int)at) > 0 ? 3 * len / 4 : 0;
}

static struct json_object *member(struct json_object *o, const char *name, const char *or_else)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(o, name, &value))
		json_object_object_get_ex(o, or_else, &value);
	return value;
}

/* Whole evidence: the TPM's quote is signed by the key that the hardware report commits to. */
static void test_whole_evidence(void)
{
	static const char *const names[] = {"snp-evidence-v1.json", "snp-evidence-v2.json",
		"snp-evidence-genoa.json", "tdx-evidence-v1.json"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint8_t report[2 * REPORT_CAP], message[REPORT_CAP], signature[REPORT_CAP];
		struct span file = tdx_rig_file(folder, names[i]);
		struct json_tokener *tok = json_tokener_new();
		struct json_object *root = json_tokener_parse_ex(
			tok, (const char *)file.data, (int)file.len);
		struct json_object *quote = member(root, "tpm_quote", "quote");
		size_t len = bytes_of(member(quote, "message", ""), false, message);
		struct hcl_report r;
		size_t report_len = bytes_of(member(root, "hcl_report", "report"), true, report);

		REQUIRE(done(hcl_parse((struct span){report, report_len}, &r)));
		CHECK(bytes_of(member(quote, "signature", ""), false, signature) == 256);
		CHECK(signed_by_ak(&r, message, len, signature));
		message[len - 1] ^= 1;
		CHECK(!signed_by_ak(&r, message, len, signature));
		json_object_put(root);
		json_tokener_free(tok);
		tdx_rig_file_free(file);
	}
}

static void test_foreign_quote(void)
{
	struct span file = tdx_rig_file(folder, "hcl-snp.bin");
	struct span message = tdx_rig_file(folder, "hcl-snp.tpm-quote.msg");
	struct span signature = tdx_rig_file(folder, "hcl-snp.tpm-quote.sig");
	struct hcl_report r;

	REQUIRE(done(hcl_parse(file, &r)) && signature.len == 256);
	CHECK(!signed_by_ak(&r, message.data, message.len, signature.data));
	tdx_rig_file_free(file);
	tdx_rig_file_free(message);
	tdx_rig_file_free(signature);
}

static bool takes(const char *json, const struct hcl_report *r)
{
	struct hcl_expected *e = NULL;
	enum evidence_fault fault = FAULT_NONE;
	bool fine;

	if (!done(tdx_rig_azure(json, &e))) {
		CHECK(false);
		return false;
	}
	fine = done(hcl_judge(e, r, &fault));
	CHECK(fault == (fine ? FAULT_NONE : FAULT_PLATFORM));
	hcl_expected_free(e);
	free(e);
	return fine;
}

/* Each member of a set's "azure": right, wrong, waived, left out. */
static const struct {
	const char *right, *wrong;
} policy[HCL_MEMBERS] = {
	[HCL_SECURE_BOOT] = {"true", "false"},
	[HCL_TPM_ENABLED] = {"true", "false"},
	[HCL_CONSOLE] = {"false", "true"},
	[HCL_TPM_PERSISTED] = {"true", "false"},
	[HCL_VM_ID] = {"[\"911b0ef8-9dba-48b0-b275-4e4df2d39252\"]",
		"[\"911b0ef8-9dba-48b0-b275-4e4df2d39253\"]"},
};

static void compose(char json[1024], enum hcl_member changed, const char *value, bool waive)
{
	int at = snprintf(json, 1024, "{\"waive\": [%s%s%s]", waive ? "\"" : "",
		waive ? hcl_member_name(changed) : "", waive ? "\"" : "");

	for (enum hcl_member m = 0; m < HCL_MEMBERS; m++) {
		const char *text = m == changed ? value : policy[m].right;

		if (text)
			at += snprintf(json + at, 1024 - (size_t)at, ", \"%s\": %s",
				hcl_member_name(m), text);
	}
	snprintf(json + at, 1024 - (size_t)at, "}");
}

static void test_every_member_refuses(void)
{
	struct claims c = good_claims();
	struct hcl_report r, silent;
	struct hcl_expected *e;
	char json[1024];

	REQUIRE(reads(&c, &r));
	compose(json, HCL_MEMBERS, NULL, false);
	CHECK(takes(json, &r));
	for (enum hcl_member m = 0; m < HCL_MEMBERS; m++) {
		silent = r;
		silent.said &= ~HCL_MEMBER_BIT(m);
		compose(json, HCL_MEMBERS, NULL, false);
		CHECK(!takes(json, &silent));
		compose(json, m, policy[m].wrong, false);
		CHECK(!takes(json, &r));
		compose(json, m, NULL, true);
		CHECK(takes(json, &r));
		compose(json, m, NULL, false);
		CHECK(!done(tdx_rig_azure(json, &e)));
		compose(json, m, policy[m].right, true);
		CHECK(!done(tdx_rig_azure(json, &e)));
		compose(json, m, "7", false);
		CHECK(!done(tdx_rig_azure(json, &e)));
	}
	CHECK(!done(hcl_judge(
		&(const struct hcl_expected){.given = 0}, &r, &(enum evidence_fault){FAULT_NONE})));
	CHECK(!done(tdx_rig_azure("{\"secureboot\": true}", &e)));
}

int main(int argc, char **argv)
{
	folder = argc > 1 ? argv[1] : "";
	RUN(test_own_report);
	RUN(test_user_data);
	RUN(test_wrong_claims);
	RUN(test_wrong_headers);
	RUN(test_tdreport);
	RUN(test_samples);
	RUN(test_td_quote);
	RUN(test_whole_evidence);
	RUN(test_foreign_quote);
	RUN(test_every_member_refuses);
	return test_summary();
}
