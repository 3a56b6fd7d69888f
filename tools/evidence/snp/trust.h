/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose SEV-SNP reports are believed: AMD's roots by file, certificates and revocation lists by
 * file, the product lines and the chips.
 *
 * The owner zeroes it, fills in the first part (tools/policy does, from "evidence"."snp"), loads it
 * once, and frees it. After loading it does not change.
 */
#ifndef TOOLS_EVIDENCE_SNP_TRUST_H
#define TOOLS_EVIDENCE_SNP_TRUST_H

#include "tools/evidence/snp/vek.h"
#include "tools/evidence/x509/certs.h"

#define SNP_FILES_MAX 256u  /* of each kind */
#define SNP_CHIPS_MAX 4096u /* of each list */

struct snp_files {
	char **names; /* relative ones are in the folder given when loading */
	size_t count;
};

struct snp_chips {
	uint8_t (*ids)[SNP_CHIP_ID_LEN]; /* as reports have them: of Turin 8 bytes, then zeros */
	size_t count;
};

/* A configured certificate of a VCEK or VLEK. */
struct snp_known_vek {
	X509 *cert; /* in the list of leaves */
	struct snp_vek says;
};

struct snp_trust {
	/* What the policy says. */
	struct snp_files root_files, certificate_files, crl_files;
	bool no_revocation;	/* waived "crls": whether an ASK is revoked is not asked */
	unsigned products;	/* bit enum snp_product: lines whose reports are taken */
	bool any_chip;		/* waived "chips": no list, and a report need not name its chip */
	struct snp_chips allow; /* empty: any that is not in deny */
	struct snp_chips deny;

	/* What the files hold. */
	struct certs roots, intermediates, leaves;
	struct snp_known_vek *veks; /* read once: a stranger's report costs no parsing */
	size_t vek_count;
	struct crls crls;
};

/*
 * Reads the files. Each root must be self-signed, of a product line by its name (ARK-Milan), and
 * each line in `products` must have one. Each certificate is an ASK or ASVK, or a
 * VCEK or VLEK. A failure names the file or the line.
 */
struct failure snp_trust_load(struct snp_trust *t, const char *folder) MUST_CHECK;
void snp_trust_free(struct snp_trust *t);

#endif
