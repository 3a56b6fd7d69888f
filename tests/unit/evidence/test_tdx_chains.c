/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TDX quotes of a platform of the test's own: a valid signature over whatever is wrong. Each hole
 * that other verifiers had is a test of its name.
 */
#include <stdlib.h>

#include "tests/interop/evidence/tdx_pki.h"
#include "tests/unit/done.h"
#include "tests/unit/evidence/tdx_rig.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/evidence/tdx/authenticate.h"

#define NOW_S	 1800000000
#define TEXT_CAP 16384u
#define ZEROS_32 "00000000000000000000000000000000"
#define ZEROS_96 ZEROS_32 ZEROS_32 ZEROS_32
#define MODULE(id, signer, attributes, levels)                                        \
	"{\"id\":\"" id "\",\"mrsigner\":\"" signer "\",\"attributes\":\"" attributes \
	"\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\",\"tcbLevels\":[" levels "]}"
#define LEVEL(isvsvn, status)          \
	"{\"tcb\":{\"isvsvn\":" isvsvn \
	"},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"" status "\"}"

static struct tdx_pki intel;
static uint8_t report_data[TDX_REPORT_DATA_LEN];

/* What the whole verifier says, with these files: a status, or a failure's text. */
static const char *verdict_at(struct span quote, const char *evidence, int64_t now_s)
{
	struct tdx_trust *t = NULL;
	struct tdx_report r;
	const char *text = last_failure.text;

	if (done(tdx_rig_trust(evidence, scratch, &t)) &&
		done(tdx_authenticate(t, quote, report_data, now_s, &r)))
		text = tdx_status_name(r.tcb.status);
	tdx_rig_trust_free(t);
	return text;
}

/* The same of a quote of this platform, beside collateral of this kind. */
static const char *verdict(const struct tdx_pki *p, const struct tdx_quote_spec *q,
	const struct tdx_collateral_spec *c)
{
	static uint8_t bytes[TDX_QUOTE_LONGEST];
	struct span quote = {bytes, tdx_pki_quote(p, q, bytes)};

	tdx_pki_write_all(&intel, c, scratch);
	return verdict_at(quote, TDX_PKI_EVIDENCE, NOW_S);
}

static const char *verdict_of_quote(const struct tdx_quote_spec *q)
{
	struct tdx_collateral_spec c = tdx_collateral_spec(NOW_S);

	return verdict(&intel, q, &c);
}

static const char *verdict_of_collateral(const struct tdx_collateral_spec *c)
{
	struct tdx_quote_spec q = tdx_quote_spec(report_data);

	return verdict(&intel, &q, c);
}

#define IS(text, wanted)   CHECK(strcmp((text), (wanted)) == 0)
#define SAYS(text, wanted) CHECK(strstr((text), (wanted)) != NULL)

static void test_good(void)
{
	struct tdx_quote_spec q = tdx_quote_spec(report_data);

	IS(verdict_of_quote(&q), "UpToDate");
	q.der = true;
	q.zeros = 307;
	IS(verdict_of_quote(&q), "UpToDate");
	q.body.is_15 = false;
	IS(verdict_of_quote(&q), "UpToDate");
	q.version = 4;
	IS(verdict_of_quote(&q), "UpToDate");
}

/* go-tdx-guest: the module's level was returned, the platform's dropped. */
static void test_platform_out_of_date_module_up_to_date(void)
{
	char high[TDX_LEVEL_TEXT_MAX], low[TDX_LEVEL_TEXT_MAX], both[2 * TDX_LEVEL_TEXT_MAX + 2];
	struct tdx_collateral_spec c = tdx_collateral_spec(NOW_S);

	tdx_pki_level(&intel, 1, 5, "UpToDate", "[]", high);
	tdx_pki_level(&intel, -1, 5, "OutOfDate", "[\"INTEL-SA-01036\"]", low);
	snprintf(both, sizeof(both), "%s,%s", high, low);
	c.tcb_levels = both;
	IS(verdict_of_collateral(&c), "OutOfDate");
	/* Intel's order is not relied on. */
	snprintf(both, sizeof(both), "%s,%s", low, high);
	IS(verdict_of_collateral(&c), "OutOfDate");
	tdx_pki_level(&intel, 0, 5, "UpToDate", "[]", high);
	snprintf(both, sizeof(both), "%s,%s", low, high);
	IS(verdict_of_collateral(&c), "UpToDate");
	tdx_pki_level(&intel, 1, 5, "UpToDate", "[]", high);
	c.tcb_levels = high;
	IS(verdict_of_collateral(&c), "NotSupported");
}

/* dcap-qvl before 2026-03: module identities ignored. */
static void test_module_identity(void)
{
	char signer[512];
	struct tdx_collateral_spec c = tdx_collateral_spec(NOW_S);

	snprintf(signer, sizeof(signer),
		MODULE("TDX_01", "%.94s01", "0000000000000000", LEVEL("5", "UpToDate")), ZEROS_96);
	c.module_identities = signer;
	SAYS(verdict_of_collateral(&c), "MRSIGNERSEAM");
	c.module_identities = MODULE(
		"TDX_01", ZEROS_96, "0100000000000000", LEVEL("5", "UpToDate"));
	SAYS(verdict_of_collateral(&c), "attributes");
	c.module_identities = MODULE(
		"TDX_03", ZEROS_96, "0000000000000000", LEVEL("5", "UpToDate"));
	SAYS(verdict_of_collateral(&c), "TDX_01");
	c.module_identities = "";
	SAYS(verdict_of_collateral(&c), "TDX_01");
	c.module_identities = MODULE(
		"tdx_01", ZEROS_96, "0000000000000000", LEVEL("5", "UpToDate"));
	IS(verdict_of_collateral(&c), "UpToDate");
}

static void test_module_status(void)
{
	struct tdx_collateral_spec c = tdx_collateral_spec(NOW_S);

	c.module_identities = MODULE("TDX_01", ZEROS_96, "0000000000000000",
		LEVEL("8", "UpToDate") "," LEVEL("5", "OutOfDate"));
	IS(verdict_of_collateral(&c), "OutOfDate");
	c.module_identities = MODULE("TDX_01", ZEROS_96, "0000000000000000",
		LEVEL("5", "Revoked") "," LEVEL("8", "UpToDate"));
	IS(verdict_of_collateral(&c), "Revoked");
	c.module_identities = MODULE(
		"TDX_01", ZEROS_96, "0000000000000000", LEVEL("8", "UpToDate"));
	IS(verdict_of_collateral(&c), "NotSupported");
}

/* dcap-qvl: the TDX components 0 and 1 say nothing when the module has levels of its own. */
static void test_module_components(void)
{
	struct tdx_quote_spec q = tdx_quote_spec(report_data);
	struct tdx_collateral_spec c = tdx_collateral_spec(NOW_S);
	char level[TDX_LEVEL_TEXT_MAX];

	tdx_pki_level(&intel, 0, 9, "UpToDate", "[]", level);
	c.tcb_levels = level;
	IS(verdict(&intel, &q, &c), "UpToDate");
	q.body.tee_tcb_svn[1] = q.body.tee_tcb_svn_2[1] = 0;
	IS(verdict(&intel, &q, &c), "NotSupported");
	q.body.tee_tcb_svn[0] = q.body.tee_tcb_svn_2[0] = 9;
	IS(verdict(&intel, &q, &c), "UpToDate");
	q.body.mrsignerseam[0] = 1;
	SAYS(verdict(&intel, &q, &c), "MRSIGNERSEAM");
}

/* The TD was started by an old module, which was replaced under it. */
static void test_relaunch(void)
{
	struct tdx_quote_spec q = tdx_quote_spec(report_data);
	struct tdx_collateral_spec c = tdx_collateral_spec(NOW_S);

	c.module_identities = MODULE("TDX_01", ZEROS_96, "0000000000000000",
		LEVEL("5", "UpToDate") "," LEVEL("3", "OutOfDate"));
	q.body.tee_tcb_svn[0] = 4;
	IS(verdict(&intel, &q, &c), "TDRelaunchAdvised");
	q.body.tee_tcb_svn_2[0] = 4;
	IS(verdict(&intel, &q, &c), "OutOfDate");
	q.body.tee_tcb_svn[0] = 7;
	IS(verdict(&intel, &q, &c), "OutOfDate");
	q.body.tee_tcb_svn[0] = 4;
	q.body.tee_tcb_svn_2[0] = 7;
	c.qe_levels = LEVEL("8", "UpToDate") "," LEVEL("6", "OutOfDate");
	IS(verdict(&intel, &q, &c), "OutOfDate");
	q.body.is_15 = false;
	c.qe_levels = NULL;
	IS(verdict(&intel, &q, &c), "OutOfDate");
}

static void test_merged_statuses(void)
{
	struct tdx_collateral_spec c = tdx_collateral_spec(NOW_S);
	char level[TDX_LEVEL_TEXT_MAX];

	tdx_pki_level(&intel, 0, 5, "ConfigurationNeeded", "[\"INTEL-SA-00615\"]", level);
	c.tcb_levels = level;
	IS(verdict_of_collateral(&c), "ConfigurationNeeded");
	c.qe_levels = LEVEL("6", "OutOfDate");
	IS(verdict_of_collateral(&c), "OutOfDateConfigurationNeeded");
	c.qe_levels = LEVEL("6", "SWHardeningNeeded");
	IS(verdict_of_collateral(&c), "ConfigurationAndSWHardeningNeeded");
	c.qe_levels = LEVEL("6", "Revoked");
	IS(verdict_of_collateral(&c), "Revoked");
	c.qe_levels = LEVEL("8", "UpToDate");
	IS(verdict_of_collateral(&c), "NotSupported");
	c.qe_levels = LEVEL("6", "TDRelaunchAdvised");
	SAYS(verdict_of_collateral(&c), "tcbStatus");
}

/* dcap-qvl before 2026-03. */
static void test_vendor_id(void)
{
	struct tdx_quote_spec q = tdx_quote_spec(report_data);

	q.vendor[15] ^= 1;
	SAYS(verdict_of_quote(&q), "vendor id");
}

/* CVE-2026-22696: a fake quoting enclave under a genuine PCK. */
static void test_fake_qe(void)
{
	struct tdx_quote_spec q = tdx_quote_spec(report_data);
	struct tdx_collateral_spec c = tdx_collateral_spec(NOW_S);

	q.qe_mrsigner[0] ^= 1;
	SAYS(verdict_of_quote(&q), "MRSIGNER");
	q = tdx_quote_spec(report_data);
	q.qe_attributes[0] |= 2; /* a debug enclave */
	SAYS(verdict_of_quote(&q), "ATTRIBUTES");
	q = tdx_quote_spec(report_data);
	q.qe_isvprodid = 1; /* Intel's enclave for SGX quotes */
	SAYS(verdict_of_quote(&q), "product");
	c.qe_mrsigner = "009E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5";
	SAYS(verdict_of_collateral(&c), "MRSIGNER");
}

/* cocos GHSA-4px3-wj2x-xx47: report data received, never compared. */
static void test_report_data(void)
{
	struct tdx_quote_spec q = tdx_quote_spec(report_data);

	q.body.report_data[63] ^= 1;
	SAYS(verdict_of_quote(&q), "not of this connection");
	/* constellation CompareExtraData: the shorter side was filled up with zeros. */
	q = tdx_quote_spec(report_data);
	memset(q.body.report_data + 32, 0, 32);
	SAYS(verdict_of_quote(&q), "not of this connection");
	memset(q.body.report_data, 0, sizeof(q.body.report_data));
	SAYS(verdict_of_quote(&q), "not of this connection");
}

/* Expected report data that somebody forgot to fill in match nothing. */
static void test_empty_expectation(void)
{
	struct tdx_quote_spec q = tdx_quote_spec(report_data);
	uint8_t saved[TDX_REPORT_DATA_LEN];

	memcpy(saved, report_data, sizeof(saved));
	memset(report_data, 0, sizeof(report_data));
	q = tdx_quote_spec(report_data);
	SAYS(verdict_of_quote(&q), "no expectation");
	memcpy(report_data, saved, sizeof(saved));
}

static void test_wrong_signers(void)
{
	struct tdx_quote_spec q = tdx_quote_spec(report_data);

	q.qe_not_bound = true;
	SAYS(verdict_of_quote(&q), "does not vouch");
	q = tdx_quote_spec(report_data);
	q.qe_signer = intel.attestation_key;
	SAYS(verdict_of_quote(&q), "platform's key");
	q = tdx_quote_spec(report_data);
	q.quote_signer = intel.pck_key;
	SAYS(verdict_of_quote(&q), "signature is wrong");
}

/* Everything as Intel has it, by somebody else. */
static void test_other_root(void)
{
	struct tdx_pki_spec spec = tdx_pki_spec(NOW_S);
	struct tdx_quote_spec q = tdx_quote_spec(report_data);
	struct tdx_collateral_spec c = tdx_collateral_spec(NOW_S);
	struct tdx_pki other;

	tdx_pki_make(&other, &spec);
	SAYS(verdict(&other, &q, &c), "Intel SGX");
	SAYS(last_failure.text, "none of the configured roots");
	tdx_pki_free(&other);
}

/* A quote under a PCK certificate that the change makes wrong, the root being the same. */
static const char *verdict_of_pck(void (*change)(struct tdx_pki_spec *s))
{
	struct tdx_pki_spec spec = tdx_pki_spec(NOW_S);
	struct tdx_quote_spec q = tdx_quote_spec(report_data);
	struct tdx_collateral_spec c = tdx_collateral_spec(NOW_S);
	struct tdx_pki changed, saved = intel;
	const char *text;

	change(&spec);
	tdx_pki_make(&changed, &spec);
	intel = changed;
	text = verdict(&intel, &q, &c);
	intel = saved;
	tdx_pki_free(&changed);
	return text;
}

static void no_sgx(struct tdx_pki_spec *s)
{
	s->no_sgx = true;
}

static void ppid_twice(struct tdx_pki_spec *s)
{
	s->ppid_twice = true;
}

static void short_tcb(struct tdx_pki_spec *s)
{
	s->short_tcb = true;
}

static void extension_twice(struct tdx_pki_spec *s)
{
	s->extension_twice = true;
}

static void ca_is_no_ca(struct tdx_pki_spec *s)
{
	s->ca_is_no_ca = true;
}

static void other_name(struct tdx_pki_spec *s)
{
	s->pck_name = "Intel SGX Quoting Enclave";
}

static void other_signer(struct tdx_pki_spec *s)
{
	s->signer_name = "Intel SGX PCK Certificate";
}

static void expired(struct tdx_pki_spec *s)
{
	s->not_before_s = NOW_S - 200;
	s->not_after_s = NOW_S - 100;
}

static void test_pck_certificate(void)
{
	SAYS(verdict_of_pck(no_sgx), "no SGX extension");
	SAYS(verdict_of_pck(ppid_twice), "twice");
	SAYS(verdict_of_pck(short_tcb), "lacks a field");
	SAYS(verdict_of_pck(extension_twice), "twice");
	CHECK(strcmp(verdict_of_pck(ca_is_no_ca), "UpToDate") != 0);
	SAYS(verdict_of_pck(other_name), "(PCK)");
	SAYS(verdict_of_pck(other_signer), "TCB Signing");
	SAYS(verdict_of_pck(expired), "expired");
}

static void test_revoked(void)
{
	const struct {
		const X509 *cert;
		const char *who;
	} rows[] = {{intel.pck, "PCK Certificate"}, {intel.ca, "Platform CA"},
		{intel.signer, "TCB Signing"}};
	struct tdx_collateral_spec c = tdx_collateral_spec(NOW_S);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c.revoked = rows[i].cert;
		SAYS(verdict_of_collateral(&c), "revoked");
		SAYS(last_failure.text, rows[i].who);
	}
}

/* A platform of which nobody configured collateral. */
static void test_other_fmspc(void)
{
	struct tdx_pki saved = intel;
	struct tdx_quote_spec q = tdx_quote_spec(report_data);
	struct tdx_collateral_spec c = tdx_collateral_spec(NOW_S);
	static uint8_t bytes[TDX_QUOTE_LONGEST];
	struct span quote = {bytes, tdx_pki_quote(&intel, &q, bytes)};

	intel.spec.fmspc[5] ^= 1;
	tdx_pki_write_all(&intel, &c, scratch);
	SAYS(verdict_at(quote, TDX_PKI_EVIDENCE, NOW_S), "00806f050001");
	intel = saved;
	intel.spec.pceid[1] = 1;
	tdx_pki_write_all(&intel, &c, scratch);
	SAYS(verdict_at(quote, TDX_PKI_EVIDENCE, NOW_S), "no TCB info");
	intel = saved;
}

/* attestation-rs#26: the signature is over the bytes as they were sent. */
static void test_exact_bytes(void)
{
	struct tdx_collateral_spec c = tdx_collateral_spec(NOW_S);
	struct tdx_quote_spec q = tdx_quote_spec(report_data);
	static uint8_t bytes[TDX_QUOTE_LONGEST];
	struct span quote = {bytes, tdx_pki_quote(&intel, &q, bytes)};
	char object[TEXT_CAP], spaced[TEXT_CAP + 8], file[3 * TEXT_CAP], signature[160];
	FILE *f;

	tdx_pki_write_all(&intel, &c, scratch);
	tdx_pki_tcb_info(&intel, &c, object, sizeof(object));
	snprintf(spaced, sizeof(spaced), "{ %s", object + 1);
	/* Spaces within, signed with them. */
	tdx_pki_write_signed(intel.signer_key, "tcbInfo", spaced, scratch_path("tcb-info.json"));
	IS(verdict_at(quote, TDX_PKI_EVIDENCE, NOW_S), "UpToDate");
	/* Spaces around it change nothing, spaces within it do. */
	tdx_pki_write_signed(intel.signer_key, "tcbInfo", object, scratch_path("tcb-info.json"));
	f = fopen(scratch_path("tcb-info.json"), "re");
	REQUIRE(f && fgets(file, sizeof(file), f) && fclose(f) == 0);
	snprintf(signature, sizeof(signature), "%s", strstr(file, "\"signature\""));
	snprintf(file, sizeof(file), " { %.*s , \"tcbInfo\" :\n%s }\n", (int)strlen(signature) - 1,
		signature, object);
	scratch_write(scratch_path("tcb-info.json"), file, strlen(file), 0600);
	IS(verdict_at(quote, TDX_PKI_EVIDENCE, NOW_S), "UpToDate");
	snprintf(file, sizeof(file), "{\"tcbInfo\":%s,%s", spaced, signature);
	scratch_write(scratch_path("tcb-info.json"), file, strlen(file), 0600);
	SAYS(verdict_at(quote, TDX_PKI_EVIDENCE, NOW_S), "signature");
	snprintf(
		file, sizeof(file), "{\"tcbInfo\":%s,\"tcbInfo\":%s,%s", spaced, object, signature);
	scratch_write(scratch_path("tcb-info.json"), file, strlen(file), 0600);
	CHECK(strcmp(verdict_at(quote, TDX_PKI_EVIDENCE, NOW_S), "UpToDate") != 0);
}

static void test_collateral_of_others(void)
{
	struct tdx_collateral_spec c = tdx_collateral_spec(NOW_S);
	struct tdx_quote_spec q = tdx_quote_spec(report_data);
	static uint8_t bytes[TDX_QUOTE_LONGEST];
	struct span quote = {bytes, tdx_pki_quote(&intel, &q, bytes)};
	char object[TEXT_CAP];

	tdx_pki_write_all(&intel, &c, scratch);
	tdx_pki_tcb_info(&intel, &c, object, sizeof(object));
	tdx_pki_write_signed(intel.pck_key, "tcbInfo", object, scratch_path("tcb-info.json"));
	SAYS(verdict_at(quote, TDX_PKI_EVIDENCE, NOW_S), "signature");
	tdx_pki_write_all(&intel, &c, scratch);
	tdx_pki_qe_identity(&c, object, sizeof(object));
	tdx_pki_write_signed(
		intel.root_key, "enclaveIdentity", object, scratch_path("qe-identity.json"));
	SAYS(verdict_at(quote, TDX_PKI_EVIDENCE, NOW_S), "signature");
	/* One in the other's place, well signed. */
	tdx_pki_write_signed(intel.signer_key, "tcbInfo", object, scratch_path("tcb-info.json"));
	SAYS(verdict_at(quote, TDX_PKI_EVIDENCE, NOW_S), "tcb-info.json");
}

static void test_old_collateral(void)
{
	struct tdx_collateral_spec c = tdx_collateral_spec(NOW_S);

	c.evaluation = 17;
	SAYS(verdict_of_collateral(&c), "evaluation 17");
	c = tdx_collateral_spec(NOW_S);
	c.next_s = NOW_S + 1;
	IS(verdict_of_collateral(&c), "UpToDate");
	c.next_s = NOW_S - 1;
	SAYS(verdict_of_collateral(&c), "replaced");
	c = tdx_collateral_spec(NOW_S);
	c.issued_s = NOW_S + 60;
	SAYS(verdict_of_collateral(&c), "clock");
}

/* Versions, kinds and keys that no quote of Intel's for TDs has. */
static void test_header(void)
{
	struct tdx_quote_spec q = tdx_quote_spec(report_data);

	q.version = 3;
	SAYS(verdict_of_quote(&q), "version 3");
	q.version = 6;
	SAYS(verdict_of_quote(&q), "version 6");
	q = tdx_quote_spec(report_data);
	q.key_type = 3;
	SAYS(verdict_of_quote(&q), "type 3");
	q = tdx_quote_spec(report_data);
	q.tee = 0;
	SAYS(verdict_of_quote(&q), "not of a TD");
}

/* No length of a quote that is cut off is taken, and nothing but zeros behind it. */
static void test_cut_off(void)
{
	struct tdx_quote_spec spec = tdx_quote_spec(report_data);
	static uint8_t bytes[TDX_QUOTE_LONGEST];
	size_t len = tdx_pki_quote(&intel, &spec, bytes), taken = 0;
	struct tdx_quote q;

	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *exact = malloc(cut ? cut : 1);

		if (!exact)
			abort();
		memcpy(exact, bytes, cut);
		taken += done(tdx_quote_parse((struct span){exact, cut}, &q));
		free(exact);
	}
	CHECK(taken == 0);
	CHECK(done(tdx_quote_parse((struct span){bytes, len}, &q)));
	bytes[len] = bytes[len + 1] = 0;
	CHECK(done(tdx_quote_parse((struct span){bytes, len + 2}, &q)));
	bytes[len + 1] = 1;
	CHECK(!done(tdx_quote_parse((struct span){bytes, len + 2}, &q)));
}

int main(void)
{
	struct tdx_pki_spec spec = tdx_pki_spec(NOW_S);

	for (size_t i = 0; i < sizeof(report_data); i++)
		report_data[i] = (uint8_t)(i + 1);
	scratch_open();
	tdx_pki_make(&intel, &spec);
	RUN(test_good);
	RUN(test_platform_out_of_date_module_up_to_date);
	RUN(test_module_identity);
	RUN(test_module_status);
	RUN(test_module_components);
	RUN(test_relaunch);
	RUN(test_merged_statuses);
	RUN(test_vendor_id);
	RUN(test_fake_qe);
	RUN(test_report_data);
	RUN(test_empty_expectation);
	RUN(test_wrong_signers);
	RUN(test_other_root);
	RUN(test_pck_certificate);
	RUN(test_revoked);
	RUN(test_other_fmspc);
	RUN(test_exact_bytes);
	RUN(test_collateral_of_others);
	RUN(test_old_collateral);
	RUN(test_header);
	RUN(test_cut_off);
	tdx_pki_free(&intel);
	scratch_close();
	return test_summary();
}
