/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a statement of a running node proves, judged by a policy.
 *
 * A statement is good when its evidence is about the verifier's nonce, when something trusted says
 * whose key signed it, and when it is what a set of the policy wants of a running system: all the
 * kinds of evidence that the set demands, with registers as the hand-over leaves them. PCR 15 of a
 * TPM and RTMR 3 of TDX show that PID 1 handed over, so that no evidence of a join passes for that
 * of a running system. SEV-SNP has no such register: a set that has nothing else is good only
 * where it accepts the risk by name, and the verdict says so.
 *
 * A node that a node CA certified is judged by the set that it joined by, and in the role that it
 * had then: the join chose them with what operators said of the node.
 *
 * Registers that an operating system extends once more after the hand-over (systemd 261 and later
 * measure "os-separator" into PCR 0 to 7, 9 and 12 to 14) may be extended with that, all of them or
 * none.
 */
#ifndef TOOLS_VERIFY_VERDICT_H
#define TOOLS_VERIFY_VERDICT_H

#include "tools/attest/statement.h"
#include "tools/evidence/fault.h"
#include "tools/evidence/snp/report.h"
#include "tools/evidence/tdx/report.h"
#include "tools/evidence/tpm/ek_certificate.h"
#include "tools/policy/policy.h"

/*
 * What the operator trusts to say whose attestation key it is; one of the first two at least is
 * needed for a set that demands a TPM. For others the processor's maker says it, by policy.
 */
struct verify_trust {
	const struct certs *node_ca; /* certificates of node CAs; may be NULL */
	const uint8_t *ak_sha256;    /* SHA-256 of the AK's TPMT_PUBLIC; may be NULL */
	const uint8_t *node_id;	     /* TPM_NAME_LEN bytes: no other node is good; may be NULL */
};

enum verify_key {
	KEY_UNKNOWN,
	KEY_CERTIFIED, /* by a node CA */
	KEY_MAKER,     /* by the TPM's maker: policy's ak_certificate */
	KEY_NAMED,     /* the operator named it */
	KEY_HARDWARE,  /* there is none: the processor speaks for itself */
};

struct verdict {
	bool good;
	char why[FAILURE_TEXT_MAX]; /* what does not hold; empty when good */
	enum verify_key key;
	char node[CERT_NAME_MAX]; /* subject of the certificate; empty: none */
	char until[32];		  /* end of that certificate */
	uint8_t ak_sha256[32];
	char version[VERSION_TEXT_MAX + 1];
	uint32_t kinds;		   /* bit (evidence_type - 1): genuine, and about the nonce */
	uint32_t judged;	   /* those of them that the set demands and that fit it */
	enum evidence_fault fault; /* of what does not fit the set */
	bool rtmr3_sealed;	   /* extended as the hand-over does it */
	bool has_node_id;
	uint8_t node_id[TPM_NAME_LEN]; /* what the join service knows it by */
	struct snp_report snp;	       /* with its kind in `kinds` */
	struct tdx_report tdx;
	bool quoted; /* from here on: known */
	uint16_t bank;
	uint32_t pcr_mask;
	uint8_t pcr[POLICY_PCRS][POLICY_DIGEST_MAX];
	bool capped;	   /* PCR 15 */
	bool os_separator; /* registers were extended after the hand-over */
	char set[POLICY_NAME_MAX + 1], role[POLICY_NAME_MAX + 1]; /* matched, or nearest */
	uint32_t epoch, differing, warned;
	uint32_t certified_epoch; /* of the set when the node joined, by its certificate */
	uint64_t firmware;	  /* of the TPM */
};

/* A good one that no register shows to be of after the hand-over: the policy accepts that. */
bool verdict_unsealed(const struct verdict *v);

/* Judges a statement. now_s: seconds since 1970. */
void verify_judge(const struct policy *policy, const struct verify_trust *trust, struct span nonce,
	struct span statement, int64_t now_s, struct verdict *out);

#endif
