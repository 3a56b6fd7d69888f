/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy's words about SEV-SNP. Each reader makes a new value that the owner frees; after a
 * refusal there is none, and the path is that of what was refused.
 */
#ifndef TOOLS_POLICY_POLICY_SNP_H
#define TOOLS_POLICY_POLICY_SNP_H

#include <json-c/json.h>
#include "tools/evidence/snp/expected.h"
#include "tools/evidence/snp/trust.h"
#include "tools/policy/policy.h"

/* A set's member "snp" or "svsm"; free() it. Each member is there or named in "waive". */
struct failure policy_read_snp_expected(
	struct policy *p, struct snp_expected **out, struct json_object *value) MUST_CHECK;

/* Its member "tcb", into a struct snp_expected. */
struct failure policy_read_snp_tcb(
	struct policy *p, void *into, struct json_object *value) MUST_CHECK;

/* "evidence"."snp"; snp_trust_free() and free() it. Files are not read: snp_trust_load() does. */
struct failure policy_read_snp_trust(
	struct policy *p, struct snp_trust **out, struct json_object *value) MUST_CHECK;

/*
 * SEV-SNP has no register that is extended before the hand-over, so a running root can ask for a
 * report as PID 1 would, and join again. A set without a TPM that carries the seal (PCRs of a vTPM)
 * is refused unless it accepts that by name: "accept_risk": ["no_seal"].
 */
struct failure policy_check_snp_seal(
	const char *set_name, bool has_tpm, bool accepts_no_seal) MUST_CHECK;

#endif
