/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains of SEV-SNP keys that others took, or might take: each hole by its name. */
#include <stdlib.h>

#include "tests/unit/done.h"
#include "tests/unit/evidence/snp_rig.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/evidence/snp/authenticate.h"

#define NOW_S  1790000000 /* in September 2026 */
#define DAY_S  86400
#define YEAR_S (365 * DAY_S)

static const char *samples; /* AMD's own certificates */
static uint8_t wanted[SNP_REPORT_DATA_LEN];

static bool authentic_at(
	const struct snp_trust *t, const uint8_t *report, struct span table, int64_t now_s)
{
	struct snp_report r;

	return t && done(snp_authenticate(
			    t, (struct span){report, SNP_REPORT_LEN}, table, wanted, now_s, &r));
}

/* A report by this chain, whose certificates are all configured. */
static bool chain_works(const struct snp_pki_spec *spec)
{
	struct snp_pki chain = {0};
	struct snp_trust *t = NULL;
	uint8_t report[SNP_REPORT_LEN];
	bool works;

	snp_pki_make(&chain, spec);
	works = done(rig_trust_chain(&chain, scratch, &t));
	snp_pki_report(&chain, wanted, report);
	works = works && authentic_at(t, report, (struct span){NULL, 0}, NOW_S);
	rig_trust_free(t);
	snp_pki_free(&chain);
	return works;
}

static struct snp_pki_spec good(void)
{
	return snp_pki_spec(SNP_MILAN, SNP_KEY_VCEK, NOW_S);
}

static void test_every_product_line_and_key(void)
{
	for (unsigned product = 0; product < SNP_PRODUCTS; product++)
		for (unsigned key = SNP_KEY_VCEK; key <= SNP_KEY_VLEK; key++) {
			struct snp_pki_spec spec = snp_pki_spec(product, key, NOW_S);

			CHECK(chain_works(&spec));
		}
}

static void test_hardware_id_wrapped(void)
{
	struct snp_pki_spec spec = good();

	spec.hwid_wrapped = true;
	CHECK(chain_works(&spec));
	spec = snp_pki_spec(SNP_TURIN, SNP_KEY_VCEK, NOW_S);
	spec.hwid_wrapped = true;
	CHECK(chain_works(&spec));
}

static bool refused(void (*spoil)(struct snp_pki_spec *s), const char *reason)
{
	struct snp_pki_spec spec = good();

	spoil(&spec);
	return !chain_works(&spec) && strstr(last_failure.text, reason);
}

static void ark_of_no_line(struct snp_pki_spec *s)
{
	s->ark_name = "ARK-Rome";
}

static void ark_of_another_line(struct snp_pki_spec *s)
{
	s->ark_name = "ARK-Genoa";
}

static void ask_of_another_line(struct snp_pki_spec *s)
{
	s->ask_name = "SEV-Genoa";
}

static void asvk_for_a_vcek(struct snp_pki_spec *s)
{
	s->ask_name = "SEV-VLEK-Milan";
}

static void ask_is_no_ca(struct snp_pki_spec *s)
{
	s->ask_is_no_ca = true;
}

static void vek_of_another_line(struct snp_pki_spec *s)
{
	s->product_name = "Genoa";
}

static void vek_of_no_line(struct snp_pki_spec *s)
{
	s->product_name = "Milano";
}

static void both_ids(struct snp_pki_spec *s)
{
	s->csp = "CN=cloud.example";
}

static void neither_id(struct snp_pki_spec *s)
{
	s->hwid = false;
}

static void id_twice(struct snp_pki_spec *s)
{
	s->hwid_twice = true;
}

static void key_on_p256(struct snp_pki_spec *s)
{
	s->p256 = true;
}

static void no_pss(struct snp_pki_spec *s)
{
	s->pkcs1 = true;
}

static void vek_by_ark(struct snp_pki_spec *s)
{
	s->vek_by_ark = true;
}

static void ark_by_another(struct snp_pki_spec *s)
{
	s->ark_by_ask = true;
}

static void vek_of_no_plain_line(struct snp_pki_spec *s)
{
	s->product_name = "Milan-\033[2J";
}

static void expired(struct snp_pki_spec *s)
{
	s->not_after_s = NOW_S - 1;
}

static void not_yet_valid(struct snp_pki_spec *s)
{
	s->not_before_s = NOW_S + DAY_S;
}

/* What is wrong in the chain, and words of the refusal. */
static const struct {
	const char *name, *reason;
	void (*spoil)(struct snp_pki_spec *s);
} cases[] = {
	{"ark_of_no_line", "no AMD product line", ark_of_no_line},
	{"ark_of_another_line", "has no ARK-Milan", ark_of_another_line},
	{"ask_of_another_line", "is not SEV-Milan", ask_of_another_line},
	{"asvk_for_a_vcek", "is not SEV-Milan", asvk_for_a_vcek},
	{"ask_is_no_ca", "", ask_is_no_ca},
	{"vek_of_another_line", "no certificate of the key", vek_of_another_line},
	{"vek_of_no_line", "is not known", vek_of_no_line},
	{"both_ids", "both or neither", both_ids},
	{"neither_id", "both or neither", neither_id},
	{"id_twice", "", id_twice},
	{"key_on_p256", "not on P-384", key_on_p256},
	{"vek_by_ark", "has 3 certificates", vek_by_ark},
	{"ark_by_another", "does not sign itself", ark_by_another},
	{"vek_of_no_plain_line", "no plain text", vek_of_no_plain_line},
	{"no_pss", "RSA-PSS", no_pss},
	{"expired", "", expired},
	{"not_yet_valid", "", not_yet_valid},
};

static void test_wrong_chains(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool right = refused(cases[i].spoil, cases[i].reason);

		if (!right)
			fprintf(stderr, "%s: %s\n", cases[i].name, last_failure.text);
		CHECK(right);
	}
}

/* AMD's real roots, and a chain that only looks like AMD's, sent along by the host. */
static void test_go_sev_guest_185_forged_root(void)
{
	static const char json[] =
		"{\"roots\": [\"ark-milan.der\"], \"products\": [\"Milan\"],"
		" \"certificates\": [\"ask-milan.der\"], \"waive\": [\"crls\", \"chips\"]}";
	struct snp_pki_spec spec = good();
	uint8_t report[SNP_REPORT_LEN], table[SNP_PKI_TABLE_CAP];
	struct snp_trust *t = NULL;
	struct snp_pki chain = {0};
	size_t len;

	REQUIRE(done(rig_trust(json, samples, &t)));
	snp_pki_make(&chain, &spec);
	snp_pki_report(&chain, wanted, report);
	report[0] = 2; /* which says nothing of the processor */
	memset(report + 0x188, 0, 3);
	memset(report + 0x1f8, 0, 16);
	snp_pki_sign(&chain, report);
	len = snp_pki_table(&chain, table);
	CHECK(!authentic_at(t, report, (struct span){table, len}, NOW_S));
	CHECK(!authentic_at(t, report, (struct span){NULL, 0}, NOW_S));
	CHECK(strstr(last_failure.text, "no certificate"));
	rig_trust_free(t);
	snp_pki_free(&chain);
}

/* snpguest: the root was taken from where the chain came from. Here its name is the right one. */
static void test_self_signed_ark(void)
{
	struct snp_pki ours = {0}, theirs = {0};
	struct snp_pki_spec spec = good();
	uint8_t report[SNP_REPORT_LEN], table[SNP_PKI_TABLE_CAP];
	struct snp_trust *t = NULL;
	size_t len;

	snp_pki_make(&ours, &spec);
	snp_pki_make(&theirs, &spec);
	CHECK(done(rig_trust_chain(&ours, scratch, &t)));
	snp_pki_report(&theirs, wanted, report);
	len = snp_pki_table(&theirs, table);
	CHECK(!authentic_at(t, report, (struct span){table, len}, NOW_S));
	snp_pki_report(&ours, wanted, report);
	CHECK(authentic_at(t, report, (struct span){NULL, 0}, NOW_S));
	/* A table that is no help does no harm. */
	CHECK(authentic_at(t, report, (struct span){table, len}, NOW_S));
	rig_trust_free(t);
	snp_pki_free(&ours);
	snp_pki_free(&theirs);
}

/* What is there and cannot be read is refused, though nothing of it is needed. */
static void test_broken_table(void)
{
	struct snp_pki_spec spec = good();
	uint8_t report[SNP_REPORT_LEN], table[SNP_PKI_TABLE_CAP];
	struct snp_pki chain = {0};
	struct snp_trust *t = NULL;
	size_t len;

	snp_pki_make(&chain, &spec);
	CHECK(done(rig_trust_chain(&chain, scratch, &t)));
	snp_pki_report(&chain, wanted, report);
	len = snp_pki_table(&chain, table);
	CHECK(authentic_at(t, report, (struct span){table, len}, NOW_S));
	CHECK(!authentic_at(t, report, (struct span){table, len - 1}, NOW_S));
	CHECK(strstr(last_failure.text, "out of itself"));
	table[24 + 16]++; /* where the ASK begins */
	CHECK(!authentic_at(t, report, (struct span){table, len}, NOW_S));
	CHECK(strstr(last_failure.text, "an ASK that is no certificate"));
	rig_trust_free(t);
	snp_pki_free(&chain);
}

static struct snp_trust *only_root(const struct snp_pki *chain, const char *waive)
{
	struct snp_trust *t = NULL;
	char json[256];

	snp_pki_write(chain->ark, scratch_path("ark.pem"));
	snprintf(json, sizeof(json),
		"{\"roots\": [\"ark.pem\"], \"products\": [\"Milan\"], \"waive\": [%s]}", waive);
	CHECK(done(rig_trust(json, scratch, &t)));
	return t;
}

static void test_certificates_of_the_host(void)
{
	struct snp_pki_spec spec = snp_pki_spec(SNP_MILAN, SNP_KEY_VLEK, NOW_S);
	uint8_t report[SNP_REPORT_LEN], table[SNP_PKI_TABLE_CAP];
	struct snp_pki chain = {0};
	struct snp_trust *t = NULL;
	size_t len;

	snp_pki_make(&chain, &spec);
	t = only_root(&chain, "\"crls\", \"chips\"");
	snp_pki_report(&chain, wanted, report);
	len = snp_pki_table(&chain, table);
	CHECK(authentic_at(t, report, (struct span){table, len}, NOW_S));
	CHECK(!authentic_at(t, report, (struct span){NULL, 0}, NOW_S));
	memset(table, 0x5a, 16); /* no VLEK any more */
	CHECK(!authentic_at(t, report, (struct span){table, len}, NOW_S));
	CHECK(!authentic_at(t, report, (struct span){table, 24}, NOW_S));
	rig_trust_free(t);
	snp_pki_free(&chain);
}

/* trustee: the chip was compared only where the name was one that no certificate has. */
static void test_trustee_other_hardware_id(void)
{
	struct snp_pki_spec spec = good();
	uint8_t report[SNP_REPORT_LEN], table[SNP_PKI_TABLE_CAP];
	struct snp_pki chain = {0};
	struct snp_trust *t = NULL;
	size_t len;

	snp_pki_make(&chain, &spec);
	t = only_root(&chain, "\"crls\", \"chips\"");
	len = snp_pki_table(&chain, table);
	snp_pki_report(&chain, wanted, report);
	report[0x1a0] ^= 1;
	snp_pki_sign(&chain, report);
	CHECK(!authentic_at(t, report, (struct span){table, len}, NOW_S));
	CHECK(strstr(last_failure.text, "another chip"));
	memset(report + 0x1a0, 0, SNP_CHIP_ID_LEN);
	snp_pki_sign(&chain, report);
	CHECK(!authentic_at(t, report, (struct span){table, len}, NOW_S));
	CHECK(strstr(last_failure.text, "another chip"));
	rig_trust_free(t);
	snp_pki_free(&chain);
}

/* trustee, virtee: KEY_INFO says VCEK, and a VLEK signed; and the other way round. */
static void test_certificate_of_another_kind(void)
{
	for (unsigned key = SNP_KEY_VCEK; key <= SNP_KEY_VLEK; key++) {
		struct snp_pki_spec spec = snp_pki_spec(SNP_MILAN, key, NOW_S);
		uint8_t report[SNP_REPORT_LEN], table[SNP_PKI_TABLE_CAP];
		struct snp_pki chain = {0}, as_other;
		struct snp_trust *t = NULL;
		size_t len;

		snp_pki_make(&chain, &spec);
		t = only_root(&chain, "\"crls\", \"chips\"");
		as_other = chain; /* the table gives the certificate as the other kind's */
		as_other.spec.key = !key;
		len = snp_pki_table(&as_other, table);
		snp_pki_report(&as_other, wanted, report);
		CHECK(!authentic_at(t, report, (struct span){table, len}, NOW_S));
		CHECK(strstr(last_failure.text, "says that a"));
		rig_trust_free(t);
		snp_pki_free(&chain);
	}
}

/* A list of the root's decides over the ASK; none, or an old one, is no answer. */
static void test_revoked_ask(void)
{
	static const char json[] =
		"{\"roots\": [\"ark.pem\"], \"certificates\": [\"ask.pem\", \"vek.pem\"],"
		" \"crls\": [\"crl.pem\"], \"products\": [\"Milan\"], \"waive\": [\"chips\"]}";
	struct snp_pki_spec spec = good(), other_spec = good();
	uint8_t report[SNP_REPORT_LEN];
	struct snp_pki chain = {0}, other = {0};
	struct snp_trust *by_files = NULL;
	const char *crl;

	snp_pki_make(&chain, &spec);
	snp_pki_make(&other, &other_spec);
	REQUIRE(done(rig_trust_chain(&chain, scratch, &by_files))); /* for its files */
	rig_trust_free(by_files);
	crl = scratch_path("crl.pem");
	snp_pki_report(&chain, wanted, report);
	for (unsigned which = 0; which < 4; which++) {
		struct snp_trust *t = NULL;

		snp_pki_write_crl(which == 3 ? &other : &chain, which == 1, NOW_S - DAY_S,
			which == 2 ? NOW_S - 1 : NOW_S + DAY_S, crl);
		REQUIRE(done(rig_trust(json, scratch, &t)));
		CHECK(authentic_at(t, report, (struct span){NULL, 0}, NOW_S) == (which == 0));
		rig_trust_free(t);
	}
	snp_pki_free(&chain);
	snp_pki_free(&other);
}

/* Trust that nobody filled in. */
static void test_empty_trust(void)
{
	struct snp_trust t = {0};

	CHECK(!done(snp_trust_load(&t, scratch)));
	CHECK(strstr(last_failure.text, "needs"));
	snp_trust_free(&t);
}

/* A clock at 1970, or at 2100, lets nobody in. */
static void test_clock(void)
{
	struct snp_pki_spec spec = good();
	uint8_t report[SNP_REPORT_LEN];
	struct snp_pki chain = {0};
	struct snp_trust *t = NULL;

	snp_pki_make(&chain, &spec);
	CHECK(done(rig_trust_chain(&chain, scratch, &t)));
	snp_pki_report(&chain, wanted, report);
	CHECK(authentic_at(t, report, (struct span){NULL, 0}, NOW_S));
	CHECK(!authentic_at(t, report, (struct span){NULL, 0}, 0));
	CHECK(!authentic_at(t, report, (struct span){NULL, 0}, 4102444800));
	CHECK(!authentic_at(t, report, (struct span){NULL, 0}, NOW_S + YEAR_S + DAY_S));
	rig_trust_free(t);
	snp_pki_free(&chain);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	samples = argv[1];
	memset(wanted, 0xd5, sizeof(wanted));
	scratch_open();
	RUN(test_every_product_line_and_key);
	RUN(test_hardware_id_wrapped);
	RUN(test_wrong_chains);
	RUN(test_go_sev_guest_185_forged_root);
	RUN(test_self_signed_ark);
	RUN(test_broken_table);
	RUN(test_certificates_of_the_host);
	RUN(test_trustee_other_hardware_id);
	RUN(test_certificate_of_another_kind);
	RUN(test_revoked_ask);
	RUN(test_empty_trust);
	RUN(test_clock);
	scratch_close();
	return test_summary();
}
