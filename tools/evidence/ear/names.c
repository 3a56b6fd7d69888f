/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/ear/names.h"

const struct ear_names ear_spellings[2] = {
	[EAR_IETF] = {.profile = "tag:ietf.org,2026:rats/ear#03",
		.verifier_id = "ear_verifier_id",
		.status = "ear_status",
		.vector = "ear_trustworthiness_vector",
		.policies = "ear_appraisal_policy_ids",
		.policy_claims = "ear_veraison_policy_claims",
		.key_attestation = "ear_veraison_key_attestation"},
	[EAR_VERAISON] = {.profile = "tag:github.com,2023:veraison/ear",
		.verifier_id = "ear.verifier-id",
		.status = "ear.status",
		.vector = "ear.trustworthiness-vector",
		.policies = "ear.appraisal-policy-id",
		.policy_claims = "ear.veraison.policy-claims",
		.key_attestation = "ear.veraison.key-attestation",
		.one_policy = true},
};

const char *const ear_status_names[4] = {"none", "affirming", "warning", "contraindicated"};

const char *const ear_claim_names[EAR_CLAIMS] = {"instance-identity", "configuration",
	"executables", "file-system", "hardware", "runtime-opaque", "storage-opaque",
	"sourced-data"};

/* Values below zero are the verifier's own, in the same tiers, mirrored. */
enum ear_status ear_tier(int8_t value)
{
	if (value >= -1 && value <= 1)
		return EAR_NONE;
	if (value >= -32 && value <= 31)
		return EAR_AFFIRMING;
	return value >= -96 && value <= 95 ? EAR_WARNING : EAR_CONTRAINDICATED;
}
