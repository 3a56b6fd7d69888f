/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a set wants of a SEV-SNP report: each member of the policy refuses on its own. */
#include <stdlib.h>

#include "tests/unit/done.h"
#include "tests/unit/evidence/snp_rig.h"
#include "tests/unit/test.h"

#define WRONGS_MAX 5u
#define OF_16(digit)                                                                              \
	digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit \
		digit
#define HEX_32(pair) OF_16(pair) OF_16(pair)
#define HEX_48(pair) OF_16(pair) OF_16(pair) OF_16(pair)

/* A member that takes the report below, and values of it that do not. */
struct member {
	const char *good, *wrong[WRONGS_MAX];
	enum evidence_fault fault;
	bool vcek_only; /* with the wrong value, "csp" has no place */
};

static const struct member members[SNP_MEMBERS] = {
	[SNP_VERSIONS] = {"[5]", {"[2, 3, 4]"}, FAULT_PLATFORM, false},
	[SNP_KEYS] = {"[\"VCEK\", \"VLEK\"]", {"[\"VCEK\"]"}, FAULT_PLATFORM, true},
	[SNP_CSP] = {"[\"CN=other.example\", \"CN=cloud.example\"]",
		{"[\"CN=other.example\"]", "[\"CN=cloud.exampl\"]", "[\"CN=cloud.example \"]"},
		FAULT_PLATFORM, false},
	[SNP_VMPL] = {"1", {"0", "2", "3"}, FAULT_PLATFORM, false},
	[SNP_POLICY] = {"{\"mask\": \"0000000000030000\", \"value\": \"0000000000030000\"}",
		{"{\"mask\": \"0000000000010000\", \"value\": \"0000000000000000\"}",
			"{\"mask\": \"0000000000100000\", \"value\": \"0000000000100000\"}"},
		FAULT_PLATFORM, false},
	[SNP_ABI] = {"\"1.55\"", {"\"1.56\"", "\"2.0\""}, FAULT_PLATFORM, false},
	[SNP_MEASUREMENT] = {"[\"" HEX_48("77") "\", \"" HEX_48("11") "\"]",
		{"[\"" HEX_48("77") "\"]"}, FAULT_MEASUREMENT, false},
	[SNP_ID_KEY] = {"[\"" HEX_48("33") "\"]", {"[\"" HEX_48("44") "\"]"}, FAULT_PLATFORM,
		false},
	[SNP_AUTHOR_KEY] = {"[\"" HEX_48("44") "\"]", {"[\"" HEX_48("33") "\"]"}, FAULT_PLATFORM,
		false},
	[SNP_GUEST_SVN] = {"5", {"6", "4294967295"}, FAULT_PLATFORM, false},
	[SNP_TCB] = {"{\"Turin\": {\"fmc\": 1, \"bootloader\": 2, \"tee\": 3, \"snp\": 4,"
		     " \"microcode\": 5}}",
		{"{\"Turin\": {\"fmc\": 2, \"bootloader\": 2, \"tee\": 3, \"snp\": 4,"
		 " \"microcode\": 5}}",
			"{\"Turin\": {\"fmc\": 1, \"bootloader\": 3, \"tee\": 3, \"snp\": 4,"
			" \"microcode\": 5}}",
			"{\"Turin\": {\"fmc\": 1, \"bootloader\": 2, \"tee\": 4, \"snp\": 4,"
			" \"microcode\": 5}}",
			"{\"Turin\": {\"fmc\": 1, \"bootloader\": 2, \"tee\": 3, \"snp\": 5,"
			" \"microcode\": 5}}",
			"{\"Turin\": {\"fmc\": 1, \"bootloader\": 2, \"tee\": 3, \"snp\": 4,"
			" \"microcode\": 6}}"},
		FAULT_PLATFORM, false},
	[SNP_COMMITTED] = {"\"1.55.29\"", {"\"1.55.30\"", "\"1.56.0\"", "\"2.0.0\""},
		FAULT_PLATFORM, false},
	[SNP_PLATFORM] = {"{\"mask\": \"0000000000000022\", \"value\": \"0000000000000020\"}",
		{"{\"mask\": \"0000000000000001\", \"value\": \"0000000000000000\"}",
			"{\"mask\": \"0000000000000002\", \"value\": \"0000000000000002\"}"},
		FAULT_PLATFORM, false},
	[SNP_MITIGATIONS] = {"{\"launch\": \"0000000000000001\","
			     " \"current\": \"0000000000000003\"}",
		{"{\"launch\": \"0000000000000002\", \"current\": \"0000000000000003\"}",
			"{\"launch\": \"0000000000000001\", \"current\": \"0000000000000007\"}",
			"{\"launch\": \"0000000000000000\", \"current\": \"8000000000000000\"}"},
		FAULT_PLATFORM, false},
	[SNP_HOST_DATA] = {"\"" HEX_32("66") "\"", {"\"" HEX_32("67") "\"", "\"" HEX_32("00") "\""},
		FAULT_PLATFORM, false},
};

/* A report that says something in each field that a policy can ask for. */
static struct snp_report report(void)
{
	struct snp_report r = {
		.version = 5,
		.guest_svn = 5,
		.policy = 0x30137,
		.vmpl = 1,
		.platform_info = 0x25,
		.author_key = true,
		.key = SNP_KEY_VLEK,
		.has_cpuid = true,
		.current = 1 << 16 | 55 << 8 | 29,
		.committed = 1 << 16 | 55 << 8 | 29,
		.launch_mitigations = 1,
		.current_mitigations = 3,
		.product = SNP_TURIN,
		.csp_id = "CN=cloud.example",
	};
	static const uint8_t tcb[SNP_TCB_LEN] = {1, 2, 3, 4, 0, 0, 0, 5};

	memcpy(r.reported_tcb, tcb, sizeof(tcb));
	memcpy(r.committed_tcb, tcb, sizeof(tcb));
	memcpy(r.launch_tcb, tcb, sizeof(tcb));
	memset(r.measurement, 0x11, sizeof(r.measurement));
	memset(r.id_key_digest, 0x33, sizeof(r.id_key_digest));
	memset(r.author_key_digest, 0x44, sizeof(r.author_key_digest));
	memset(r.chip_id, 0x55, 8);
	memset(r.host_data, 0x66, sizeof(r.host_data));
	return r;
}

/* The members' values, of `changed` this one (NULL: waived). */
static void compose(char *json, size_t cap, enum snp_member changed, const char *value, bool no_csp)
{
	size_t at = (size_t)snprintf(json, cap, "{");

	for (unsigned m = 0; m < SNP_MEMBERS; m++) {
		const char *text = m == changed ? value : members[m].good;

		if ((m == SNP_CSP && no_csp) || !text)
			continue;
		at += (size_t)snprintf(
			json + at, cap - at, "\"%s\": %s, ", snp_member_name(m), text);
	}
	if (value)
		snprintf(json + at - 2, cap - at, "}");
	else
		snprintf(json + at, cap - at, "\"waive\": [\"%s\"%s]}", snp_member_name(changed),
			changed == SNP_ID_KEY ? ", \"guest_svn\"" : "");
}

static const struct snp_trust any = {.products = 1u << SNP_TURIN, .any_chip = true};

static enum evidence_fault judge(const char *json, const struct snp_report *r)
{
	enum evidence_fault fault = FAULT_NONE;
	struct snp_expected *e = NULL;

	if (!done(rig_expected(json, &e))) {
		fprintf(stderr, "%s\n%s\n", json, last_failure.text);
		CHECK(!"the policy is a good one");
		return FAULT_NONE;
	}
	CHECK(done(snp_judge(&any, e, r, &fault)) == (fault == FAULT_NONE));
	free(e);
	return fault;
}

static void check_member(enum snp_member m)
{
	const struct member *row = &members[m];
	struct snp_report r = report();
	char json[4096];

	/* A member without a wrong value is one that nothing shows to be compared. */
	REQUIRE(row->good && row->wrong[0] && row->fault != FAULT_NONE);
	for (size_t i = 0; i < WRONGS_MAX && row->wrong[i]; i++) {
		enum evidence_fault fault;

		compose(json, sizeof(json), m, row->wrong[i], row->vcek_only);
		fault = judge(json, &r);
		if (fault != row->fault)
			fprintf(stderr, "%s: %s\n", snp_member_name(m), row->wrong[i]);
		CHECK(fault == row->fault);
	}
	if (SNP_NEVER_WAIVED & SNP_MEMBER_BIT(m) || m == SNP_ID_KEY)
		return;
	compose(json, sizeof(json), m, NULL, false);
	CHECK(judge(json, &r) == FAULT_NONE);
}

static void test_every_member_refuses_alone(void)
{
	struct snp_report r = report();
	char json[4096];

	compose(json, sizeof(json), SNP_VERSIONS, members[SNP_VERSIONS].good, false);
	CHECK(judge(json, &r) == FAULT_NONE);
	for (unsigned m = 0; m < SNP_MEMBERS; m++)
		check_member(m);
}

/* Changes one byte of the report and says what a set says that takes it otherwise. */
static enum evidence_fault judge_changed(uint8_t *at, uint8_t value, struct snp_report *r)
{
	char json[4096];
	uint8_t before = *at;
	enum evidence_fault fault;

	compose(json, sizeof(json), SNP_VERSIONS, members[SNP_VERSIONS].good, false);
	*at = value;
	fault = judge(json, r);
	*at = before;
	return fault;
}

/* Reported, committed and at launch; new microcode does not make up for an old bootloader. */
static void test_each_tcb_and_component(void)
{
	struct snp_report r = report();
	uint8_t *const tcbs[] = {r.reported_tcb, r.committed_tcb, r.launch_tcb};

	for (size_t t = 0; t < 3; t++) {
		for (size_t i = 0; i < SNP_TCB_LEN; i++) {
			if (!tcbs[t][i])
				continue;
			CHECK(judge_changed(&tcbs[t][i], tcbs[t][i] - 1, &r) == FAULT_PLATFORM);
			CHECK(judge_changed(&tcbs[t][i], 0xff, &r) == FAULT_NONE);
		}
		tcbs[t][7] = 0xff;
		CHECK(judge_changed(&tcbs[t][1], 1, &r) == FAULT_PLATFORM);
		tcbs[t][7] = 5;
	}
}

static void test_every_byte_of_digests(void)
{
	struct snp_report r = report();

	for (size_t i = 0; i < SNP_MEASUREMENT_LEN; i++) {
		CHECK(judge_changed(&r.measurement[i], 0, &r) == FAULT_MEASUREMENT);
		CHECK(judge_changed(&r.id_key_digest[i], 0, &r) == FAULT_PLATFORM);
		CHECK(judge_changed(&r.author_key_digest[i], 0, &r) == FAULT_PLATFORM);
	}
	for (size_t i = 0; i < SNP_HOST_DATA_LEN; i++)
		CHECK(judge_changed(&r.host_data[i], 0, &r) == FAULT_PLATFORM);
}

/* Neither is in the launch digest; each is refused unless the set allows it by name. */
static void test_debug_and_migration(void)
{
	static const struct {
		uint64_t bit;
		const char *name, *reason;
	} dangers[] = {{SNP_POLICY_DEBUG, "debug", "allows debugging"},
		{SNP_POLICY_MIGRATE_MA, "migrate_ma", "migration agent"}};
	char json[4096], allowed[4200];

	compose(json, sizeof(json), SNP_VERSIONS, members[SNP_VERSIONS].good, false);
	for (size_t i = 0; i < 2; i++) {
		struct snp_report r = report();

		r.policy |= dangers[i].bit;
		CHECK(judge(json, &r) == FAULT_PLATFORM);
		CHECK(strstr(last_failure.text, dangers[i].reason));
		snprintf(allowed, sizeof(allowed), "{\"allow\": [\"%s\"], %s", dangers[i].name,
			json + 1);
		CHECK(judge(allowed, &r) == FAULT_NONE);
		snprintf(allowed, sizeof(allowed), "{\"allow\": [\"%s\"], %s", dangers[!i].name,
			json + 1);
		CHECK(judge(allowed, &r) == FAULT_PLATFORM);
	}
}

/* Reports before version 5 say nothing of mitigations, and one without an author no author. */
static void test_fields_that_are_not_there(void)
{
	struct snp_report r = report();
	char json[4096];

	compose(json, sizeof(json), SNP_VERSIONS, "[4, 5]", false);
	r.version = 4;
	CHECK(judge(json, &r) == FAULT_PLATFORM);
	CHECK(strstr(last_failure.text, "says nothing of mitigations"));
	r = report();
	r.author_key = false;
	CHECK(judge(json, &r) == FAULT_PLATFORM);
	CHECK(strstr(last_failure.text, "author key"));
}

static enum evidence_fault judge_trust(const struct snp_trust *t, const struct snp_report *r)
{
	enum evidence_fault fault = FAULT_NONE;
	struct snp_expected *e = NULL;
	char json[4096];

	compose(json, sizeof(json), SNP_VERSIONS, members[SNP_VERSIONS].good, false);
	CHECK(done(rig_expected(json, &e)));
	CHECK(done(snp_judge(t, e, r, &fault)) == (fault == FAULT_NONE));
	free(e);
	return fault;
}

static void test_product_lines(void)
{
	struct snp_trust t = {.products = 1u << SNP_MILAN | 1u << SNP_GENOA, .any_chip = true};
	struct snp_report r = report();

	CHECK(judge_trust(&t, &r) == FAULT_PLATFORM);
	CHECK(strstr(last_failure.text, "Turin"));
	t.products = 1u << SNP_TURIN | 1u << SNP_MILAN;
	CHECK(judge_trust(&t, &r) == FAULT_NONE);
	r.product = SNP_MILAN; /* the set has no minima for it */
	CHECK(judge_trust(&t, &r) == FAULT_PLATFORM);
	CHECK(strstr(last_failure.text, "no \"tcb\" for Milan"));
}

static void test_chips(void)
{
	uint8_t ids[2][SNP_CHIP_ID_LEN] = {{0x56}, {0}};
	struct snp_trust t = {.products = 1u << SNP_TURIN};
	struct snp_report r = report();

	memset(ids[1], 0x55, 8);
	t.deny = (struct snp_chips){ids, 1};
	CHECK(judge_trust(&t, &r) == FAULT_NONE);
	t.deny.count = 2;
	CHECK(judge_trust(&t, &r) == FAULT_PLATFORM);
	CHECK(strstr(last_failure.text, "denies this chip"));
	t.deny = (struct snp_chips){NULL, 0};
	t.allow = (struct snp_chips){ids, 1};
	CHECK(judge_trust(&t, &r) == FAULT_PLATFORM);
	CHECK(strstr(last_failure.text, "does not name this chip"));
	t.allow.count = 2;
	CHECK(judge_trust(&t, &r) == FAULT_NONE);
	t.deny = (struct snp_chips){ids + 1, 1}; /* in both: denied */
	CHECK(judge_trust(&t, &r) == FAULT_PLATFORM);
	t.deny = (struct snp_chips){ids, 1};
	memset(r.chip_id, 0, sizeof(r.chip_id));
	CHECK(judge_trust(&t, &r) == FAULT_PLATFORM);
	CHECK(strstr(last_failure.text, "does not name its chip"));
	t.allow.count = 0;
	CHECK(judge_trust(&t, &r) == FAULT_PLATFORM);
	CHECK(judge_trust(&any, &r) == FAULT_NONE);
}

/* Memory that nobody filled in lets nobody in, and neither does half of an expectation. */
static void test_incomplete_expectations(void)
{
	static const struct snp_expected none;
	struct snp_expected all = {.waived = (1u << SNP_MEMBERS) - 1};
	enum evidence_fault fault = FAULT_NONE;
	struct snp_report r = {0};

	CHECK(!done(snp_judge(&any, &none, &r, &fault)));
	CHECK(fault == FAULT_PLATFORM);
	CHECK(!done(snp_judge(&any, &all, &r, &fault)));
	CHECK(strstr(last_failure.text, "cannot be waived"));
	for (unsigned m = 0; m < SNP_MEMBERS; m++) {
		struct snp_expected e = {.given = ((1u << SNP_MEMBERS) - 1) & ~SNP_MEMBER_BIT(m)};

		CHECK(!done(snp_expected_complete(&e)));
		CHECK(strstr(last_failure.text, snp_member_name(m)));
	}
}

int main(void)
{
	RUN(test_every_member_refuses_alone);
	RUN(test_each_tcb_and_component);
	RUN(test_every_byte_of_digests);
	RUN(test_debug_and_migration);
	RUN(test_fields_that_are_not_there);
	RUN(test_product_lines);
	RUN(test_chips);
	RUN(test_incomplete_expectations);
	return test_summary();
}
