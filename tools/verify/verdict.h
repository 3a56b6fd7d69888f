/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a statement of a running node proves, judged by a policy.
 *
 * A statement is good when its evidence is about the verifier's nonce, when something trusted says
 * whose key signed it, and when the registers are those of a set of the policy, capped: PCR 15
 * shows that PID 1 handed over, so that no quote of a join passes for one of a running system.
 * Registers that an operating system extends once more after the hand-over (systemd 261 and later
 * measure "os-separator" into PCR 0 to 7, 9 and 12 to 14) may be extended with that, all of them or
 * none.
 */
#ifndef TOOLS_VERIFY_VERDICT_H
#define TOOLS_VERIFY_VERDICT_H

#include "tools/attest/statement.h"
#include "tools/evidence/tpm/ek_certificate.h"
#include "tools/policy/policy.h"

/* What the operator trusts to say whose attestation key it is; one of them at least is needed. */
struct verify_trust {
	const struct certs *node_ca; /* certificates of node CAs; may be NULL */
	const uint8_t *ak_sha256;    /* SHA-256 of the AK's TPMT_PUBLIC; may be NULL */
};

enum verify_key {
	KEY_UNKNOWN,
	KEY_CERTIFIED, /* by a node CA */
	KEY_MAKER,     /* by the TPM's maker: policy's ak_certificate */
	KEY_NAMED,     /* the operator named it */
};

struct verdict {
	bool good;
	char why[FAILURE_TEXT_MAX]; /* what does not hold; empty when good */
	enum verify_key key;
	char node[CERT_NAME_MAX]; /* subject of the certificate; empty: none */
	char until[32];		  /* end of that certificate */
	uint8_t ak_sha256[32];
	char version[VERSION_TEXT_MAX + 1];
	bool quoted; /* from here on: known */
	uint16_t bank;
	uint32_t pcr_mask;
	uint8_t pcr[POLICY_PCRS][POLICY_DIGEST_MAX];
	bool capped;	   /* PCR 15 */
	bool os_separator; /* registers were extended after the hand-over */
	char set[POLICY_NAME_MAX + 1], role[POLICY_NAME_MAX + 1]; /* matched, or nearest */
	uint32_t epoch, differing, warned;
	uint64_t firmware; /* of the TPM */
};

/*
 * Judges a statement. `policy` is changed (its expected values become those of a running system);
 * the caller owns it. now_s: seconds since 1970.
 */
void verify_judge(struct policy *policy, const struct verify_trust *trust, struct span nonce,
	struct span statement, int64_t now_s, struct verdict *out);

#endif
