/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy's words about TDX and about Azure's paravisor. Each reader makes a new value that the
 * owner frees; after a refusal there is none, and the path is that of what was refused.
 */
#ifndef TOOLS_POLICY_POLICY_TDX_H
#define TOOLS_POLICY_POLICY_TDX_H

#include <json-c/json.h>
#include "tools/evidence/azure/hcl.h"
#include "tools/evidence/tdx/expected.h"
#include "tools/evidence/tdx/trust.h"
#include "tools/policy/policy.h"

/* A set's member "tdx"; free() it. Each member is there, waived, or has a value of its own. */
struct failure policy_read_tdx_expected(
	struct policy *p, struct tdx_expected **out, struct json_object *value) MUST_CHECK;

/* "evidence"."tdx"; tdx_trust_free() and free() it. Files are not read: tdx_trust_load() does. */
struct failure policy_read_tdx_trust(
	struct policy *p, struct tdx_trust **out, struct json_object *value) MUST_CHECK;

/*
 * RTMR3 unextended is what tells PID 1's quote from one that a running root asked for. A set that
 * waives it or names another value has no seal, unless a TPM carries one (PCRs of a paravisor's
 * vTPM); without that it must accept the risk by name: "accept_risk": ["no_seal"].
 */
struct failure policy_check_tdx_seal(const char *set_name, const struct tdx_expected *e,
	bool has_tpm, bool accepts_no_seal) MUST_CHECK;

/* A set's member "azure"; hcl_expected_free() and free() it. */
struct failure policy_read_azure_expected(
	struct policy *p, struct hcl_expected **out, struct json_object *value) MUST_CHECK;

#endif
