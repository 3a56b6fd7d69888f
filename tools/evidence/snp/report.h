/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SEV-SNP ATTESTATION_REPORT, versions 2 to 5 (AMD 56860, "ATTESTATION_REPORT structure").
 *
 * Parsing copies the fields out and refuses what no firmware writes: another size or version, bits
 * of POLICY and KEY_INFO that have no meaning, reserved bytes that are not zero, a report that the
 * host asked for. It says nothing of the signature (authenticate.h) and nothing of whether the
 * values are good ones (judge.h). Bits of PLATFORM_INFO are not looked at: genuine firmware sets
 * reserved ones.
 */
#ifndef TOOLS_EVIDENCE_SNP_REPORT_H
#define TOOLS_EVIDENCE_SNP_REPORT_H

#include "early/contract/wire.h"
#include "tools/evidence/snp/product.h"
#include "tools/lib/failure.h"

#define SNP_REPORT_LEN	    1184u
#define SNP_REPORT_SIGNED   0x2a0u /* bytes that the signature covers, from the first */
#define SNP_REPORT_DATA_LEN 64u
#define SNP_MEASUREMENT_LEN 48u
#define SNP_HOST_DATA_LEN   32u
#define SNP_KEY_DIGEST_LEN  48u
#define SNP_CHIP_ID_LEN	    64u
#define SNP_CSP_ID_MAX	    128u

/* Bits of POLICY that are never wanted by accident. */
#define SNP_POLICY_MIGRATE_MA (1ull << 18)
#define SNP_POLICY_DEBUG      (1ull << 19)

/* Which key signs (KEY_INFO bits 4:2): the chip's own, or one that a cloud loaded into it. */
enum snp_key { SNP_KEY_VCEK = 0, SNP_KEY_VLEK = 1 };

/* A firmware version as numbers that compare: major << 16 | minor << 8 | build. */
typedef uint32_t snp_version;

struct snp_report {
	uint32_t version; /* of the structure, 2..5 */
	uint32_t guest_svn;
	uint64_t policy;
	uint8_t family_id[16], image_id[16];
	uint32_t vmpl; /* 0..3 */
	uint8_t current_tcb[SNP_TCB_LEN], reported_tcb[SNP_TCB_LEN];
	uint8_t committed_tcb[SNP_TCB_LEN], launch_tcb[SNP_TCB_LEN];
	uint64_t platform_info;
	bool author_key, mask_chip_key; /* KEY_INFO bits 0 and 1 */
	enum snp_key key;
	uint8_t report_data[SNP_REPORT_DATA_LEN];
	uint8_t measurement[SNP_MEASUREMENT_LEN];
	uint8_t host_data[SNP_HOST_DATA_LEN];
	uint8_t id_key_digest[SNP_KEY_DIGEST_LEN], author_key_digest[SNP_KEY_DIGEST_LEN];
	uint8_t report_id[32], report_id_ma[32];
	bool has_cpuid; /* version 3 and later */
	uint8_t cpuid_family, cpuid_model, cpuid_stepping;
	uint8_t chip_id[SNP_CHIP_ID_LEN]; /* all zero: the report does not say which chip */
	snp_version current, committed;
	uint64_t launch_mitigations, current_mitigations; /* version 5; else 0 */

	/* From the certificate of the key that signed; snp_authenticate() fills them in. */
	enum snp_product product;
	char csp_id[SNP_CSP_ID_MAX + 1]; /* VLEK: whose cloud; VCEK: empty */
};

/* Reads a report that came as exactly SNP_REPORT_LEN bytes. A failure says which field is wrong. */
struct failure snp_report_parse(struct span bytes, struct snp_report *out) MUST_CHECK;

/* Whether len bytes are all zero. */
bool snp_is_zero(const uint8_t *bytes, size_t len);

/* Whether the report says which chip it is of: CHIP_ID is not all zero. */
bool snp_report_names_chip(const struct snp_report *r);

#endif
