/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shapes that other programs read. */
#include "tests/unit/done.h"
#include "tests/unit/measure/sample_boot.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include "tools/lib/event_log.h"
#include "tools/lib/hex.h"
#include "tools/lib/json_read.h"
#include "tools/lib/report.h"
#include "tools/measure/output/format.h"
#include "tools/measure/output/pcr_signature.h"
#include "tools/measure/output/policy_write.h"
#include "tools/policy/policy.h"

#define ALL_BANKS (BANK_BIT(BANK_COUNT) - 1)
/* 2, 3, 4, 9, 11, 12, 13 and 15: what a policy names of the sample, whose keys were not given. */
#define SAMPLE_PCRS 0xba1cu

/* The text with a NUL; the caller frees it. */
static char *written(const struct boot *boot, enum output_format format, uint32_t pcrs)
{
	const struct output_options options = {.format = format, .pcrs = pcrs};
	struct bytes out = {0};

	if (!output_boot(boot, &options, &out)) {
		bytes_free(&out);
		return NULL;
	}
	bytes_add(&out, "", 1);
	return (char *)out.data;
}

static void test_log_leads_to_the_values(void)
{
	struct event_replay replay;
	struct boot_values values;
	struct bytes log = {0};
	const char *problem;
	struct boot boot;

	REQUIRE(sample_boot(&boot, ALL_BANKS));
	/* A register that is not known has events missing: none of it goes into the log. */
	boot_unknown(&boot, 2, "an option ROM");
	output_tcg2(&boot, &log);
	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		REQUIRE(event_log_replay(
			log.data, log.len, bank_alg((enum bank)bank), &replay, &problem));
		boot_replay(&boot, (enum bank)bank, &values);
		for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
			CHECK(pcr == 2 || memcmp(replay.pcr[pcr], values.pcr[pcr],
						  bank_len((enum bank)bank)) == 0);
		CHECK(replay.extended == (1u << 4 | 1u << 11) && replay.events == 5);
	}
	boot_free(&boot);
	bytes_free(&log);
}

/* A log in fewer banks has no others. */
static void test_log_of_one_bank(void)
{
	struct event_log log;
	struct bytes bytes = {0};
	struct boot boot;

	REQUIRE(sample_boot(&boot, BANK_BIT(BANK_SHA384)));
	output_tcg2(&boot, &bytes);
	REQUIRE(event_log_open(&log, bytes.data, bytes.len));
	CHECK(log.alg_count == 1 && log.algs[0].alg == bank_alg(BANK_SHA384));
	boot_free(&boot);
	bytes_free(&bytes);
}

static void test_cel(void)
{
	struct json_at root = {.name = "cel"}, record, member;
	struct flaw flaw;
	struct boot boot;
	const char *text;
	uint64_t number;
	size_t count;
	char *cel;

	REQUIRE(sample_boot(&boot, ALL_BANKS));
	cel = written(&boot, FORMAT_CEL, 0);
	root.value = json_parse((const uint8_t *)cel, strlen(cel), 1u << 20, &flaw);
	REQUIRE(root.value && json_list(&root, 100, &count) && count == 6);
	for (size_t i = 0; i < count; i++) {
		record = json_item(&root, i);
		CHECK(json_member(&record, "recnum", &member) &&
			json_get_number(&member, 99, &number) && number == i);
		CHECK(json_member(&record, "digests", &member) && json_list(&member, 4, &count) &&
			count == 4);
		CHECK(json_member(&record, "content_type", &member) &&
			json_get_text(&member, &text) && strcmp(text, "pcclient_std") == 0);
		count = 6;
	}
	CHECK(strstr(cel, "\"event_type\": \"EV_EFI_ACTION\""));
	json_object_put(root.value);
	free(cel);
	boot_free(&boot);
}

static void test_aws(void)
{
	struct boot boot;
	char *text;

	REQUIRE(sample_boot(&boot, BANK_BIT(BANK_SHA256)));
	CHECK(!written(&boot, FORMAT_AWS, 0));
	REQUIRE(boot_hash(&boot, BANK_BIT(BANK_SHA384)));
	boot_unknown(&boot, 7, "no variables");
	text = written(&boot, FORMAT_AWS, 0);
	REQUIRE(text);
	CHECK(strstr(text, "{\n  \"Measurements\": {\n") == text);
	CHECK(strstr(text, "    \"HashAlgorithm\": \"SHA384\",\n    \"PCR4\": \""));
	CHECK(strstr(text, "\"PCR12\": \"0000") && !strstr(text, "PCR7") && !strstr(text, "PCR11"));
	free(text);
	text = written(&boot, FORMAT_AWS, 1u << 2);
	CHECK(text &&
		strstr(text, "\"PCR2\": \"518923b0f955d08da077c96aaba522b9decede61c599cea6c41889"
			     "cfbea4ae4d50529d96fe4d1afdafb65e7f95bf23c4\"\n  }\n}\n"));
	free(text);
	boot_free(&boot);
}

static void test_rvps(void)
{
	struct boot boot;
	char *text;

	REQUIRE(sample_boot(&boot, BANK_BIT(BANK_SHA256)));
	boot.cc[BOOT_SNP_LAUNCH] = (struct boot_cc_value){.asked = true, .value = {0xff}};
	text = written(&boot, FORMAT_RVPS, 1u << 2 | 1u << 0);
	CHECK(text &&
		strstr(text, "{\n  \"tpm_pcr2\": [\"3d458cfe55cc03ea1f443f1562beec8df51c75e14a9f"
			     "cf9a7234a13f198e7969\"],\n  \"mr_td\": [\"07000") == text);
	/* RTMR 1 is not known; the launch digest is in both of the codings that are about. */
	CHECK(!strstr(text, "rtmr_1") && strstr(text, "\"snp_launch_measurement\": [\"ff00"));
	CHECK(strstr(
		text, "\",\"/wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]"));
	free(text);
	boot_free(&boot);
}

static void test_choices(void)
{
	uint32_t pcrs = 0;
	unsigned banks;

	for (unsigned i = 0; i < FORMAT_COUNT; i++)
		CHECK(output_format_names[i] && !output_format_names[FORMAT_COUNT]);
	CHECK(strcmp(output_format_names[FORMAT_CEL], "cel") == 0);
	CHECK(output_pcrs_by_name("4,7-9,23", &pcrs) && pcrs == (1u << 4 | 7u << 7 | 1u << 23));
	CHECK(!output_pcrs_by_name("", &pcrs) && !output_pcrs_by_name("24", &pcrs));
	CHECK(!output_pcrs_by_name("4,", &pcrs) && !output_pcrs_by_name("9-7", &pcrs));
	CHECK(!output_pcrs_by_name("4 ,5", &pcrs) && !output_pcrs_by_name("1-", &pcrs));
	CHECK(!output_pcrs_by_name("004", &pcrs) && !output_pcrs_by_name(",4", &pcrs));
	CHECK(output_banks(FORMAT_TABLE, 0, &banks) && banks == BANK_BIT(BANK_SHA256));
	CHECK(output_banks(FORMAT_AWS, 0, &banks) && banks == BANK_BIT(BANK_SHA384));
	CHECK(!output_banks(FORMAT_AWS, BANK_BIT(BANK_SHA256), &banks));
	CHECK(!output_banks(FORMAT_CONSTELLATION, ALL_BANKS, &banks));
	CHECK(output_banks(FORMAT_TCG2, ALL_BANKS, &banks) && banks == ALL_BANKS);
}

/* A value that systemd-measure 252 computed with a TPM. */
static void test_policy_digest(void)
{
	static const char pcr_hex[] =
		"4b17a106978b52f252b6b0c29ecef75bcdaf58e1cb197a9d943d5732ec972d0d";
	uint8_t pcr[32], policy[32];
	char hex[65];

	REQUIRE(hex_decode(pcr_hex, pcr, 32));
	pcr_policy_digest(BANK_SHA256, 11, pcr, policy);
	hex_encode(policy, 32, hex);
	CHECK(strcmp(hex, "cdea579b720e77d6b3a6eac379f6942db62febaf530acd41ff1abecb38ff6b55") == 0);
	CHECK(pcr_signature_path_is("") && pcr_signature_path_is("enter-initrd:leave-initrd"));
	CHECK(!pcr_signature_path_is(":a") && !pcr_signature_path_is("a:") &&
		!pcr_signature_path_is("a::b") && !pcr_signature_path_is("a b") &&
		!pcr_signature_path_is("a\n"));
}

/* For cases that are about something else than who may be a node. */
#define FIRST_USE .identity = {"first_use"}, .identity_count = 1, .tee.kinds = POLICY_TPM

/* What the join service makes of the policy; NULL: refused on either side. */
static struct policy *service_reads(
	const struct policy_options *options, const struct policy_image *images, size_t count)
{
	struct policy *policy = NULL;
	struct bytes out = {0};

	if (output_policy(options, images, count, &out))
		CHECK(done(policy_parse((const char *)out.data, out.len, &policy)));
	bytes_free(&out);
	return policy;
}

static bool refused(
	const struct policy_options *options, const struct policy_image *images, size_t count)
{
	struct policy *policy = service_reads(options, images, count);

	if (policy)
		policy_free(policy);
	return !policy;
}

static void test_policy_is_what_the_service_takes(void)
{
	struct policy_options options = {.bank = BANK_SHA384,
		FIRST_USE,
		.warned = 1u << 9,
		.tenant = "acme",
		.join_material_file = "/etc/material",
		.max_nodes = 7,
		.pin_ak = true};
	struct policy_image images[2] = {
		{.name = "a \"quoted\" name", .role = "worker", .epoch = 3},
		{.name = "b", .epoch = UINT32_MAX},
	};
	struct policy *policy;
	struct boot boot;

	REQUIRE(sample_boot(&boot, BANK_BIT(BANK_SHA384)));
	register_values_of(&boot, &images[0].values);
	images[1].values = images[0].values;
	images[1].values.pcr[BANK_SHA384][11][0] ^= 1;
	policy = service_reads(&options, images, 2);
	REQUIRE(policy);
	CHECK(policy->set_count == 2 && policy->epoch == UINT32_MAX && policy->max_nodes == 7);
	CHECK(policy->bank == DIGEST_SHA384 && policy->pin_ak);
	CHECK(strcmp(policy->tenant, "acme") == 0);
	CHECK(strcmp(policy->join_material_file, "/etc/material") == 0);
	CHECK(strcmp(policy->sets[0].name, images[0].name) == 0);
	CHECK(strcmp(policy->sets[0].role, "worker") == 0 && !policy->sets[1].role[0]);
	CHECK(policy->sets[0].epoch == 3 && policy->sets[0].warned == 1u << 9);
	CHECK(policy->sets[0].enforced == (SAMPLE_PCRS & ~(1u << 9)));
	CHECK_BYTES(policy->sets[1].expected[11], images[1].values.pcr[BANK_SHA384][11], 48);
	policy_free(policy);
	boot_free(&boot);
}

static void test_policy_refusals(void)
{
	struct policy_options options = {.bank = BANK_SHA256, FIRST_USE, .max_nodes = UINT64_MAX},
			      other;
	struct policy_image images[2] = {{.name = "a", .epoch = 1}, {.name = "b", .epoch = 2}};
	static struct policy_image many[POLICY_IMAGES_MAX + 1];
	struct boot boot;

	REQUIRE(sample_boot(&boot, BANK_BIT(BANK_SHA256)));
	register_values_of(&boot, &images[0].values);
	images[1].values = images[0].values;
	CHECK(!refused(&options, images, 1));
	CHECK(refused(&options, images, 0));
	CHECK(refused(&options, images, 2)); /* the same machine matches both */
	images[1].values.known[BANK_SHA256] &= ~(1u << 9);
	CHECK(refused(&options, images, 2)); /* and here too */
	images[1].values.pcr[BANK_SHA256][11][31] ^= 1;
	CHECK(!refused(&options, images, 2));
	images[1].name = "a";
	CHECK(refused(&options, images, 2));
	images[1].name = "";
	CHECK(refused(&options, images, 2));
	images[1].name = "line\nfeed";
	CHECK(refused(&options, images, 2));
	images[1].name = "b";
	images[1].values.known[BANK_SHA256] = 0;
	CHECK(refused(&options, images, 2)); /* it would enforce nothing */
	other = options;
	other.bank = BANK_SHA1;
	CHECK(refused(&other, images, 1));
	other = options;
	other.pcrs = 1u << 0 | 1u << 11; /* PCR 0 is not known */
	CHECK(refused(&other, images, 1));
	other = options;
	other.warned = 1u << 5; /* not among those that are named */
	CHECK(refused(&other, images, 1));
	other.warned = OUTPUT_POLICY_PCRS;
	CHECK(refused(&other, images, 1));
	other = options;
	other.join_material_file = "relative";
	CHECK(refused(&other, images, 1));
	other = options;
	other.tenant = "";
	CHECK(refused(&other, images, 1));
	CHECK(refused(&options, many, POLICY_IMAGES_MAX + 1));
	boot_free(&boot);
}

/* Each PCR that keeps the host's code out: left out, warned about, not known; allowed or not. */
static void test_policy_demands_what_keeps_the_host_out(void)
{
	struct policy_image image = {.name = "a", .epoch = 1}, less;
	struct policy_options options = {.bank = BANK_SHA256, FIRST_USE, .max_nodes = UINT64_MAX};
	struct boot boot;

	CHECK(OUTPUT_REQUIRED_PCRS == POLICY_REQUIRED_PCRS);
	REQUIRE(sample_boot(&boot, BANK_BIT(BANK_SHA256)));
	register_values_of(&boot, &image.values);
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		bool needed = OUTPUT_REQUIRED_PCRS >> pcr & 1;

		options.allow_missing = 0;
		options.pcrs = SAMPLE_PCRS & ~(1u << pcr);
		CHECK(refused(&options, &image, 1) == needed);
		options.allow_missing = OUTPUT_REQUIRED_PCRS & ~(1u << pcr);
		CHECK(refused(&options, &image, 1) == needed);
		options = (struct policy_options){
			.bank = BANK_SHA256, FIRST_USE, .max_nodes = UINT64_MAX};
		less = image;
		less.values.known[BANK_SHA256] &= ~(1u << pcr);
		CHECK(refused(&options, &less, 1) == needed);
		options.warned = 1u << pcr & SAMPLE_PCRS;
		CHECK(refused(&options, &image, 1) == needed);
		options.warned = 0;
		options.allow_missing = 1u << pcr;
		CHECK(!refused(&options, &less, 1) == needed);
	}
	boot_free(&boot);
}

/* Its values are those of a machine that runs already, whichever PCRs are named of them. */
static void test_policy_of_a_sealed_machine(void)
{
	struct policy_image image = {.name = "a", .epoch = 1};
	struct policy_options options = {.bank = BANK_SHA256, FIRST_USE, .max_nodes = UINT64_MAX};
	struct boot boot;

	REQUIRE(sample_boot(&boot, BANK_BIT(BANK_SHA256)));
	register_values_of(&boot, &image.values);
	CHECK(!refused(&options, &image, 1));
	image.values.pcr[BANK_SHA256][15][31] = 1;
	CHECK(refused(&options, &image, 1));
	options.allow_missing = 1u << 15;
	CHECK(refused(&options, &image, 1));
	options.pcrs = SAMPLE_PCRS & ~(1u << 15);
	CHECK(refused(&options, &image, 1));
	boot_free(&boot);
}

/* What is allowed to be missing is written where it is missing, and nowhere else. */
static void test_policy_writes_what_may_be_missing(void)
{
	struct policy_image images[2] = {{.name = "a", .epoch = 1}, {.name = "b", .epoch = 1}};
	struct policy_options options = {.bank = BANK_SHA256,
		FIRST_USE,
		.max_nodes = UINT64_MAX,
		.allow_missing = 1u << 2 | 1u << 3 | 1u << 12};
	struct json_at root = {.name = "policy"}, sets, set, list, number;
	struct bytes out = {0};
	uint64_t pcr;
	struct boot boot;
	struct flaw flaw;
	size_t count;

	REQUIRE(sample_boot(&boot, BANK_BIT(BANK_SHA256)));
	register_values_of(&boot, &images[0].values);
	images[1].values = images[0].values;
	images[1].values.pcr[BANK_SHA256][11][0] ^= 1;
	images[1].values.known[BANK_SHA256] &= ~(1u << 2 | 1u << 3);
	REQUIRE(output_policy(&options, images, 2, &out));
	root.value = json_parse(out.data, out.len, 1u << 20, &flaw);
	REQUIRE(root.value && json_member(&root, "sets", &sets));
	set = json_item(&sets, 0);
	CHECK(!json_has(&set, "allow_missing", &list));
	set = json_item(&sets, 1);
	REQUIRE(json_member(&set, "allow_missing", &list) && json_list(&list, 9, &count));
	CHECK(count == 2);
	for (size_t i = 0; i < count; i++) {
		number = json_item(&list, i);
		CHECK(json_get_number(&number, 99, &pcr) && pcr == 2 + i);
	}
	json_object_put(root.value);
	bytes_free(&out);
	boot_free(&boot);
}

/* PCR 7 by default only where its keys were given. */
static void test_policy_takes_given_keys(void)
{
	struct policy_image image = {.name = "a", .epoch = 1};
	struct policy_options options = {.bank = BANK_SHA256, FIRST_USE, .max_nodes = UINT64_MAX};
	struct policy *policy;
	struct boot boot;

	REQUIRE(sample_boot(&boot, BANK_BIT(BANK_SHA256)));
	for (unsigned given = 0; given < 2; given++) {
		boot.secure_boot_keys = given;
		register_values_of(&boot, &image.values);
		policy = service_reads(&options, &image, 1);
		REQUIRE(policy);
		CHECK(policy->sets[0].enforced == (SAMPLE_PCRS | given << 7));
		policy_free(policy);
	}
	boot_free(&boot);
}

int main(void)
{
	report_silence();
	RUN(test_log_leads_to_the_values);
	RUN(test_log_of_one_bank);
	RUN(test_cel);
	RUN(test_aws);
	RUN(test_rvps);
	RUN(test_choices);
	RUN(test_policy_digest);
	RUN(test_policy_is_what_the_service_takes);
	RUN(test_policy_refusals);
	RUN(test_policy_demands_what_keeps_the_host_out);
	RUN(test_policy_of_a_sealed_machine);
	RUN(test_policy_writes_what_may_be_missing);
	RUN(test_policy_takes_given_keys);
	return test_summary();
}
