/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a set of a policy demands of an SEV-SNP report.
 *
 * Every member is given or waived by its name. One that is neither makes the whole expectation
 * incomplete, and an incomplete one is matched by no report: zeroed memory lets nobody in.
 */
#ifndef TOOLS_EVIDENCE_SNP_EXPECTED_H
#define TOOLS_EVIDENCE_SNP_EXPECTED_H

#include "tools/evidence/snp/report.h"

#define SNP_LIST_MAX 64u /* measurements, key digests, clouds that one set may name */

/* In the order in which they are judged. */
enum snp_member {
	SNP_VERSIONS,	 /* "versions": of the report's structure */
	SNP_KEYS,	 /* "keys": VCEK, VLEK */
	SNP_CSP,	 /* "csp": the clouds whose VLEK is taken */
	SNP_VMPL,	 /* "vmpl" */
	SNP_POLICY,	 /* "guest_policy": mask and value */
	SNP_ABI,	 /* "abi": the firmware version that POLICY demands, a minimum */
	SNP_MEASUREMENT, /* "measurement" */
	SNP_ID_KEY,	 /* "id_key" */
	SNP_AUTHOR_KEY,	 /* "author_key" */
	SNP_GUEST_SVN,	 /* "guest_svn": a minimum; it needs the ID key */
	SNP_TCB,	 /* "tcb": minima by product line and component */
	SNP_COMMITTED,	 /* "committed": the firmware that cannot be rolled back, a minimum */
	SNP_PLATFORM,	 /* "platform_info": mask and value */
	SNP_MITIGATIONS, /* "mitigations": bits that must be set */
	SNP_HOST_DATA,	 /* "host_data" */
	SNP_MEMBERS
};
#define SNP_MEMBER_BIT(m) (1u << (m))
/* Those that make a report say who the guest is: no policy can leave them out. */
#define SNP_NEVER_WAIVED                                                                      \
	(SNP_MEMBER_BIT(SNP_VERSIONS) | SNP_MEMBER_BIT(SNP_KEYS) | SNP_MEMBER_BIT(SNP_VMPL) | \
		SNP_MEMBER_BIT(SNP_MEASUREMENT))

/* The member's name in a policy. */
const char *snp_member_name(enum snp_member m);

/* The bits of mask are those of value. */
struct snp_bits {
	uint64_t mask, value;
};

struct snp_digests {
	uint8_t list[SNP_LIST_MAX][48]; /* any of them */
	size_t count;
};

struct snp_expected {
	uint32_t given, waived; /* SNP_MEMBER_BIT(); each member is in one of them */
	uint32_t versions;	/* bit n: version n of the structure is taken */
	unsigned keys;		/* bit enum snp_key */
	char csp[SNP_LIST_MAX][SNP_CSP_ID_MAX + 1];
	size_t csp_count;
	uint32_t vmpl;
	bool allow_debug, allow_migration; /* else refused, whatever guest_policy says */
	struct snp_bits guest_policy;
	uint16_t abi; /* major << 8 | minor */
	struct snp_digests measurement, id_key, author_key;
	uint32_t guest_svn;
	unsigned tcb_products; /* bit enum snp_product: those that have minima; no other is taken */
	uint8_t tcb[SNP_PRODUCTS][SNP_COMPONENTS];
	snp_version committed;
	struct snp_bits platform_info;
	uint64_t launch_mitigations, current_mitigations;
	uint8_t host_data[SNP_HOST_DATA_LEN];
};

/* Every member is given or waived, and none is in both. A failure names the first that is not. */
struct failure snp_expected_complete(const struct snp_expected *e) MUST_CHECK;

#endif
