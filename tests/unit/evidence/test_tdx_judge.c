/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a set wants of a TDX quote: each member of the policy refuses on its own. */
#include <stdlib.h>

#include "tests/unit/done.h"
#include "tests/unit/evidence/tdx_rig.h"
#include "tests/unit/test.h"
#include "tools/policy/policy_tdx.h"

#define WRONGS_MAX		5u
#define OF_4(pair)		pair pair pair pair
#define OF_16(pair)		OF_4(pair) OF_4(pair) OF_4(pair) OF_4(pair)
#define HEX_48(pair)		OF_16(pair) OF_16(pair) OF_16(pair)
#define LIST(pair)		"[\"" HEX_48(pair) "\"]"
#define LISTS(one, other)	"[\"" HEX_48(one) "\", \"" HEX_48(other) "\"]"
#define BITS(mask, value)	"{\"mask\": \"" mask "\", \"value\": \"" value "\"}"
#define TCB(status, advisories) "[{\"status\": \"" status "\", \"advisories\": [" advisories "]}]"

/* A member that takes the report below, and values of it that do not; SEPT_VE has no value. */
struct member {
	const char *good, *wrong[WRONGS_MAX];
	enum evidence_fault fault;
};

static const struct member members[TDX_MEMBERS] = {
	[TDX_TCB] = {TCB("SWHardeningNeeded", "\"INTEL-SA-00001\", \"INTEL-SA-00002\""),
		{TCB("SWHardeningNeeded", "\"INTEL-SA-00001\""), TCB("SWHardeningNeeded", ""),
			TCB("OutOfDate", "\"INTEL-SA-00001\", \"INTEL-SA-00002\""),
			TCB("ConfigurationAndSWHardeningNeeded",
				"\"INTEL-SA-00001\", \"INTEL-SA-00002\"")},
		FAULT_PLATFORM},
	[TDX_MRSIGNERSEAM] = {LIST("01"), {LIST("00"), LIST("02")}, FAULT_PLATFORM},
	[TDX_MRSEAM] = {LISTS("77", "02"), {LIST("77")}, FAULT_PLATFORM},
	[TDX_TD_ATTRIBUTES] = {BITS("0000000060000000", "0000000040000000"),
		{BITS("0000000040000000", "0000000000000000"),
			BITS("8000000000000000", "8000000000000000"),
			BITS("0000000010000000", "0000000000000000")},
		FAULT_PLATFORM},
	[TDX_SEPT_VE] = {NULL, {NULL}, FAULT_PLATFORM},
	[TDX_XFAM] = {BITS("0000000000000007", "0000000000000007"),
		{BITS("0000000000000100", "0000000000000100"),
			BITS("0000000000000080", "0000000000000000")},
		FAULT_PLATFORM},
	[TDX_MRSERVICETD] = {LIST("03"), {LIST("00"), LIST("04")}, FAULT_PLATFORM},
	[TDX_MRCONFIGID] = {LISTS("77", "05"), {LIST("00"), LIST("77")}, FAULT_PLATFORM},
	[TDX_MROWNER] = {LIST("06"), {LIST("00"), LIST("77")}, FAULT_PLATFORM},
	[TDX_MROWNERCONFIG] = {LIST("07"), {LIST("00"), LIST("77")}, FAULT_PLATFORM},
	[TDX_MRTD] = {LISTS("77", "08"), {LIST("00"), LIST("77")}, FAULT_MEASUREMENT},
	[TDX_RTMR0] = {LIST("10"), {LIST("11"), LIST("00")}, FAULT_MEASUREMENT},
	[TDX_RTMR1] = {LIST("11"), {LIST("12"), LIST("00")}, FAULT_MEASUREMENT},
	[TDX_RTMR2] = {LIST("12"), {LIST("10"), LIST("00")}, FAULT_MEASUREMENT},
	[TDX_RTMR3] = {LIST("13"), {LIST("12"), LIST("00")}, FAULT_MEASUREMENT},
};

/* A report that says something in each field that a policy can ask for. */
static struct tdx_report report(void)
{
	struct tdx_report r = {
		.quote_version = 5,
		.body = {.is_15 = true,
			.td_attributes = TDX_SEPT_VE_DISABLE | 1ull << 30,
			.xfam = 0x602e7},
		.tcb = {.status = TDX_SW_HARDENING,
			.advisories = {.ids = {"INTEL-SA-00001", "INTEL-SA-00002"}, .count = 2}},
	};
	uint8_t *const values[] = {r.body.mrsignerseam, r.body.mrseam, r.body.mrservicetd, NULL,
		r.body.mrconfigid, r.body.mrowner, r.body.mrownerconfig, r.body.mrtd};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (values[i])
			memset(values[i], (int)(i + 1), TDX_DIGEST_LEN);
	for (size_t i = 0; i < TDX_RTMRS; i++)
		memset(r.body.rtmr[i], (int)(0x10 + i), TDX_DIGEST_LEN);
	memset(r.ppid, 0x5a, sizeof(r.ppid));
	return r;
}

/* The members' values, of `changed` this one (NULL: left out), and what is waived. */
static void compose(
	char *json, size_t cap, enum tdx_member changed, const char *value, const char *waived)
{
	size_t at = (size_t)snprintf(json, cap, "{\"waive\": [");

	if (waived)
		at += (size_t)snprintf(json + at, cap - at, "\"%s\"", waived);
	at += (size_t)snprintf(json + at, cap - at, "]");
	for (enum tdx_member m = 0; m < TDX_MEMBERS; m++) {
		const char *text = m == changed ? value : members[m].good;

		if (text)
			at += (size_t)snprintf(
				json + at, cap - at, ", \"%s\": %s", tdx_member_name(m), text);
	}
	snprintf(json + at, cap - at, "}");
}

static struct tdx_expected *expected(enum tdx_member changed, const char *value, const char *waived)
{
	struct tdx_expected *e = NULL;
	char json[8192];

	compose(json, sizeof(json), changed, value, waived);
	return done(tdx_rig_expected(json, &e)) ? e : NULL;
}

static bool takes(
	const struct tdx_expected *e, const struct tdx_report *r, enum evidence_fault *out_fault)
{
	static const struct tdx_trust everybody;

	*out_fault = FAULT_NONE;
	return e && done(tdx_judge(&everybody, e, r, out_fault));
}

static void test_good(void)
{
	struct tdx_expected *e = expected(TDX_MEMBERS, NULL, NULL);
	struct tdx_report r = report();
	enum evidence_fault fault;

	CHECK(takes(e, &r, &fault));
	CHECK(fault == FAULT_NONE);
	free(e);
}

/* A wrong value in one member alone; a member without one fails this test. */
static void test_every_member_refuses(void)
{
	struct tdx_report r = report();
	enum evidence_fault fault;

	for (enum tdx_member m = 0; m < TDX_MEMBERS; m++) {
		size_t wrongs = 0;

		for (; wrongs < WRONGS_MAX && members[m].wrong[wrongs]; wrongs++) {
			struct tdx_expected *e = expected(m, members[m].wrong[wrongs], NULL);

			CHECK(e != NULL);
			CHECK(!takes(e, &r, &fault));
			CHECK(fault == members[m].fault);
			free(e);
		}
		CHECK(wrongs > 0 || m == TDX_SEPT_VE);
	}
}

static uint8_t *digest_of_member(struct tdx_body *b, enum tdx_member m)
{
	uint8_t *const digests[TDX_MEMBERS] = {
		[TDX_MRSIGNERSEAM] = b->mrsignerseam,
		[TDX_MRSEAM] = b->mrseam,
		[TDX_MRSERVICETD] = b->mrservicetd,
		[TDX_MRCONFIGID] = b->mrconfigid,
		[TDX_MROWNER] = b->mrowner,
		[TDX_MROWNERCONFIG] = b->mrownerconfig,
		[TDX_MRTD] = b->mrtd,
		[TDX_RTMR0] = b->rtmr[0],
		[TDX_RTMR1] = b->rtmr[1],
		[TDX_RTMR2] = b->rtmr[2],
		[TDX_RTMR3] = b->rtmr[3],
	};

	return digests[m];
}

/* Changes what the report says of one member; of a digest its last bit. */
static void spoil(struct tdx_report *r, enum tdx_member m)
{
	if (m == TDX_TCB)
		r->tcb.status = TDX_OUT_OF_DATE;
	else if (m == TDX_TD_ATTRIBUTES)
		r->body.td_attributes ^= 1ull << 30;
	else if (m == TDX_SEPT_VE)
		r->body.td_attributes ^= TDX_SEPT_VE_DISABLE;
	else if (m == TDX_XFAM)
		r->body.xfam ^= 4;
	else
		digest_of_member(&r->body, m)[TDX_DIGEST_LEN - 1] ^= 1;
}

static void test_every_field_is_compared(void)
{
	struct tdx_expected *e = expected(TDX_MEMBERS, NULL, NULL);

	for (enum tdx_member m = 0; m < TDX_MEMBERS; m++) {
		struct tdx_report r = report();
		enum evidence_fault fault;

		spoil(&r, m);
		CHECK(!takes(e, &r, &fault));
		CHECK(fault == members[m].fault);
	}
	free(e);
}

/* Left out: a refusal when the policy is read, or the value that stands for nothing. */
static void test_every_member_is_mandatory(void)
{
	struct tdx_report r = report();
	enum evidence_fault fault;

	for (enum tdx_member m = 0; m < TDX_MEMBERS; m++) {
		struct tdx_expected *e = expected(m, NULL, NULL);

		if (!(TDX_DEFAULTED & TDX_MEMBER_BIT(m))) {
			CHECK(!e);
			CHECK(strstr(last_failure.text, tdx_member_name(m)) != NULL);
		} else if (m != TDX_SEPT_VE) {
			CHECK(e != NULL);
			CHECK(!takes(e, &r, &fault));
		}
		free(e);
	}
}

/* A waived member may say anything; one that is there cannot be waived. */
static void test_waived(void)
{
	for (enum tdx_member m = 0; m < TDX_MEMBERS; m++) {
		struct tdx_expected *e = expected(m, NULL, tdx_member_name(m));
		struct tdx_report r = report();
		enum evidence_fault fault;

		if (TDX_NEVER_WAIVED & TDX_MEMBER_BIT(m)) {
			CHECK(!e);
			continue;
		}
		spoil(&r, m);
		CHECK(takes(e, &r, &fault));
		free(e);
		e = members[m].good ? expected(TDX_MEMBERS, NULL, tdx_member_name(m)) : NULL;
		CHECK(!e);
	}
}

/* Whatever a set says. */
static void test_never_taken(void)
{
	static const uint64_t attributes[] = {
		TDX_DEBUG, 1ull << 1, 1ull << 7, 1ull << 26, TDX_MIGRATABLE, 1ull << 40};
	static const uint64_t xfams[] = {1ull << 3, 1ull << 20, 1ull << 63};
	struct tdx_expected *e = expected(TDX_TD_ATTRIBUTES, NULL, "td_attributes");
	struct tdx_expected *any = expected(TDX_XFAM, NULL, "xfam");
	enum evidence_fault fault;

	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		struct tdx_report r = report();

		r.body.td_attributes |= attributes[i];
		CHECK(!takes(e, &r, &fault));
		CHECK(fault == FAULT_PLATFORM);
	}
	for (size_t i = 0; i < sizeof(xfams) / sizeof(xfams[0]); i++) {
		struct tdx_report r = report();

		r.body.xfam |= xfams[i];
		CHECK(!takes(any, &r, &fault));
		r.body.xfam = 0x602e5;
		CHECK(!takes(any, &r, &fault));
	}
	free(e);
	free(any);
	CHECK(!expected(TDX_TD_ATTRIBUTES, BITS("0000000000000001", "0000000000000001"), NULL));
	CHECK(!expected(TDX_TD_ATTRIBUTES, BITS("0000000000000080", "0000000000000080"), NULL));
	e = expected(TDX_TD_ATTRIBUTES, BITS("0000000020000000", "0000000020000000"), NULL);
	struct tdx_report r = report();

	r.body.td_attributes |= TDX_MIGRATABLE;
	CHECK(takes(e, &r, &fault));
	free(e);
}

static void test_statuses(void)
{
	struct tdx_expected *e = expected(TDX_TCB, NULL, NULL);
	enum evidence_fault fault;

	for (enum tdx_status s = TDX_NO_STATUS; s <= TDX_STATUSES; s++) {
		struct tdx_report r = report();

		r.tcb.status = s;
		CHECK(takes(e, &r, &fault) == (s == TDX_UP_TO_DATE));
	}
	free(e);
	CHECK(!expected(TDX_TCB, TCB("Revoked", ""), NULL));
	CHECK(!expected(TDX_TCB, TCB("NotSupported", ""), NULL));
	CHECK(!expected(TDX_TCB, TCB("UpToDate", ""), NULL));
	CHECK(!expected(TDX_TCB, TCB("none", ""), NULL));
	CHECK(!expected(TDX_TCB, "[]", NULL));
	CHECK(!expected(TDX_TCB, "[{\"advisories\": []}]", NULL));
}

/* Zeroed memory lets nobody in, whatever the quote says. */
static void test_empty_expectation(void)
{
	static const struct tdx_expected nothing;
	struct tdx_expected half = {.given = UINT32_MAX};
	struct tdx_report r = {.tcb = {.status = TDX_UP_TO_DATE},
		.body = {.td_attributes = TDX_SEPT_VE_DISABLE, .xfam = 3}};
	enum evidence_fault fault;

	CHECK(!takes(&nothing, &r, &fault));
	CHECK(!takes(&half, &r, &fault));
	CHECK(strstr(last_failure.text, "no value") != NULL);
}

/* A report 1.0 cannot say whether a service TD is bound. */
static void test_service_td_of_10(void)
{
	struct tdx_expected *e = expected(TDX_MRSERVICETD, NULL, NULL);
	struct tdx_expected *named = expected(TDX_MEMBERS, NULL, NULL);
	struct tdx_report r = report();
	enum evidence_fault fault;

	r.body.is_15 = false;
	memset(r.body.mrservicetd, 0, TDX_DIGEST_LEN);
	CHECK(takes(e, &r, &fault));
	CHECK(!takes(named, &r, &fault));
	free(named);
	free(e);
	e = expected(TDX_TD_ATTRIBUTES, BITS("0000000020000000", "0000000020000000"), NULL);
	r.body.td_attributes |= TDX_MIGRATABLE;
	CHECK(!takes(e, &r, &fault));
	free(e);
}

static void test_platforms(void)
{
	uint8_t here[1][TDX_PPID_LEN], there[1][TDX_PPID_LEN] = {{1}};
	struct tdx_expected *e = expected(TDX_MEMBERS, NULL, NULL);
	struct tdx_report r = report();
	enum evidence_fault fault;
	struct tdx_trust t = {.allow = {.ppids = here, .count = 1}};

	memcpy(here[0], r.ppid, TDX_PPID_LEN);
	CHECK(done(tdx_judge(&t, e, &r, &fault)));
	t.allow.ppids = there;
	CHECK(!done(tdx_judge(&t, e, &r, &fault)));
	CHECK(fault == FAULT_PLATFORM);
	t = (struct tdx_trust){.deny = {.ppids = here, .count = 1}};
	CHECK(!done(tdx_judge(&t, e, &r, &fault)));
	t.deny.ppids = there;
	CHECK(done(tdx_judge(&t, e, &r, &fault)));
	free(e);
}

/* RTMR3 unextended is the seal: without it a set says that it takes the risk. */
static void test_seal(void)
{
	struct tdx_expected *sealed = expected(TDX_RTMR3, NULL, NULL);
	struct tdx_expected *zeros = expected(TDX_RTMR3, LIST("00"), NULL);
	struct tdx_expected *other = expected(TDX_RTMR3, LISTS("00", "13"), NULL);
	struct tdx_expected *waived = expected(TDX_RTMR3, NULL, "rtmr3");
	struct tdx_report r = report();
	enum evidence_fault fault;

	CHECK(done(policy_check_tdx_seal("a", sealed, false, false)));
	CHECK(done(policy_check_tdx_seal("a", zeros, false, false)));
	CHECK(!done(policy_check_tdx_seal("a", other, false, false)));
	CHECK(!done(policy_check_tdx_seal("a", waived, false, false)));
	CHECK(strstr(last_failure.text, "no_seal") != NULL);
	CHECK(done(policy_check_tdx_seal("a", waived, true, false)));
	CHECK(done(policy_check_tdx_seal("a", waived, false, true)));
	CHECK(!takes(sealed, &r, &fault));
	CHECK(strstr(last_failure.text, "extended") != NULL);
	CHECK(fault == FAULT_MEASUREMENT);
	memset(r.body.rtmr[3], 0, TDX_DIGEST_LEN);
	CHECK(takes(sealed, &r, &fault));
	free(sealed);
	free(zeros);
	free(other);
	free(waived);
}

static void test_malformed(void)
{
	static const char *const wrong[] = {"[]", "\"" HEX_48("01") "\"", "[\"" OF_16("01") "\"]",
		"[\"" HEX_48("zz") "\"]", "[1]", "{}", "null", "[null]"};
	static const char *const bits[] = {BITS("0000000000000000", "0000000000000000"),
		BITS("0000000000000001", "0000000000000002"), BITS("1", "1"),
		"{\"mask\": \"0000000000000007\"}", "7", "null"};
	struct tdx_expected *e = NULL;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(!expected(TDX_MRTD, wrong[i], NULL));
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		CHECK(!expected(TDX_XFAM, bits[i], NULL));
		CHECK(!expected(TDX_TD_ATTRIBUTES, bits[i], NULL));
	}
	CHECK(!expected(TDX_XFAM, BITS("0000000000000003", "0000000000000001"), NULL));
	CHECK(!expected(TDX_MEMBERS, NULL, "nothing"));
	CHECK(!done(tdx_rig_expected("{\"rtmr\": []}", &e)));
	CHECK(!done(tdx_rig_expected("[]", &e)));
}

int main(void)
{
	RUN(test_good);
	RUN(test_every_member_refuses);
	RUN(test_every_field_is_compared);
	RUN(test_every_member_is_mandatory);
	RUN(test_waived);
	RUN(test_never_taken);
	RUN(test_statuses);
	RUN(test_empty_expectation);
	RUN(test_service_td_of_10);
	RUN(test_platforms);
	RUN(test_seal);
	RUN(test_malformed);
	return test_summary();
}
