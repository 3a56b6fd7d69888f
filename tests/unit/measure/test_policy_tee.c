/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies for TDX and SEV-SNP as `measure policy` writes them, read by the join service's reader:
 * the registers of real quotes and reports go in, and real quotes and reports are judged by what
 * comes out, each with its twin that differs in one thing.
 */
#include <time.h>

#include "tests/unit/done.h"
#include "tests/unit/evidence/snp_rig.h"
#include "tests/unit/evidence/tdx_rig.h"
#include "tests/unit/test.h"
#include "tools/evidence/snp/authenticate.h"
#include "tools/evidence/tdx/authenticate.h"
#include "tools/evidence/tdx/quote.h"
#include "tools/lib/json_read.h"
#include "tools/lib/report.h"
#include "tools/measure/output/policy_write.h"
#include "tools/policy/policy.h"

/* Of June 2025, for a quote of then. */
#define INTEL_JUNE                                                                        \
	"{\"roots\": [\"intel-root.der\"], \"signing_chain\": \"tcb-signing-chain.pem\"," \
	" \"tcb_info\": [\"tcbinfo-b0c06f000000-2025-06.json\"], \"qe_identity\":"        \
	" [\"qeid-2025-06.json\"], \"crls\": [\"rootca-2025-06.crl\","                    \
	" \"pck-platform-2025-06.crl\"], \"min_evaluation\": 17}"
#define JUNE_2025 1750809600 /* seconds since 1970 */
#define INTEL                                                                             \
	"{\"roots\": [\"intel-root.der\"], \"signing_chain\": \"tcb-signing-chain.pem\"," \
	" \"tcb_info\": [\"pcs-tcbinfo-90c06f000000-2026-03.json\"], \"qe_identity\":"    \
	" [\"pcs-qeid-2026-03.json\"], \"crls\": [\"rootca-2026-03.crl\","                \
	" \"pck-platform-2026-03.crl\"], \"min_evaluation\": 17}"
#define AMD                                                                                      \
	"{\"roots\": [\"ark-genoa.der\", \"ark-turin.der\"], \"certificates\":"                  \
	" [\"ask-genoa.der\", \"ask-turin.der\", \"genoa-v5.vcek.der\", \"turin-v5.vcek.der\"]," \
	" \"products\": [\"Genoa\", \"Turin\"], \"waive\": [\"crls\", \"chips\"]}"
#define TRUST	    "{\"tdx\": " INTEL ", \"snp\": " AMD "}"
#define APRIL_2026  1775001600 /* seconds since 1970 */
#define GENOA	    "Genoa:bootloader=10,tee=0,snp=25,microcode=84"
#define TURIN	    "Turin:fmc=0,bootloader=1,tee=0,snp=2,microcode=71"
#define GENOA_LATER "Genoa:bootloader=10,tee=0,snp=26,microcode=84"

static char tdx_folder[4096], snp_folder[4096];

static struct json_object *json(const char *text)
{
	struct flaw flaw;

	return json_parse((const uint8_t *)text, strlen(text), 1u << 20, &flaw);
}

static struct policy_options options_of(unsigned kinds)
{
	return (struct policy_options){.bank = BANK_SHA256,
		.max_nodes = UINT64_MAX,
		.identity = {"tee"},
		.identity_count = 1,
		.recognise = "chip",
		.tee.kinds = kinds,
		.evidence = json(TRUST)};
}

static void know(struct boot *boot, enum boot_cc cc, const uint8_t value[BOOT_CC_LEN])
{
	boot->cc[cc] = (struct boot_cc_value){.asked = true};
	memcpy(boot->cc[cc].value, value, BOOT_CC_LEN);
}

/* Writes the policy of one set, and has the service read it; NULL: refused on either side. */
static struct policy *written(const struct policy_options *options, const struct boot *boot)
{
	struct policy_image image = {.name = "a", .epoch = 1};
	struct policy *policy = NULL;
	struct bytes out = {0};

	if (policy_tee_take(&options->tee, "a", boot, &image.tee) &&
		output_policy(options, &image, 1, &out))
		CHECK(done(policy_parse((const char *)out.data, out.len, &policy)));
	bytes_free(&out);
	return policy;
}

static bool refused(const struct policy_options *options, const struct boot *boot)
{
	struct policy *policy = written(options, boot);

	policy_free(policy);
	return !policy;
}

/* A quote, and a boot with its registers. */
static struct tdx_report real_quote(const char *name, struct boot *boot)
{
	struct span file = tdx_rig_file(tdx_folder, name);
	struct tdx_trust *trust = NULL;
	struct tdx_report r = {0};
	struct tdx_quote q;
	bool older = strncmp(name, "v4", 2) == 0;

	CHECK(done(tdx_quote_parse(file, &q)) &&
		done(tdx_rig_trust(older ? INTEL_JUNE : INTEL, tdx_folder, &trust)));
	CHECK(trust && done(tdx_authenticate(trust, file, q.body.report_data,
			       older ? JUNE_2025 : APRIL_2026, &r)));
	tdx_rig_trust_free(trust);
	tdx_rig_file_free(file);
	boot_init(boot);
	know(boot, BOOT_MRTD, r.body.mrtd);
	for (unsigned i = 0; i < 3; i++)
		know(boot, (enum boot_cc)(BOOT_RTMR0 + i), r.body.rtmr[i]);
	return r;
}

static enum evidence_fault judge_tdx(const struct policy *p, const struct tdx_report *r)
{
	enum evidence_fault fault = FAULT_NONE;

	if (done(tdx_judge(p->tdx, p->sets[0].tdx, r, &fault)))
		CHECK(fault == FAULT_NONE);
	return fault;
}

/* One thing of a TD that is not as the set has it. */
static void changed_td(const struct policy *p, const struct tdx_report *real)
{
	struct tdx_report r = *real;

	for (unsigned i = 0; i < TDX_RTMRS; i++) {
		r.body.rtmr[i][47] ^= 1;
		CHECK(judge_tdx(p, &r) == FAULT_MEASUREMENT);
		r = *real;
	}
	r.body.mrtd[0] ^= 1;
	CHECK(judge_tdx(p, &r) == FAULT_MEASUREMENT);
	r = *real;
	for (unsigned bit = 0; bit < 64; bit++) {
		r.body.td_attributes ^= 1ull << bit;
		/* The guest's own affair: LASS, PKS, KL, PERFMON. */
		CHECK((judge_tdx(p, &r) == FAULT_NONE) ==
			(bit == 27 || bit == 30 || bit == 31 || bit == 63));
		r = *real;
	}
	r.body.xfam |= 1ull << 60;
	CHECK(judge_tdx(p, &r) == FAULT_PLATFORM);
	r = *real;
	r.body.mrsignerseam[5] = 1;
	CHECK(judge_tdx(p, &r) == FAULT_PLATFORM);
	r = *real;
	r.body.mrservicetd[5] = 1;
	r.body.is_15 = true;
	CHECK(judge_tdx(p, &r) != FAULT_NONE);
	r = *real;
	r.tcb.status = TDX_OUT_OF_DATE;
	CHECK(judge_tdx(p, &r) == FAULT_PLATFORM);
}

/* Report 1.0 and 1.5: the older one has no MRSERVICETD. */
static void test_tdx(void)
{
	static const char *const samples[] = {"v4-uptodate.quote", "v5-uptodate.quote"};
	struct policy_options options = options_of(POLICY_TDX);

	for (size_t i = 0; i < 2; i++) {
		struct boot boot;
		struct tdx_report real = real_quote(samples[i], &boot);
		struct policy *p = written(&options, &boot);

		REQUIRE(p);
		CHECK(p->kinds == 1u << (EVIDENCE_TDX - 1));
		CHECK(p->sets[0].recognise == RECOGNISE_CHIP);
		CHECK(tdx_expected_sealed(p->sets[0].tdx));
		CHECK(judge_tdx(p, &real) == FAULT_NONE);
		changed_td(p, &real);
		policy_free(p);
		boot_free(&boot);
	}
	json_object_put(options.evidence);
}

/* Registers that files do not determine: a refusal that says what to give, or a waiver by name. */
static void test_tdx_unknown(void)
{
	static const char *const names[] = {"rtmr0", "rtmr1", "rtmr2"};
	struct policy_options options = options_of(POLICY_TDX);
	struct tdx_report real;
	struct policy *p;
	struct boot boot;

	for (enum boot_cc cc = BOOT_MRTD; cc <= BOOT_RTMR2; cc++) {
		for (unsigned asked = 0; asked < 2; asked++) {
			real = real_quote("v5-uptodate.quote", &boot);
			boot.cc[cc].unknown = "the files do not say";
			boot.cc[cc].asked = asked;
			CHECK(refused(&options, &boot));
			boot_free(&boot);
		}
	}
	for (unsigned i = 0; i < 3; i++) {
		struct tdx_report other = real;

		real = real_quote("v5-uptodate.quote", &boot);
		boot.cc[BOOT_RTMR0 + i].unknown = "the files do not say";
		options.tee.waived[0] = names[i];
		options.tee.waived_count = 1;
		p = written(&options, &boot);
		if (i == 1) { /* it names the image: any would match */
			CHECK(!p);
			boot_free(&boot);
			continue;
		}
		REQUIRE(p);
		CHECK(p->sets[0].tdx->waived & TDX_MEMBER_BIT(TDX_RTMR0 + i));
		other.body.rtmr[i][0] ^= 1;
		CHECK(judge_tdx(p, &other) == FAULT_NONE);
		other.body.rtmr[(i + 1) % 3][0] ^= 1;
		CHECK(judge_tdx(p, &other) == FAULT_MEASUREMENT);
		policy_free(p);
		boot_free(&boot);
	}
	json_object_put(options.evidence);
}

/* Some image must match, and no machine that has joined. */
static void test_tdx_open(void)
{
	struct policy_options options = options_of(POLICY_TDX);
	struct boot boot;

	real_quote("v5-uptodate.quote", &boot);
	options.tee.waived[0] = "rtmr1";
	options.tee.waived[1] = "rtmr2";
	/* Any image would match: what runs before it extends RTMR 2 as it likes. */
	for (options.tee.waived_count = 2; options.tee.waived_count; options.tee.waived_count--) {
		options.tee.kinds = POLICY_TDX;
		CHECK(refused(&options, &boot));
		CHECK(!policy_tee_complete(&options.tee));
		options.tee.kinds = POLICY_TPM | POLICY_TDX;
		CHECK(policy_tee_complete(&options.tee));
	}
	options.tee.kinds = POLICY_TDX;
	CHECK(!refused(&options, &boot));
	boot.cc[BOOT_RTMR3] = (struct boot_cc_value){.asked = true};
	CHECK(!refused(&options, &boot));
	boot.cc[BOOT_RTMR3].value[0] = 1; /* of a machine that has joined */
	CHECK(refused(&options, &boot));
	boot_free(&boot);
	json_object_put(options.evidence);
}

static struct snp_report real_report(const char *name, struct boot *boot)
{
	uint8_t buffer[SNP_REPORT_LEN];
	struct span bytes = rig_file(snp_folder, name, buffer, sizeof(buffer));
	struct snp_trust *trust = NULL;
	struct snp_report r = {0};

	CHECK(done(rig_trust(AMD, snp_folder, &trust)));
	CHECK(trust && done(snp_authenticate(trust, bytes, (struct span){NULL, 0},
			       bytes.data + 0x050, APRIL_2026, &r)));
	rig_trust_free(trust);
	boot_init(boot);
	know(boot, BOOT_SNP_LAUNCH, r.measurement);
	boot->cc[BOOT_SNP_LAUNCH].kernel_hashed = true;
	return r;
}

static enum evidence_fault judge_snp(const struct policy *p, const struct snp_report *r)
{
	enum evidence_fault fault = FAULT_NONE;

	if (done(snp_judge(p->snp, p->sets[0].snp, r, &fault)))
		CHECK(fault == FAULT_NONE);
	return fault;
}

static void changed_guest(const struct policy *p, const struct snp_report *real)
{
	struct snp_report r = *real;

	r.measurement[47] ^= 1;
	CHECK(judge_snp(p, &r) == FAULT_MEASUREMENT);
	r = *real;
	r.policy |= SNP_POLICY_DEBUG;
	CHECK(judge_snp(p, &r) == FAULT_PLATFORM);
	r = *real;
	r.policy |= SNP_POLICY_MIGRATE_MA;
	CHECK(judge_snp(p, &r) == FAULT_PLATFORM);
	r = *real;
	r.policy |= 1u << 21; /* CXL */
	CHECK(judge_snp(p, &r) == FAULT_PLATFORM);
	r = *real;
	r.vmpl = 1;
	CHECK(judge_snp(p, &r) == FAULT_PLATFORM);
	r = *real;
	r.version = 2;
	CHECK(judge_snp(p, &r) == FAULT_PLATFORM);
	r = *real;
	r.key = SNP_KEY_VLEK;
	CHECK(judge_snp(p, &r) == FAULT_PLATFORM);
	r = *real;
	r.platform_info &= ~(1ull << 5); /* memory aliases were not looked for */
	CHECK(judge_snp(p, &r) == FAULT_PLATFORM);
}

static void test_snp(void)
{
	static const char *const samples[] = {"genoa-v5.report", "turin-v5.report"};
	struct policy_options options = options_of(POLICY_SNP);

	CHECK(policy_tcb_read(GENOA, &options.tee.tcb[0]));
	CHECK(policy_tcb_read(TURIN, &options.tee.tcb[1]));
	options.tee.tcb_count = 2;
	options.accept_no_seal = true;
	for (size_t i = 0; i < 2; i++) {
		struct boot boot;
		struct snp_report real = real_report(samples[i], &boot);
		struct policy *p = written(&options, &boot);

		REQUIRE(p);
		CHECK(p->kinds == 1u << (EVIDENCE_SNP - 1) && p->sets[0].no_seal);
		CHECK(judge_snp(p, &real) == FAULT_NONE);
		changed_guest(p, &real);
		policy_free(p);
		boot_free(&boot);
	}
	json_object_put(options.evidence);
}

/* What no image says about SEV-SNP has to be said. */
static void test_snp_options(void)
{
	struct policy_options options = options_of(POLICY_SNP);
	struct snp_report real;
	struct policy *p;
	struct boot boot;

	real = real_report("genoa-v5.report", &boot);
	CHECK(policy_tcb_read(GENOA_LATER, &options.tee.tcb[0]));
	options.tee.tcb_count = 1;
	CHECK(refused(&options, &boot)); /* nothing seals it */
	options.accept_no_seal = true;
	p = written(&options, &boot);
	REQUIRE(p);
	CHECK(judge_snp(p, &real) == FAULT_PLATFORM); /* an older firmware than that */
	policy_free(p);
	options.tee.tcb_count = 0;
	CHECK(refused(&options, &boot));
	options.tee.waived[0] = "tcb";
	options.tee.waived[1] = "platform_info";
	options.tee.waived_count = 2;
	options.tee.clouds[0] = "cc-us-east-2.amazonaws.com";
	options.tee.cloud_count = 1;
	p = written(&options, &boot);
	REQUIRE(p);
	CHECK(judge_snp(p, &real) == FAULT_PLATFORM); /* signed by the chip's key */
	real.key = SNP_KEY_VLEK;
	snprintf(real.csp_id, sizeof(real.csp_id), "%s", options.tee.clouds[0]);
	memset(real.chip_id, 0, sizeof(real.chip_id));
	real.platform_info = 0;
	CHECK(judge_snp(p, &real) == FAULT_NONE);
	policy_free(p);
	boot.cc[BOOT_SNP_LAUNCH].remark = "for people, and nothing hangs on it";
	CHECK(!refused(&options, &boot));
	boot.cc[BOOT_SNP_LAUNCH].remark = NULL;
	boot.cc[BOOT_SNP_LAUNCH].kernel_hashed = false; /* so any image would match */
	CHECK(refused(&options, &boot));
	boot_free(&boot);
	json_object_put(options.evidence);
}

static void test_what_must_be_said(void)
{
	struct policy_options options = options_of(POLICY_TDX), other;
	struct boot boot;

	real_quote("v5-uptodate.quote", &boot);
	CHECK(!refused(&options, &boot));
	other = options;
	other.evidence = NULL;
	CHECK(refused(&other, &boot));
	other = options;
	other.recognise = NULL;
	CHECK(refused(&other, &boot));
	other = options;
	other.tee.kinds = POLICY_TDX | POLICY_SNP;
	know(&boot, BOOT_SNP_LAUNCH, boot.cc[BOOT_MRTD].value);
	other.tee.waived[0] = "tcb";
	other.tee.waived_count = 1;
	CHECK(refused(&other, &boot)); /* no processor has both */
	json_object_put(options.evidence);
	options.evidence = json("{\"tdx\": {\"roots\": [1.5]}}");
	CHECK(refused(&options, &boot));
	json_object_put(options.evidence);
	options.evidence = json("{\"tdx\":[[[[[[[[[1]]]]]]]]]}");
	CHECK(refused(&options, &boot));
	json_object_put(options.evidence);
	boot_free(&boot);
}

/* Two images whose registers are the same: a machine would match both. */
static void test_two_images(void)
{
	struct policy_options options = options_of(POLICY_TDX);
	struct policy_image images[2] = {{.name = "a", .epoch = 1}, {.name = "b", .epoch = 2}};
	struct policy *policy = NULL;
	struct bytes out = {0};
	struct boot boot;

	real_quote("v5-uptodate.quote", &boot);
	REQUIRE(policy_tee_take(&options.tee, "a", &boot, &images[0].tee));
	images[1].tee = images[0].tee;
	CHECK(!output_policy(&options, images, 2, &out));
	images[1].tee.value[BOOT_RTMR1][0] ^= 1;
	bytes_free(&out);
	REQUIRE(output_policy(&options, images, 2, &out));
	REQUIRE(done(policy_parse((const char *)out.data, out.len, &policy)));
	CHECK(policy->set_count == 2);
	CHECK_BYTES(policy->sets[1].tdx->values[TDX_RTMR1].list[0], images[1].tee.value[BOOT_RTMR1],
		BOOT_CC_LEN);
	policy_free(policy);
	bytes_free(&out);
	boot_free(&boot);
	json_object_put(options.evidence);
}

static void test_minima(void)
{
	static const char *const bad[] = {"", "Genoa", "Genoa:", "Genoa:snp",
		"Genoa:snp=", "Genoa:snp=256", "Genoa:snp=-1", "Genoa:snp=1,", "Genoa:snp=0x1",
		":snp=1", "Genoa:snp=1 ", "Genoa:\"=1", "Genoa:=1", "Genoagenoagenoagenoa:snp=1",
		"G:a=1,b=1,c=1,d=1,e=1,f=1", "Genoa:snp=0001", "Genoa,snp=1"};
	struct policy_tcb tcb;

	CHECK(policy_tcb_read(TURIN, &tcb));
	CHECK(strcmp(tcb.product, "Turin") == 0 && tcb.count == 5);
	CHECK(strcmp(tcb.parts[4].name, "microcode") == 0 && tcb.parts[4].least == 71);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!policy_tcb_read(bad[i], &tcb));
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	report_silence();
	snprintf(tdx_folder, sizeof(tdx_folder), "%s/tdx", argv[1]);
	snprintf(snp_folder, sizeof(snp_folder), "%s/snp", argv[1]);
	RUN(test_tdx);
	RUN(test_tdx_unknown);
	RUN(test_tdx_open);
	RUN(test_snp);
	RUN(test_snp_options);
	RUN(test_what_must_be_said);
	RUN(test_two_images);
	RUN(test_minima);
	return test_summary();
}
