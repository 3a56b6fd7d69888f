/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the files that judge evidence; private to them. Kinds are first authenticated, each by
 * itself: genuine, and of this connection. Then one set of the policy is chosen: it must find all
 * the kinds that it demands, and judges their values; kinds that it does not name do not matter to
 * it. So where one of two sources fails, a set that wants the other alone still serves.
 */
#ifndef TOOLS_SERVE_JOIN_ADMISSION_KINDS_H
#define TOOLS_SERVE_JOIN_ADMISSION_KINDS_H

#include "tools/evidence/azure/hcl.h"
#include "tools/evidence/snp/report.h"
#include "tools/evidence/tdx/report.h"
#include "tools/serve/join/denial.h"
#include "tools/serve/store/store.h"

struct admission;
struct channel;
struct service;

#define KIND_BIT(type) (1u << ((type)-1u))

/* What is known of the kinds that were sent. */
struct proven {
	uint32_t sent;			      /* kinds that came, KIND_BIT() */
	uint32_t good;			      /* those that are genuine and of this connection */
	struct denial faults[EVIDENCE_TYPES]; /* at type - 1: why one that was sent is not */
	struct snp_report snp, svsm;	      /* of good ones */
	struct tdx_report tdx;
	struct hcl_report hcl;
	struct snp_report hcl_snp; /* within hcl, by its kind of hardware */
	struct tdx_report hcl_tdx;
};

/*
 * Kind 1: forms of the keys, the quote, the event log. others_vouch: there may be no endorsement
 * key, since a paravisor's report may answer for the attestation key.
 */
struct denial admission_tpm(const struct policy *p, const struct channel *c,
	const struct msg_claims *claims, const struct evidence_tpm2 *e, bool others_vouch,
	struct admission *a) MUST_CHECK;
/* "identity": the certificates of the TPM's keys; then its maker's firmware. */
struct denial admission_certificates(
	const struct policy *p, const struct evidence_tpm2 *e, struct admission *a) MUST_CHECK;
/* Kinds 3 and 4; of kind 4 with the hardware's report in it. */
struct denial admission_tdx(const struct policy *p, const struct evidence_tdx *e,
	const struct admission *a, struct tdx_report *out) MUST_CHECK;
struct denial admission_hcl(const struct policy *p, const struct evidence_hcl *e,
	const struct admission *a, struct proven *out) MUST_CHECK;
/* Kinds 2 and 5. */
struct denial admission_snp(const struct policy *p, const struct evidence_snp *e,
	const struct admission *a, struct snp_report *out) MUST_CHECK;
struct denial admission_svsm(const struct policy *p, const struct evidence_svsm *e,
	struct span ek_pub, const struct admission *a, struct snp_report *out) MUST_CHECK;

/* What of genuine evidence can be revoked (admission_revoked.c): its processors, its certificates.
 */
void admission_take_chips(const struct proven *proven, struct admission *a);
void admission_take_certificates(const struct evidence_tpm2 *e, struct admission *a);

/*
 * Collects the sets that take this node into a->sets. Denies with E_DENY_KIND,
 * E_DENY_MEASUREMENTS, E_DENY_PLATFORM, E_DENY_IDENTITY, or the fault of a kind, of the set that
 * came nearest, when there is none. The nearest is named in `a`.
 */
struct denial admission_choose(
	const struct policy *p, const struct proven *proven, struct admission *a) MUST_CHECK;
/* Whether each of these sets can tell without activation whose the evidence is: a->proven. */
struct denial admission_ask_proof(const struct service *s, struct admission *a) MUST_CHECK;

#endif
