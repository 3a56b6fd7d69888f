/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real TDX quotes and collateral: each gives the verdict that data/evidence/tdx says. */
#include <json-c/json.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/done.h"
#include "tests/unit/evidence/tdx_rig.h"
#include "tests/unit/test.h"
#include "tools/evidence/tdx/authenticate.h"
#include "tools/evidence/tdx/authenticate_private.h"
#include "tools/evidence/tdx/signature.h"
#include "tools/evidence/tdx/tcb.h"
#include "tools/lib/hex.h"

#define SAMPLES_MIN 12 /* lists that shrank are no lists */
#define LEVELS_MIN  15
#define TEXT_LEN    39u /* behind v4-trailing-text.quote */
#define JUNE_2025   "2025-06-25T00:00:00Z"
#define MARCH_2026  "2026-03-01T00:00:00Z"
#define APRIL_2026  "2026-04-01T00:00:00Z"

static const char *folder;

#define INTEL(tcb_info, qe, crls)                                                         \
	"{\"roots\": [\"intel-root.der\"], \"signing_chain\": \"tcb-signing-chain.pem\"," \
	" \"tcb_info\": [" tcb_info "], \"qe_identity\": [\"" qe "\"], " crls "}"
#define LISTS(a, b) "\"crls\": [\"" a "\", \"" b "\"], \"min_evaluation\": 17"
#define ANY	    "\"waive\": [\"crls\", \"min_evaluation\"]"

/* As one would have configured it at a time. */
static const struct collateral {
	const char *when, *json;
} june = {JUNE_2025, INTEL("\"tcbinfo-b0c06f000000-2025-06.json\"", "qeid-2025-06.json",
			     LISTS("rootca-2025-06.crl", "pck-platform-2025-06.crl"))},
  march = {MARCH_2026, INTEL("\"tcbinfo-90c06f000000-2026-02.json\"", "qeid-2026-02.json",
			       LISTS("rootca-2026-02.crl", "pck-platform-2026-02.crl"))},
  april = {APRIL_2026, INTEL("\"pcs-tcbinfo-90c06f000000-2026-03.json\","
			     " \"pcs-tcbinfo-50806f000000-2026-03.json\"",
			       "pcs-qeid-2026-03.json",
			       LISTS("rootca-2026-03.crl", "pck-platform-2026-03.crl"))};

static int64_t seconds(const char *date)
{
	struct tm tm = {0};

	return strptime(date, "%Y-%m-%dT%H:%M:%SZ", &tm) ? timegm(&tm) : 0;
}

static const char *text_of(struct json_object *o, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(o, name, &value) || !value)
		return "";
	return json_object_get_string(value);
}

static struct json_object *read_list(const char *name, size_t min)
{
	struct span file = tdx_rig_file(folder, name);
	struct json_tokener *tok = json_tokener_new();
	struct json_object *list = json_tokener_parse_ex(
		tok, (const char *)file.data, (int)file.len);

	json_tokener_free(tok);
	tdx_rig_file_free(file);
	if (!list || json_object_array_length(list) < min)
		abort();
	return list;
}

static bool is_hex(struct json_object *o, const char *name, const uint8_t *data, size_t len)
{
	char text[2 * 64 + 1];

	hex_encode(data, len, text);
	return strcmp(text, text_of(o, name)) == 0;
}

static void check_body(struct json_object *sample, const struct tdx_body *b)
{
	const char *rtmrs[TDX_RTMRS] = {"rtmr0", "rtmr1", "rtmr2", "rtmr3"};
	uint8_t bytes[8];

	CHECK(is_hex(sample, "tee_tcb_svn", b->tee_tcb_svn, sizeof(b->tee_tcb_svn)));
	CHECK(is_hex(sample, "mr_seam", b->mrseam, TDX_DIGEST_LEN));
	CHECK(is_hex(sample, "mr_signer_seam", b->mrsignerseam, TDX_DIGEST_LEN));
	CHECK(is_hex(sample, "seam_attributes", b->seam_attributes, 8));
	CHECK(is_hex(sample, "mr_td", b->mrtd, TDX_DIGEST_LEN));
	CHECK(is_hex(sample, "mr_config_id", b->mrconfigid, TDX_DIGEST_LEN));
	CHECK(is_hex(sample, "mr_owner", b->mrowner, TDX_DIGEST_LEN));
	CHECK(is_hex(sample, "mr_owner_config", b->mrownerconfig, TDX_DIGEST_LEN));
	for (size_t i = 0; i < TDX_RTMRS; i++)
		CHECK(is_hex(sample, rtmrs[i], b->rtmr[i], TDX_DIGEST_LEN));
	CHECK(is_hex(sample, "report_data", b->report_data, TDX_REPORT_DATA_LEN));
	for (size_t i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(b->td_attributes >> 8 * i);
	CHECK(is_hex(sample, "td_attributes", bytes, 8));
	for (size_t i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(b->xfam >> 8 * i);
	CHECK(is_hex(sample, "xfam", bytes, 8));
	CHECK(b->is_15 == (text_of(sample, "mr_service_td")[0] != 0));
	if (!b->is_15)
		return;
	CHECK(is_hex(sample, "tee_tcb_svn_2", b->tee_tcb_svn_2, sizeof(b->tee_tcb_svn_2)));
	CHECK(is_hex(sample, "mr_service_td", b->mrservicetd, TDX_DIGEST_LEN));
}

static void check_pck(struct json_object *sample, const struct tdx_pck *pck)
{
	struct json_object *tcb;

	CHECK(is_hex(sample, "ppid", pck->ppid, sizeof(pck->ppid)));
	CHECK(is_hex(sample, "fmspc", pck->fmspc, sizeof(pck->fmspc)));
	CHECK(is_hex(sample, "pceid", pck->pceid, sizeof(pck->pceid)));
	CHECK(pck->pcesvn == atoi(text_of(sample, "pcesvn")));
	REQUIRE(json_object_object_get_ex(sample, "pck_tcb", &tcb));
	for (size_t i = 0; i < TDX_SVNS; i++)
		CHECK(pck->svn[i] == json_object_get_int(json_object_array_get_idx(tcb, i)));
}

/* Signatures, chain and binding, and the fields, of every quote of a TD. */
static void check_sample(struct json_object *sample, const struct tdx_trust *t)
{
	struct span file = tdx_rig_file(folder, text_of(sample, "quote"));
	bool trailing_text = file.data[file.len - 1] == '\n' || file.data[file.len - 1] >= ' ';
	struct tdx_qe_report qe;
	struct tdx_quote q;
	struct tdx_pck pck;

	printf("  %s\n", text_of(sample, "quote"));
	if (atoi(text_of(sample, "tee_type")) != 0x81) {
		CHECK(!done(tdx_quote_parse(file, &q)));
		CHECK(strstr(last_failure.text, "not of a TD"));
		tdx_rig_file_free(file);
		return;
	}
	if (atoi(text_of(sample, "trailing")) == TEXT_LEN && trailing_text) {
		CHECK(!done(tdx_quote_parse(file, &q)));
		CHECK(strstr(last_failure.text, "something behind"));
		file.len -= TEXT_LEN;
	}
	CHECK(done(tdx_quote_parse(file, &q)));
	CHECK(q.version == atoi(text_of(sample, "version")));
	check_body(sample, &q.body);
	if (strcmp(text_of(sample, "quote"), "intel-sample-v4.quote") != 0) {
		CHECK(done(tdx_quote_genuine(t, &q, seconds(MARCH_2026), &pck, &qe)));
		check_pck(sample, &pck);
	}
	tdx_rig_file_free(file);
}

static void test_every_sample_quote(void)
{
	struct json_object *list = read_list("expected.json", SAMPLES_MIN);
	struct tdx_trust *t = NULL;

	CHECK(done(tdx_rig_trust(
		INTEL("\"tcbinfo-b0c06f000000-2025-06.json\"", "qeid-2025-06.json", ANY), folder,
		&t)));
	for (size_t i = 0; t && i < json_object_array_length(list); i++)
		check_sample(json_object_array_get_idx(list, i), t);
	tdx_rig_trust_free(t);
	json_object_put(list);
}

/* Parses a TCB info, whichever form its file has. */
static struct failure read_tcb_info(const char *name, struct tdx_tcb_info *out)
{
	struct span file = tdx_rig_file(folder, name);
	struct tdx_document d = {.signed_part = file};
	struct failure f = failure_none();

	if (tdx_document_is(file, "tcbInfo"))
		f = tdx_document_read(file, "tcbInfo", &d);
	if (!f.happened)
		f = tdx_tcb_info_parse(d.signed_part, out);
	tdx_rig_file_free(file);
	return f;
}

static void check_advisories(struct json_object *row, const struct tdx_advisories *got)
{
	struct json_object *list, *module, *more = NULL;
	size_t found = 0;

	json_object_object_get_ex(row, "advisories", &list);
	json_object_object_get_ex(row, "module", &module);
	if (module)
		more = json_object_array_get_idx(module, 3);
	for (size_t i = 0; i < got->count; i++) {
		bool named = false;

		for (size_t j = 0; list && j < json_object_array_length(list); j++)
			named |= !strcmp(got->ids[i],
				json_object_get_string(json_object_array_get_idx(list, j)));
		found += named;
		for (size_t j = 0; more && j < json_object_array_length(more); j++)
			named |= !strcmp(got->ids[i],
				json_object_get_string(json_object_array_get_idx(more, j)));
		CHECK(named);
	}
	CHECK(found == (list ? json_object_array_length(list) : 0));
}

static void check_level(struct json_object *row, const struct tdx_qe_identity *identity)
{
	struct span file = tdx_rig_file(folder, text_of(row, "quote"));
	struct tdx_tcb_info info = {.level_count = 0};
	struct json_object *module;
	struct tdx_tcb tcb = {.platform = TDX_NO_STATUS};
	struct tdx_qe_report qe;
	struct certs chain = {0};
	struct tdx_quote q;
	struct tdx_pck pck;
	struct span value;

	printf("  %s %s\n", text_of(row, "quote"), text_of(row, "tcbinfo"));
	if (strcmp(text_of(row, "quote"), "v4-trailing-text.quote") == 0)
		file.len -= TEXT_LEN;
	REQUIRE(done(tdx_quote_parse(file, &q)));
	REQUIRE(done(tdx_pck_chain_read(q.chain, &chain)));
	REQUIRE(done(cert_extension(tdx_pck_leaf(&chain), "1.2.840.113741.1.13.1", &value)));
	REQUIRE(done(tdx_pck_extension_parse(value, &pck)));
	tdx_qe_report_read(q.qe_report, &qe);
	REQUIRE(done(read_tcb_info(text_of(row, "tcbinfo"), &info)));
	CHECK(info.issue.issued_s == seconds(text_of(row, "valid_from")));
	CHECK(info.issue.next_s == seconds(text_of(row, "valid_to")));
	CHECK(memcmp(info.fmspc, pck.fmspc, sizeof(info.fmspc)) == 0);
	CHECK(done(tdx_qe_check(identity, &qe)));
	CHECK(done(tdx_tcb_evaluate(&info, identity, &pck, &q.body, qe.isvsvn, &tcb)));
	CHECK(strcmp(tdx_status_name(tcb.platform),
		      text_of(row, "platform")[0] ? text_of(row, "platform") : "NotSupported") ==
		0);
	json_object_object_get_ex(row, "module", &module);
	CHECK(strcmp(tdx_status_name(tcb.module),
		      module ? json_object_get_string(json_object_array_get_idx(module, 1))
			     : "none") == 0);
	CHECK(strcmp(tdx_status_name(tcb.status), text_of(row, "final")) == 0);
	if (!q.body.is_15)
		check_advisories(row, &tcb.advisories);
	tdx_tcb_info_free(&info);
	certs_free(&chain);
	tdx_rig_file_free(file);
}

static void test_every_level(void)
{
	struct json_object *list = read_list("expected-tcb.json", LEVELS_MIN);
	struct span file = tdx_rig_file(folder, "qeid-2025-06.json");
	struct tdx_qe_identity identity = {.isvprodid = 0};

	REQUIRE(done(tdx_qe_identity_parse(file, &identity)));
	for (size_t i = 0; i < json_object_array_length(list); i++)
		check_level(json_object_array_get_idx(list, i), &identity);
	tdx_qe_identity_free(&identity);
	tdx_rig_file_free(file);
	json_object_put(list);
}

/* The whole verifier at a time: the status, or NULL and then the failure's text. */
static const char *verdict(const struct collateral *c, const char *when, const char *quote)
{
	struct span file = tdx_rig_file(folder, quote);
	struct tdx_trust *t = NULL;
	struct tdx_report r = {0};
	struct tdx_quote q;
	const char *status = NULL;

	if (done(tdx_quote_parse(file, &q)) && done(tdx_rig_trust(c->json, folder, &t)) &&
		done(tdx_authenticate(t, file, q.body.report_data, seconds(when), &r)))
		status = tdx_status_name(r.tcb.status);
	tdx_rig_trust_free(t);
	tdx_rig_file_free(file);
	return status ? status : last_failure.text;
}

#define IS(text, wanted)   CHECK(strcmp((text), (wanted)) == 0)
#define SAYS(text, wanted) CHECK(strstr((text), (wanted)) != NULL)

static void test_whole_verdicts(void)
{
	IS(verdict(&june, JUNE_2025, "v4-uptodate.quote"), "UpToDate");
	IS(verdict(&june, JUNE_2025, "v4-unsupported-tcb.quote"), "NotSupported");
	IS(verdict(&march, MARCH_2026, "v5-uptodate.quote"), "UpToDate");
	IS(verdict(&march, MARCH_2026, "v5-unsupported-tcb.quote"), "NotSupported");
	IS(verdict(&march, MARCH_2026, "v5-outofdate.quote"), "OutOfDate");
	IS(verdict(&april, APRIL_2026, "v5-uptodate.quote"), "UpToDate");
	IS(verdict(&april, APRIL_2026, "v5-outofdate.quote"), "OutOfDate");
	IS(verdict(&april, APRIL_2026, "v4-debug.quote"), "OutOfDate");
	SAYS(verdict(&june, JUNE_2025, "v4-multipackage.quote"), "no TCB info");
	SAYS(verdict(&april, APRIL_2026, "v4-multipackage.quote"), "no TCB info");
	SAYS(verdict(&march, MARCH_2026, "v4-trailing-text.quote"), "something behind");
	SAYS(verdict(&march, MARCH_2026, "tdreport-1024.bin"), "not of a TD");
	SAYS(verdict(&march, MARCH_2026, "sgx-v3.quote"), "not of a TD");
}

/* Outside of its dates every collateral is refused; so are lists, and 1970 and 2100. */
static void test_dates(void)
{
	SAYS(verdict(&june, "2025-06-01T00:00:00Z", "v4-uptodate.quote"), "clock");
	SAYS(verdict(&june, "2025-08-01T00:00:00Z", "v4-uptodate.quote"), "fetch the new one");
	SAYS(verdict(&june, "1970-01-01T00:00:00Z", "v4-uptodate.quote"), "clock");
	SAYS(verdict(&june, "2100-01-01T00:00:00Z", "v4-uptodate.quote"), "due to be replaced");
	SAYS(verdict(&march, "2026-03-21T00:00:00Z", "v5-uptodate.quote"), "fetch the new one");
	SAYS(verdict(&march, "2026-02-18T10:00:00Z", "v5-uptodate.quote"), "clock");
}

/* Collateral from before or after, and the numbers that count up. */
static void test_mixed_collateral(void)
{
	static const struct collateral old_identity = {MARCH_2026,
		INTEL("\"tcbinfo-90c06f000000-2026-02.json\"", "qeid-2025-06.json", ANY)};
	static const struct collateral too_old = {
		MARCH_2026, INTEL("\"tcbinfo-90c06f000000-2026-02.json\"", "qeid-2026-02.json",
				    "\"min_evaluation\": 19, \"waive\": [\"crls\"]")};
	static const struct collateral one_list = {
		MARCH_2026, INTEL("\"tcbinfo-90c06f000000-2026-02.json\"", "qeid-2026-02.json",
				    LISTS("rootca-2026-02.crl", "pck-processor-2025-06.crl"))};

	SAYS(verdict(&old_identity, MARCH_2026, "v5-uptodate.quote"), "quoting enclave");
	SAYS(verdict(&too_old, MARCH_2026, "v5-uptodate.quote"), "evaluation 18");
	SAYS(verdict(&one_list, MARCH_2026, "v5-uptodate.quote"), "revocation list");
}

static void test_signatures_of_all_collateral(void)
{
	static const char *const sets[] = {
		INTEL("\"tcbinfo-b0c06f000000-2025-06.json\","
		      " \"pcs-tcbinfo-00806f050000-2025-10.json\","
		      " \"pcs-tcbinfo-50806f000000-2023-06.json\","
		      " \"pcs-tcbinfo-90c06f000000-2026-03.json\"",
			"qeid-2026-02.json", ANY),
		INTEL("\"tcbinfo-90c06f000000-2026-02.json\","
		      " \"pcs-tcbinfo-50806f000000-2026-03.json\"",
			"pcs-qeid-2026-03.json", ANY),
	};
	struct tdx_trust *t;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		CHECK(done(tdx_rig_trust(sets[i], folder, &t)));
		tdx_rig_trust_free(t);
	}
	CHECK(!done(tdx_rig_trust(INTEL("\"tcbinfo-90c06f000000-2026-02.json\","
					" \"pcs-tcbinfo-90c06f000000-2026-03.json\"",
					  "qeid-2026-02.json", ANY),
		folder, &t)));
	SAYS(last_failure.text, "keep the newer");
	CHECK(!done(tdx_rig_trust(
		INTEL("\"intel-sample-tcbInfo.json\"", "qeid-2026-02.json", ANY), folder, &t)));
	SAYS(last_failure.text, "signature");
}

/* Intel's own sample: another root, DER instead of PEM, versions above 255. Its identity of the
 * quoting enclave is of another enclave than the one in the quote. */
static void test_intel_sample(void)
{
	static const char json[] =
		"{\"roots\": [\"intel-sample-trustedRootCaCert.pem\"],"
		" \"signing_chain\": \"intel-sample-tcbSignChain.pem\","
		" \"tcb_info\": [\"intel-sample-tcbInfo.json\"],"
		" \"qe_identity\": [\"intel-sample-qeIdentity.json\"],"
		" \"crls\": [\"intel-sample-rootCaCrl.der\","
		" \"intel-sample-intermediateCaCrl.der\"], \"waive\": [\"min_evaluation\"]}";
	struct span file = tdx_rig_file(folder, "intel-sample-v4.quote");
	const int64_t now_s = seconds("2024-01-01T00:00:00Z");
	struct tdx_trust *t = NULL, *real = NULL;
	struct tdx_qe_report qe;
	struct tdx_quote q;
	struct tdx_pck pck;

	REQUIRE(done(tdx_rig_trust(json, folder, &t)));
	REQUIRE(done(tdx_rig_trust(june.json, folder, &real)));
	REQUIRE(done(tdx_quote_parse(file, &q)));
	CHECK(done(tdx_quote_genuine(t, &q, now_s, &pck, &qe)));
	CHECK(pck.pcesvn > UINT8_MAX);
	CHECK(tdx_trust_tcb_info(t, pck.fmspc, pck.pceid) != NULL);
	CHECK(!done(tdx_qe_check(t->qe_identity, &qe)));
	CHECK(done(tdx_signer_verify(t, now_s)));
	CHECK(!done(tdx_quote_genuine(real, &q, seconds(JUNE_2025), &pck, &qe)));
	tdx_rig_trust_free(t);
	tdx_rig_trust_free(real);
	tdx_rig_file_free(file);
}

/* One bit anywhere in what is signed or vouched for. */
static void test_flipped_bits(void)
{
	static const size_t places[] = {0x1c, 0x30, 0x30 + 0x78, 0x30 + 0x88, 0x30 + 0x148,
		0x30 + 0x208, 0x27b + 5, 0x27c + 64 + 5, 0x2bc + 64 + 10, 0x302 + 0x80,
		0x302 + 0x140, 0x302 + 384 + 7, 0x302 + 384 + 64 + 3};
	struct span file = tdx_rig_file(folder, "v4-uptodate.quote");
	uint8_t *bytes = malloc(file.len);
	struct tdx_trust *t = NULL;
	struct tdx_report r;
	struct tdx_quote q;

	REQUIRE(bytes && done(tdx_rig_trust(june.json, folder, &t)));
	REQUIRE(done(tdx_quote_parse(file, &q)));
	memcpy(bytes, file.data, file.len);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct span changed = {bytes, file.len};

		bytes[places[i]] ^= 1;
		CHECK(!done(
			tdx_authenticate(t, changed, q.body.report_data, seconds(JUNE_2025), &r)));
		bytes[places[i]] ^= 1;
	}
	tdx_rig_trust_free(t);
	tdx_rig_file_free(file);
	free(bytes);
}

int main(int argc, char **argv)
{
	folder = argc > 1 ? argv[1] : "";
	RUN(test_every_sample_quote);
	RUN(test_every_level);
	RUN(test_whole_verdicts);
	RUN(test_dates);
	RUN(test_mixed_collateral);
	RUN(test_signatures_of_all_collateral);
	RUN(test_intel_sample);
	RUN(test_flipped_bits);
	return test_summary();
}
