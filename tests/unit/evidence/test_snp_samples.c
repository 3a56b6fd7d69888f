/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real SEV-SNP reports and certificates: each gives the verdict that data/evidence/snp says. */
#include <json-c/json.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/done.h"
#include "tests/unit/evidence/snp_rig.h"
#include "tests/unit/test.h"
#include "tools/evidence/snp/authenticate.h"
#include "tools/evidence/snp/chain.h"
#include "tools/lib/hex.h"

#define DAY_S	    86400
#define SAMPLES_MIN 10 /* reports in expected.json: a list that shrank is no list */

static const char *folder;
static struct json_object *expected; /* expected.json */
static struct snp_trust *trust;

/* AMD's roots and intermediates, and every certificate here that is genuine. */
static const char trust_json[] =
	"{\"roots\": [\"ark-milan.der\", \"ark-genoa.der\", \"ark-turin.der\"],"
	" \"certificates\": [\"ask-milan.der\", \"ask-genoa.der\", \"ask-turin.der\","
	"  \"asvk-milan.der\", \"asvk-genoa.der\", \"asvk-turin.der\","
	"  \"genoa-v5.vcek.der\", \"milan-v2-azure.vcek.der\", \"milan-v2-debug.vcek.der\","
	"  \"milan-v2.vcek.der\", \"milan-v3-dstack.vcek.der\", \"milan-v3-vlek-aws.vlek.der\","
	"  \"milan-v3.vcek.der\", \"siena-v5.vcek.der\", \"turin-other.vcek.der\","
	"  \"turin-v5.vcek.der\"],"
	" \"products\": [\"Milan\", \"Genoa\", \"Turin\"], \"waive\": [\"crls\", \"chips\"]}";

static const char *text_of(struct json_object *sample, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(sample, name, &value))
		return "";
	return json_object_get_string(value);
}

static int64_t number_of(struct json_object *sample, const char *name)
{
	return (int64_t)strtoull(text_of(sample, name), NULL, 0);
}

/* "2023-04-03 19:23:43+00:00" */
static int64_t time_of(struct json_object *sample, const char *name)
{
	struct tm tm = {0};

	return strptime(text_of(sample, name), "%Y-%m-%d %H:%M:%S", &tm) ? timegm(&tm) : 0;
}

static bool is_hex(struct json_object *sample, const char *name, const uint8_t *data, size_t len)
{
	char text[2 * 64 + 1];

	hex_encode(data, len, text);
	return strcmp(text, text_of(sample, name)) == 0;
}

#define CHECK_HEX(name, field) CHECK(is_hex(sample, name, r.field, sizeof(r.field)))

static void check_numbers(struct json_object *sample, const struct snp_report *r)
{
	CHECK(r->version == number_of(sample, "version"));
	CHECK(r->guest_svn == number_of(sample, "guest_svn"));
	CHECK((int64_t)r->policy == number_of(sample, "policy"));
	CHECK(r->vmpl == number_of(sample, "vmpl"));
	CHECK((int64_t)r->platform_info == number_of(sample, "platform_info"));
	CHECK((unsigned)r->key << 2 == number_of(sample, "key_info"));
}

/* In reports: build, minor, major. */
static void check_version(struct json_object *sample, const char *name, snp_version v)
{
	const uint8_t bytes[] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16)};

	CHECK(is_hex(sample, name, bytes, sizeof(bytes)));
}

static void check_mitigations(struct json_object *sample, const char *name, uint64_t v)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(v >> 8 * i);
	CHECK(is_hex(sample, name, bytes, sizeof(bytes)));
}

static void check_fields(struct json_object *sample, struct span bytes)
{
	struct snp_report r;
	uint8_t cpuid[3];

	REQUIRE(done(snp_report_parse(bytes, &r)));
	check_numbers(sample, &r);
	CHECK_HEX("family_id", family_id);
	CHECK_HEX("image_id", image_id);
	CHECK_HEX("current_tcb", current_tcb);
	CHECK_HEX("reported_tcb", reported_tcb);
	CHECK_HEX("committed_tcb", committed_tcb);
	CHECK_HEX("launch_tcb", launch_tcb);
	CHECK_HEX("report_data", report_data);
	CHECK_HEX("measurement", measurement);
	CHECK_HEX("host_data", host_data);
	CHECK_HEX("id_key_digest", id_key_digest);
	CHECK_HEX("author_key_digest", author_key_digest);
	CHECK_HEX("report_id", report_id);
	CHECK_HEX("report_id_ma", report_id_ma);
	CHECK_HEX("chip_id", chip_id);
	cpuid[0] = r.cpuid_family;
	cpuid[1] = r.cpuid_model;
	cpuid[2] = r.cpuid_stepping;
	CHECK(is_hex(sample, "cpuid", cpuid, sizeof(cpuid)));
	check_version(sample, "current", r.current);
	check_version(sample, "committed", r.committed);
	check_mitigations(sample, "launch_mit", r.launch_mitigations);
	check_mitigations(sample, "current_mit", r.current_mitigations);
}

/* The report, read into bytes, against its own report data at a time. */
static bool authentic(struct span bytes, int64_t now_s, struct snp_report *out)
{
	return done(snp_authenticate(
		trust, bytes, (struct span){NULL, 0}, bytes.data + 0x050, now_s, out));
}

static void check_sample(struct json_object *sample)
{
	int64_t from = time_of(sample, "cert_not_before"), to = time_of(sample, "cert_not_after");
	uint8_t buffer[SNP_REPORT_LEN], changed[SNP_REPORT_LEN];
	struct span bytes = rig_file(folder, text_of(sample, "report"), buffer, sizeof(buffer));
	struct snp_report r;

	check_fields(sample, bytes);
	CHECK(from && to);
	CHECK(authentic(bytes, from + DAY_S, &r));
	CHECK(strcmp(text_of(sample, "cert_issuer_cn") + (r.key == SNP_KEY_VLEK ? 9 : 4),
		      snp_product_name(r.product)) == 0);
	CHECK(!authentic(bytes, from - DAY_S, &r));
	CHECK(!authentic(bytes, to + DAY_S, &r));
	/* One bit of each byte that is signed, and of each byte of R and S. */
	for (size_t i = 0; i < 0x330; i++) {
		memcpy(changed, buffer, sizeof(changed));
		changed[i] ^= (uint8_t)(1u << i % 8);
		if (authentic((struct span){changed, sizeof(changed)}, from + DAY_S, &r))
			fprintf(stderr, "byte 0x%zx\n", i);
		CHECK(last_failure.happened);
		last_failure.happened = false;
	}
}

static void test_genuine_reports(void)
{
	size_t genuine = 0;

	for (size_t i = 0; i < json_object_array_length(expected); i++) {
		struct json_object *sample = json_object_array_get_idx(expected, i);

		if (strcmp(text_of(sample, "signature_ok"), "true") != 0)
			continue;
		printf("  %s\n", text_of(sample, "report"));
		check_sample(sample);
		genuine++;
	}
	CHECK(genuine + 1 == json_object_array_length(expected)); /* all but fake-v0 */
	CHECK(genuine >= SAMPLES_MIN - 1);
}

static void test_fake_report(void)
{
	uint8_t buffer[SNP_REPORT_LEN];
	struct span bytes = rig_file(folder, "fake-v0.report", buffer, sizeof(buffer));
	struct snp_report r;

	CHECK(!authentic(bytes, time(NULL), &r));
	CHECK(strstr(last_failure.text, "version 0"));
}

/* The chain of a certificate file, a day after it begins. */
static struct failure chain(const char *name)
{
	uint8_t buffer[4096];
	X509 *cert = cert_parse(rig_file(folder, name, buffer, sizeof(buffer)));
	struct failure f = refuse("no certificate");
	struct tm from;
	struct snp_vek v;

	if (cert && ASN1_TIME_to_tm(X509_get0_notBefore(cert), &from) == 1) {
		f = snp_vek_read(cert, &v);
		if (!f.happened)
			f = snp_chain_verify(trust, cert, &v, NULL, timegm(&from) + DAY_S);
	}
	X509_free(cert);
	return f;
}

static void test_certificates(void)
{
	CHECK(done(chain("turin-other.vcek.der")));
	CHECK(done(chain("milan-v3-vlek-aws.vlek.der")));
	/* Both forms of the hardware id are read; the signature is what is wrong. */
	CHECK(!done(chain("bad-vcek-legacy.der")));
	CHECK(!strstr(last_failure.text, "hardware id"));
	CHECK(!done(chain("bad-vcek-new.der")));
	CHECK(!strstr(last_failure.text, "hardware id"));
}

static void test_certificate_of_another_chip(void)
{
	uint8_t report[SNP_REPORT_LEN], der[4096];
	struct snp_report r;
	struct snp_vek v;
	X509 *cert;

	REQUIRE(done(
		snp_report_parse(rig_file(folder, "turin-v5.report", report, sizeof(report)), &r)));
	cert = cert_parse(rig_file(folder, "turin-other.vcek.der", der, sizeof(der)));
	REQUIRE(cert && done(snp_vek_read(cert, &v)));
	memcpy(v.tcb, r.reported_tcb, SNP_TCB_LEN); /* so that the chip is what differs */
	CHECK(!done(snp_vek_fits(&v, &r)));
	CHECK(strstr(last_failure.text, "another chip"));
	X509_free(cert);
}

/* What a set that waives all that it can says of a sample. */
static enum evidence_fault judged(
	const char *name, const char *measurement, const char *vmpl, int64_t now_s)
{
	static const char form[] =
		"{\"versions\": [2, 3, 4, 5], \"keys\": [\"VCEK\", \"VLEK\"], \"vmpl\": %s,"
		" \"measurement\": [\"%s\"], \"waive\": [\"csp\", \"guest_policy\", \"abi\","
		" \"id_key\", \"author_key\", \"guest_svn\", \"tcb\", \"committed\","
		" \"platform_info\", \"mitigations\", \"host_data\"]}";
	uint8_t buffer[SNP_REPORT_LEN];
	struct span bytes = rig_file(folder, name, buffer, sizeof(buffer));
	enum evidence_fault fault = FAULT_NONE;
	struct snp_expected *e = NULL;
	struct snp_report r;
	char json[1024];

	snprintf(json, sizeof(json), form, vmpl, measurement);
	CHECK(done(rig_expected(json, &e)));
	CHECK(authentic(bytes, now_s, &r));
	if (e && done(snp_judge(trust, e, &r, &fault)))
		CHECK(fault == FAULT_NONE);
	free(e);
	return fault;
}

static void test_judgements(void)
{
	for (size_t i = 0; i < json_object_array_length(expected); i++) {
		struct json_object *sample = json_object_array_get_idx(expected, i);
		const char *name = text_of(sample, "report");
		bool debug = strcmp(name, "milan-v2-debug.report") == 0;
		char other[2 * SNP_MEASUREMENT_LEN + 1];
		int64_t now = time_of(sample, "cert_not_before") + DAY_S;

		if (strcmp(text_of(sample, "signature_ok"), "true") != 0)
			continue;
		CHECK(judged(name, text_of(sample, "measurement"), text_of(sample, "vmpl"), now) ==
			(debug ? FAULT_PLATFORM : FAULT_NONE));
		snprintf(other, sizeof(other), "%s", text_of(sample, "measurement"));
		other[95] = other[95] == '0' ? '1' : '0';
		CHECK(judged(name, other, text_of(sample, "vmpl"), now) ==
			(debug ? FAULT_PLATFORM : FAULT_MEASUREMENT));
		CHECK(judged(name, text_of(sample, "measurement"), "3", now) == FAULT_PLATFORM);
	}
}

static bool refused_for(
	const char *name, struct json_object *sample, const char *vmpl, const char *reason)
{
	enum evidence_fault fault = judged(name, text_of(sample, "measurement"), vmpl,
		time_of(sample, "cert_not_before") + DAY_S);

	return fault == FAULT_PLATFORM && strstr(last_failure.text, reason);
}

/* attestation-rs#67: neither was looked at. */
static void test_debug_and_vmpl(void)
{
	for (size_t i = 0; i < json_object_array_length(expected); i++) {
		struct json_object *sample = json_object_array_get_idx(expected, i);
		const char *name = text_of(sample, "report");

		if (strcmp(name, "milan-v2-debug.report") == 0)
			CHECK(refused_for(name, sample, "0", "allows debugging"));
		if (strcmp(name, "milan-v3-vlek-aws.report") == 0)
			CHECK(refused_for(name, sample, "0", "VMPL 1"));
	}
}

int main(int argc, char **argv)
{
	char path[512];

	if (argc != 2)
		return 2;
	folder = argv[1];
	snprintf(path, sizeof(path), "%s/expected.json", folder);
	expected = json_object_from_file(path);
	if (!expected || !done(rig_trust(trust_json, folder, &trust))) {
		fprintf(stderr, "%s\n", last_failure.text);
		return 2;
	}
	RUN(test_genuine_reports);
	RUN(test_fake_report);
	RUN(test_certificates);
	RUN(test_certificate_of_another_chip);
	RUN(test_judgements);
	RUN(test_debug_and_vmpl);
	rig_trust_free(trust);
	json_object_put(expected);
	return test_summary();
}
