/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PID 1's reports of the processor, from the kernel's interface as tests/mock/tsm_fs.h imitates it
 * to the EVIDENCE that is sent. TPM and disk are fakes. Needs root and /dev/fuse; fails without.
 */
#include <errno.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "early/boot.h"
#include "early/contract/errors.h"
#include "early/contract/pcr15.h"
#include "early/join/evidence.h"
#include "early/tee/tee.h"
#include "tests/mock/tsm_fs.h"
#include "tests/unit/join/fakes.h"
#include "tests/unit/test.h"

#define BIT(type) (1u << ((type)-1))

static struct tsm_machine *machine;
static struct peer peer;
static struct boot boot;
static struct evidence evidence;
static uint8_t rd[RD_LEN];

/* A machine of this kind, as stage tee finds it. */
static void fresh(const char *provider)
{
	memset(machine, 0, sizeof(*machine));
	memset(&boot, 0, sizeof(boot));
	memset(&fakes, 0, sizeof(fakes));
	memset(boot.disk_id, 0xdd, DISK_ID_LEN);
	snprintf(machine->provider, sizeof(machine->provider), "%s", provider);
	CHECK(!failed(stage_tee(&boot)));
}

static bool all_gone(void)
{
	return machine->made == machine->removed;
}

static uint16_t report(const char *provider, size_t len, const struct tee_report **r)
{
	const struct tee_request request = {.provider = provider, .report_len = len};

	return tee_report(&request, rd, r).code;
}

/* rd and zeros, and nothing else. */
static bool about(const uint8_t *data, const uint8_t want[RD_LEN])
{
	static const uint8_t zeros[32];

	return memcmp(data, want, RD_LEN) == 0 && memcmp(data + RD_LEN, zeros, 32) == 0;
}

static void test_snp_report(void)
{
	const struct tee_report *r;

	fresh(PROVIDER_SNP);
	CHECK(boot.tee);
	machine->table_len = SNP_TABLE_MAX;
	CHECK(report(PROVIDER_SNP, SNP_REPORT_LEN, &r) == 0);
	CHECK(r->report_len == SNP_REPORT_LEN && r->table_len == SNP_TABLE_MAX);
	CHECK(about(r->report + TSM_SNP_DATA_AT, rd) && r->report[TSM_SNP_VMPL_AT] == 0);
	CHECK(r->table[0] == 't' && machine->reports == 1 && all_gone());
	machine->table_len = 0;
	CHECK(report(PROVIDER_SNP, SNP_REPORT_LEN, &r) == 0 && r->table_len == 0);
}

static void test_tdx_report(void)
{
	const struct tee_report *r;

	fresh(PROVIDER_TDX);
	CHECK(boot.tee && boot.rtmr);
	CHECK(report(PROVIDER_TDX, 0, &r) == 0);
	CHECK(r->report_len == TSM_TDX_LEN && about(r->report + TSM_TDX_DATA_AT, rd));
	machine->report_len = TDX_QUOTE_MAX;
	CHECK(report(PROVIDER_TDX, 0, &r) == 0 && r->report_len == TDX_QUOTE_MAX);
	machine->report_len = TDX_QUOTE_MAX + 1;
	CHECK(report(PROVIDER_TDX, 0, &r) == E_TEE_SIZE && all_gone());
}

/* The kernel asks at level 0 although it has only higher ones: the floor, or what was measured. */
static void test_privlevel(void)
{
	struct tee_request request = {.provider = PROVIDER_SNP, .report_len = SNP_REPORT_LEN};
	const struct tee_report *r;

	fresh(PROVIDER_SNP);
	machine->privlevel_floor = 2;
	CHECK(tee_report(&request, rd, &r).code == 0 && r->report[TSM_SNP_VMPL_AT] == 2);
	request.privlevel = 1;
	CHECK(tee_report(&request, rd, &r).code == 0 && r->report[TSM_SNP_VMPL_AT] == 2);
	request.privlevel = 3;
	CHECK(tee_report(&request, rd, &r).code == 0 && r->report[TSM_SNP_VMPL_AT] == 3);
	machine->privlevel_floor = 4;
	CHECK(tee_report(&request, rd, &r).code == E_TEE_WRITE && all_gone());
}

static void test_no_report(void)
{
	const struct tee_report *r;

	fresh("");
	CHECK(!boot.tee);
	CHECK(report(PROVIDER_SNP, SNP_REPORT_LEN, &r) == E_TEE_NO_DRIVER);
	fresh(PROVIDER_TDX);
	CHECK(report(PROVIDER_SNP, SNP_REPORT_LEN, &r) == E_TEE_PROVIDER && all_gone());
	fresh("sev_guest2");
	CHECK(report(PROVIDER_SNP, SNP_REPORT_LEN, &r) == E_TEE_PROVIDER && all_gone());
	fresh("arm_cca_guest");
	CHECK(report(PROVIDER_TDX, 0, &r) == E_TEE_PROVIDER && all_gone());
}

static void test_lengths(void)
{
	const struct tee_report *r;

	fresh(PROVIDER_SNP);
	for (size_t i = 0; i < 3; i++) {
		static const size_t lens[] = {1, SNP_REPORT_LEN - 1, SNP_REPORT_LEN + 1};

		machine->report_len = lens[i];
		CHECK(report(PROVIDER_SNP, SNP_REPORT_LEN, &r) == E_TEE_LENGTH && all_gone());
	}
}

static void test_kernel_errors(void)
{
	static const struct {
		int error;
		uint16_t code;
	} rows[] = {{EBUSY, E_TEE_BUSY}, {ETIMEDOUT, E_TEE_BUSY}, {ENXIO, E_TEE_READ},
		{EIO, E_TEE_READ}, {ENOTTY, E_TEE_READ}, {EINVAL, E_TEE_READ},
		{ENOMEM, E_TEE_READ}};
	const struct tee_report *r;

	fresh(PROVIDER_SNP);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		machine->read_error = rows[i].error;
		CHECK(report(PROVIDER_SNP, SNP_REPORT_LEN, &r) == rows[i].code && all_gone());
	}
	CHECK(error_retry(E_TEE_BUSY) == ERROR_RETRY && error_retry(E_TEE_READ) == ERROR_FINAL);
}

/* A report about somebody else's bytes is never taken for ours; nor one about none. */
static void test_other_writer(void)
{
	const struct tee_report *r;

	fresh(PROVIDER_SNP);
	machine->others = 3;
	CHECK(report(PROVIDER_SNP, SNP_REPORT_LEN, &r) == 0);
	CHECK(about(r->report + TSM_SNP_DATA_AT, rd) && machine->reports == 4);
	machine->others = 100;
	CHECK(report(PROVIDER_SNP, SNP_REPORT_LEN, &r) == E_TEE_GENERATION && all_gone());
	machine->others = 0;
	machine->stores_lost = 2;
	CHECK(report(PROVIDER_SNP, SNP_REPORT_LEN, &r) == 0);
	CHECK(about(r->report + TSM_SNP_DATA_AT, rd));
	machine->stores_lost = 100;
	CHECK(report(PROVIDER_SNP, SNP_REPORT_LEN, &r) == E_TEE_GENERATION && all_gone());
}

static void extended(const char *text, uint8_t value[48])
{
	uint8_t digest[DIGEST_MAX];

	CHECK(digest_of(DIGEST_SHA384, text, strlen(text), digest));
	CHECK(pcr_extend(DIGEST_SHA384, value, digest));
}

static void test_seal(void)
{
	uint8_t value[48] = {0};

	fresh(PROVIDER_TDX);
	CHECK(!failed(stage_rtmr(&boot)) && !boot.rtmr);
	extended("protostar: sealed", value);
	CHECK_BYTES(machine->rtmr, value, sizeof(value));
	rtmr_poison(PCR15_FAILED);
	extended("protostar: failed", value);
	CHECK_BYTES(machine->rtmr, value, sizeof(value));
	/* Nothing to seal is no failure; a register that does not take its value is. */
	CHECK(!failed(stage_rtmr(&boot)));
	CHECK_BYTES(machine->rtmr, value, sizeof(value));
	machine->rtmr_stuck = true;
	CHECK(rtmr_seal(PCR15_SEALED).code == E_RTMR_VALUE);
	machine->no_rtmr = true;
	CHECK(rtmr_seal(PCR15_SEALED).code == E_RTMR_WRITE);
}

static struct status evidence_of(uint32_t types)
{
	struct msg_hello hello = {.bank = DIGEST_SHA256,
		.pcr_mask = 1,
		.evidence_types = types,
		.purpose = PURPOSE_JOIN};

	evidence_free(&evidence);
	return evidence_make(&boot, &peer, &hello, &evidence);
}

/* What the service would read of it; the claims have a TPM's keys with its quote and not else. */
static void read_back(struct msg_evidence *m)
{
	struct msg_claims claims;

	memset(m, 0, sizeof(*m));
	REQUIRE(message_get_evidence((struct span){evidence.frame + FRAME_HEADER_LEN,
					     evidence.frame_len - FRAME_HEADER_LEN},
		m));
	REQUIRE(claims_get(m->claims, &claims));
	CHECK((claims.ak_pub.len > 0) == (m->items[EVIDENCE_TPM2 - 1].len > 0));
	/* A node's own quote never is what the service has to give. */
	CHECK(memcmp(evidence.rd, evidence.service_rd, RD_LEN) != 0);
	CHECK((claims.ek_pub.len > 0) == (m->items[EVIDENCE_TPM2 - 1].len > 0));
}

static bool has(const struct msg_evidence *m, unsigned type)
{
	return m->items[type - 1].len > 0;
}

static void test_evidence_snp(void)
{
	struct evidence_snp snp;
	struct msg_evidence m;

	fresh(PROVIDER_SNP);
	machine->table_len = 24;
	CHECK(!failed(evidence_of(BIT(EVIDENCE_TPM2) | BIT(EVIDENCE_SNP) | BIT(EVIDENCE_TDX))));
	read_back(&m);
	CHECK(has(&m, EVIDENCE_SNP) && !has(&m, EVIDENCE_TPM2) && !has(&m, EVIDENCE_TDX));
	REQUIRE(evidence_snp_get(m.items[EVIDENCE_SNP - 1], &snp));
	CHECK(snp.table.len == 24 && about(snp.report.data + TSM_SNP_DATA_AT, evidence.rd));
	/* Not asked for, not made. */
	machine->reports = 0;
	CHECK(evidence_of(BIT(EVIDENCE_TPM2)).code == E_JOIN_EVIDENCE_TYPE);
	CHECK(evidence_of(BIT(EVIDENCE_TDX)).code == E_TEE_PROVIDER && machine->reports == 0);
}

static void test_evidence_tdx(void)
{
	struct evidence_tdx tdx;
	struct msg_evidence m;

	fresh(PROVIDER_TDX);
	CHECK(!failed(evidence_of(BIT(EVIDENCE_TDX))));
	read_back(&m);
	REQUIRE(evidence_tdx_get(m.items[EVIDENCE_TDX - 1], &tdx));
	CHECK(tdx.quote.len == TSM_TDX_LEN);
	CHECK(about(tdx.quote.data + TSM_TDX_DATA_AT, evidence.rd));
	boot.rtmr = false;
	CHECK(evidence_of(BIT(EVIDENCE_TDX)).code == E_RTMR_NONE);
}

static void test_evidence_svsm(void)
{
	uint8_t asked[64] = {0}, want[DIGEST_MAX], said[72];
	struct evidence_svsm svsm;
	struct msg_evidence m;

	fresh(PROVIDER_SNP);
	boot.tpm = fake_tpm();
	machine->privlevel_floor = 2;
	CHECK(!failed(evidence_of(BIT(EVIDENCE_TPM2) | BIT(EVIDENCE_SVSM))));
	read_back(&m);
	CHECK(has(&m, EVIDENCE_TPM2));
	REQUIRE(evidence_svsm_get(m.items[EVIDENCE_SVSM - 1], &svsm));
	REQUIRE(svsm.manifest.len == 8);
	CHECK_BYTES(svsm.manifest.data, TSM_MANIFEST, 8);
	memcpy(asked, evidence.rd, RD_LEN);
	memcpy(said, asked, 64);
	memcpy(said + 64, TSM_MANIFEST, 8);
	CHECK(digest_of(DIGEST_SHA512, said, sizeof(said), want));
	CHECK_BYTES(svsm.report.data + TSM_SNP_DATA_AT, want, 64);
	machine->manifest_len = SVSM_MANIFEST_MAX + 1;
	CHECK(!failed(evidence_of(BIT(EVIDENCE_TPM2) | BIT(EVIDENCE_SVSM))));
	read_back(&m);
	CHECK(!has(&m, EVIDENCE_SVSM));
	/* No SVSM under this machine. */
	machine->privlevel_floor = 0;
	CHECK(!failed(evidence_of(BIT(EVIDENCE_TPM2) | BIT(EVIDENCE_SVSM))));
	read_back(&m);
	CHECK(has(&m, EVIDENCE_TPM2) && !has(&m, EVIDENCE_SVSM));
	/* Without its TPM it is of no use. */
	boot.tpm = NULL;
	CHECK(evidence_of(BIT(EVIDENCE_SVSM)).code == E_JOIN_EVIDENCE_TYPE);
}

static void test_evidence_hcl(void)
{
	const uint32_t both = BIT(EVIDENCE_TPM2) | BIT(EVIDENCE_HCL);
	struct evidence_hcl hcl;
	struct msg_evidence m;

	fresh("");
	boot.tpm = fake_tpm();
	CHECK(!failed(evidence_of(both)));
	read_back(&m);
	REQUIRE(evidence_hcl_get(m.items[EVIDENCE_HCL - 1], &hcl));
	CHECK(hcl.report.len == HCL_REPORT_MAX && hcl.td_quote.len == 0);
	CHECK(about(hcl.report.data, evidence.rd));
	fakes.hcl_fails = E_TPM_HCL_NONE;
	CHECK(!failed(evidence_of(both)));
	read_back(&m);
	CHECK(has(&m, EVIDENCE_TPM2) && !has(&m, EVIDENCE_HCL));
}

/* One of two sources fails: the other still serves, and says nothing of the one that is gone. */
static void test_one_of_two(void)
{
	const uint32_t both = BIT(EVIDENCE_TPM2) | BIT(EVIDENCE_SNP);
	struct msg_evidence m;

	fresh(PROVIDER_SNP);
	boot.tpm = fake_tpm();
	CHECK(!failed(evidence_of(both)));
	read_back(&m);
	CHECK(has(&m, EVIDENCE_TPM2) && has(&m, EVIDENCE_SNP));
	fakes.quote_fails = E_TPM_QUOTE;
	CHECK(!failed(evidence_of(both)));
	read_back(&m);
	CHECK(!has(&m, EVIDENCE_TPM2) && has(&m, EVIDENCE_SNP));
	machine->read_error = EIO;
	CHECK(evidence_of(both).code == E_TPM_QUOTE);
	fakes.quote_fails = 0;
	CHECK(!failed(evidence_of(both)));
	read_back(&m);
	CHECK(has(&m, EVIDENCE_TPM2) && !has(&m, EVIDENCE_SNP));
}

/* What time may heal is waited for once; then the other one goes alone, and is not held up. */
static void test_busy(void)
{
	const uint32_t both = BIT(EVIDENCE_TPM2) | BIT(EVIDENCE_SNP);
	struct msg_evidence m;
	unsigned made;

	fresh(PROVIDER_SNP);
	boot.tpm = fake_tpm();
	machine->read_error = EBUSY;
	CHECK(evidence_of(both).code == E_TEE_BUSY);
	CHECK(!failed(evidence_of(both)));
	read_back(&m);
	CHECK(has(&m, EVIDENCE_TPM2) && !has(&m, EVIDENCE_SNP));
	made = machine->made;
	CHECK(!failed(evidence_of(both)) && machine->made == made);
	/* Alone it is asked for as long as the boot lasts. */
	for (int i = 0; i < 3; i++)
		CHECK(evidence_of(BIT(EVIDENCE_SNP)).code == E_TEE_BUSY);
	machine->read_error = 0;
	CHECK(!failed(evidence_of(BIT(EVIDENCE_SNP))));
}

int main(void)
{
	if (failed(secret_pool_open(4u * SECRET_MAX)) || failed(random_open()))
		return 1;
	machine = tsm_fs_start();
	if (!machine)
		return 1;
	for (size_t i = 0; i < RD_LEN; i++)
		rd[i] = (uint8_t)(i + 1);
	RUN(test_snp_report);
	RUN(test_tdx_report);
	RUN(test_privlevel);
	RUN(test_no_report);
	RUN(test_lengths);
	RUN(test_kernel_errors);
	RUN(test_other_writer);
	RUN(test_seal);
	RUN(test_evidence_snp);
	RUN(test_evidence_tdx);
	RUN(test_evidence_svsm);
	RUN(test_evidence_hcl);
	RUN(test_one_of_two);
	RUN(test_busy);
	evidence_free(&evidence);
	tsm_fs_stop();
	return test_summary();
}
