/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The certificate of the key that signs reports (AMD 57230, "VCEK and VLEK certificates"): what its
 * extensions say, and whether that is what a report says. Its signatures are path.h's matter.
 */
#ifndef TOOLS_EVIDENCE_SNP_VEK_H
#define TOOLS_EVIDENCE_SNP_VEK_H

#include <openssl/x509.h>

#include "tools/evidence/snp/report.h"

struct snp_vek {
	enum snp_key key; /* VCEK: it has a hardware id; VLEK: it has a cloud's id */
	enum snp_product product;
	uint8_t tcb[SNP_TCB_LEN];	  /* in the product line's order, as REPORTED_TCB */
	uint8_t chip_id[SNP_CHIP_ID_LEN]; /* of a VCEK, as CHIP_ID; of a VLEK zero */
	char csp_id[SNP_CSP_ID_MAX + 1];  /* of a VLEK; of a VCEK empty */
};

/* A failure: it is no certificate of a VCEK or VLEK, or says a thing twice or in two ways. */
struct failure snp_vek_read(const X509 *cert, struct snp_vek *out) MUST_CHECK;

/* Whether the certificate's kind, product line, TCB and chip are those of the report. */
struct failure snp_vek_fits(const struct snp_vek *v, const struct snp_report *r) MUST_CHECK;

#endif
