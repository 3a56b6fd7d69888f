/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/snp/authenticate.h"

#include <string.h>

#include "crypto/secret.h"
#include "tools/evidence/snp/chain.h"
#include "tools/evidence/snp/signature.h"
#include "tools/evidence/snp/table.h"
#include "tools/lib/hex.h"

/* What one report is checked with, and what came of the certificates that were tried. */
struct attempt {
	const struct snp_trust *trust;
	struct span bytes;
	int64_t now_s;
	struct snp_report report;
	struct certs offered;	/* the table's ASK */
	struct failure nearest; /* of the first certificate that was tried */
};

static struct failure signed_by(struct attempt *a, X509 *cert, const struct snp_vek *v)
{
	TRY_FAILURE(snp_vek_fits(v, &a->report));
	TRY_FAILURE(snp_chain_verify(a->trust, cert, v, &a->offered, a->now_s));
	TRY_FAILURE(snp_signature_verify(cert, a->bytes));
	a->report.product = v->product;
	memcpy(a->report.csp_id, v->csp_id, sizeof(v->csp_id));
	return failure_none();
}

/* Whether the report is signed by this certificate's key, and the key by AMD. */
static bool try_cert(struct attempt *a, X509 *cert, const struct snp_vek *v)
{
	struct failure f = signed_by(a, cert, v);

	if (f.happened && !a->nearest.happened)
		a->nearest = f;
	return !f.happened;
}

/* Of the configured certificates, those that fit. */
static bool try_configured(struct attempt *a)
{
	for (size_t i = 0; i < a->trust->vek_count; i++) {
		const struct snp_known_vek *known = &a->trust->veks[i];

		if (!snp_vek_fits(&known->says, &a->report).happened &&
			try_cert(a, known->cert, &known->says))
			return true;
	}
	return false;
}

static bool try_offered(struct attempt *a, struct span der)
{
	X509 *cert = der.len ? cert_parse(der) : NULL;
	struct snp_vek v = {0};
	struct failure f;
	bool good = false;

	if (!der.len)
		return false;
	f = cert ? snp_vek_read(cert, &v)
		 : refuse("the host's certificate table has a VCEK or VLEK that is no certificate");
	if (!f.happened)
		good = try_cert(a, cert, &v);
	else if (!a->nearest.happened)
		a->nearest = f;
	X509_free(cert);
	return good;
}

/* In words for who has to fetch a certificate: which one it is. */
static struct failure no_certificate(const struct snp_report *r)
{
	char chip[2 * SNP_CHIP_ID_LEN + 1], tcb[2 * SNP_TCB_LEN + 1];

	hex_encode(r->chip_id, SNP_CHIP_ID_LEN, chip);
	hex_encode(r->reported_tcb, SNP_TCB_LEN, tcb);
	return refuse(
		"there is no certificate of the key that signed the SEV-SNP report: fetch the "
		"%s of chip %s at TCB %s from AMD and name it in \"certificates\"",
		r->key == SNP_KEY_VCEK ? "VCEK" : "VLEK", chip, tcb);
}

static struct failure find_signer(struct attempt *a, const struct snp_table *table)
{
	const struct span hint = a->report.key == SNP_KEY_VCEK ? table->vcek : table->vlek;

	if (table->ask.len && certs_add_der(&a->offered, table->ask).happened)
		return refuse("the host's certificate table has an ASK that is no certificate");
	if (try_configured(a) || try_offered(a, hint))
		return failure_none();
	return a->nearest.happened ? a->nearest : no_certificate(&a->report);
}

struct failure snp_authenticate(const struct snp_trust *t, struct span report, struct span table,
	const uint8_t report_data[static SNP_REPORT_DATA_LEN], int64_t now_s,
	struct snp_report *out)
{
	struct attempt a = {.trust = t, .bytes = report, .now_s = now_s};
	struct snp_table hints;
	struct failure f;

	if (snp_is_zero(report_data, SNP_REPORT_DATA_LEN))
		return refuse("there is nothing that the SEV-SNP report has to carry");
	TRY_FAILURE(snp_report_parse(report, &a.report));
	TRY_FAILURE(snp_table_parse(table, &hints));
	if (!equal_ct(a.report.report_data, report_data, SNP_REPORT_DATA_LEN))
		return refuse("the SEV-SNP report is not of this connection: its report data are "
			      "others");
	f = find_signer(&a, &hints);
	certs_free(&a.offered);
	if (!f.happened)
		*out = a.report;
	return f;
}
