/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the files that judge statements; private to them. Kinds of evidence are first
 * authenticated, each by itself: genuine, and about this statement. Then the sets of the policy are
 * tried, each with all the kinds that it demands, by the values of a running system.
 */
#ifndef TOOLS_VERIFY_JUDGE_PRIVATE_H
#define TOOLS_VERIFY_JUDGE_PRIVATE_H

#include "tools/verify/verdict.h"

#define KIND(type) (1u << ((type)-1u))

/* What is judged, and what was found so far. */
struct judgement {
	const struct policy *policy;
	const struct verify_trust *trust;
	int64_t now_s;
	struct statement statement;
	struct evidence_tpm2 tpm;
	struct evidence_snp snp;
	struct evidence_tdx tdx;
	uint8_t rd[RD_LEN];
	uint32_t sent, good;		       /* KIND() */
	struct failure faults[EVIDENCE_TYPES]; /* at type - 1: why one that was sent is not good */
	struct failure key_fault;	       /* why the quote's key is none that is trusted */
	bool has_certified_id;
	uint8_t certified_id[TPM_NAME_LEN]; /* which node the key's certificate says it is */
	/* The set that it joined by, and its role then; empty without a certificate. */
	char certified_set[POLICY_NAME_MAX + 1], certified_role[POLICY_NAME_MAX + 1];
	struct verdict *verdict;
};

/* What a set made of it. */
struct findings {
	uint32_t differing, warned; /* PCRs */
	bool capped, os_separator, rtmr3_sealed;
	bool has_node_id, revoked;
	uint8_t node_id[TPM_NAME_LEN];
	enum evidence_fault fault;
};

/* The quote; its values go to the verdict. Then whose key it is: key_fault. */
struct failure judge_quote(struct judgement *j) MUST_CHECK;
/* The registers, by one set, and the log that leads to them. */
struct failure judge_registers(
	const struct judgement *j, const struct policy_set *set, struct findings *out) MUST_CHECK;

/* Reports of the processor; what they say goes to the verdict. */
struct failure judge_snp_report(struct judgement *j) MUST_CHECK;
struct failure judge_tdx_quote(struct judgement *j) MUST_CHECK;
/* Their values by one set, RTMR 3 as the hand-over leaves it. */
struct failure judge_platform(
	const struct judgement *j, const struct policy_set *set, struct findings *out) MUST_CHECK;
/*
 * Which node it is: the one of the certificate, where there is one. Without a TPM also whether the
 * policy takes the processor's word for it.
 */
struct failure judge_node(
	const struct judgement *j, const struct policy_set *set, struct findings *out) MUST_CHECK;

#endif
