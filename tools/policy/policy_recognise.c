/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set's members about nodes: by what they are known again, and which may use the set. */
#include <stdio.h>
#include <string.h>

#include "tools/policy/policy_json.h"

#define KIND(type) (1u << ((type)-1))

/* Of SEV-SNP, also within a paravisor's. */
#define REPORTS (KIND(EVIDENCE_SNP) | KIND(EVIDENCE_SVSM) | KIND(EVIDENCE_HCL))

static const struct {
	const char *name;
	uint32_t kinds;	   /* of these the set must demand one; 0: none is needed */
	const char *needs; /* what that is */
} ways[] = {
	[RECOGNISE_EK] = {"ek", KIND(EVIDENCE_TPM2), "\"measurements\" of a TPM"},
	[RECOGNISE_AK] = {"ak", KIND(EVIDENCE_TPM2), "\"measurements\" of a TPM"},
	[RECOGNISE_CHIP] = {"chip", REPORTS | KIND(EVIDENCE_TDX), "\"snp\", \"svsm\" or \"tdx\""},
	[RECOGNISE_HOST_DATA] = {"host_data", REPORTS, "\"snp\" or \"svsm\""},
	[RECOGNISE_CONFIG_ID] = {"config_id", KIND(EVIDENCE_TDX) | KIND(EVIDENCE_HCL), "\"tdx\""},
	[RECOGNISE_TICKET] = {"ticket", 0, ""},
	[RECOGNISE_SET] = {"set", 0, ""},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

const char *policy_recognise_name(enum policy_recognise r)
{
	return (size_t)r < WAYS && ways[r].name ? ways[r].name : "nothing";
}

struct failure policy_read_recognise(struct policy *p, void *into, struct json_object *value)
{
	struct policy_set *set = into;

	(void)p;
	for (size_t i = RECOGNISE_EK; i < WAYS; i++)
		if (json_object_is_type(value, json_type_string) &&
			strcmp(json_object_get_string(value), ways[i].name) == 0) {
			set->recognise = (enum policy_recognise)i;
			return failure_none();
		}
	return refuse("\"recognise\" must be \"ek\", \"ak\", \"chip\", \"host_data\", "
		      "\"config_id\", \"ticket\" or \"set\"");
}

struct failure policy_read_family(struct policy *p, void *into, struct json_object *value)
{
	struct policy_set *set = into;

	(void)p;
	return policy_read_name(value, 1, set->family, "\"family\"");
}

struct failure policy_read_listed_only(struct policy *p, void *into, struct json_object *value)
{
	struct policy_set *set = into;

	(void)p;
	if (!json_object_is_type(value, json_type_boolean))
		return refuse("\"listed_only\" must be true or false");
	set->listed_only = json_object_get_boolean(value);
	return failure_none();
}

struct failure policy_read_accept_risk(struct policy *p, void *into, struct json_object *value)
{
	struct policy_set *set = into;

	(void)p;
	if (!json_object_is_type(value, json_type_array) || json_object_array_length(value) != 1 ||
		!json_object_is_type(json_object_array_get_idx(value, 0), json_type_string) ||
		strcmp(json_object_get_string(json_object_array_get_idx(value, 0)), "no_seal") != 0)
		return refuse("\"accept_risk\" takes [\"no_seal\"] alone");
	set->no_seal = true;
	return failure_none();
}

struct failure policy_check_recognise(const struct policy *p, struct policy_set *set)
{
	if (set->recognise == RECOGNISE_NOTHING && (set->kinds & KIND(EVIDENCE_TPM2)))
		set->recognise = RECOGNISE_EK;
	if (set->recognise == RECOGNISE_NOTHING)
		return refuse("set \"%s\" has no TPM, so it must say by \"recognise\" what its "
			      "nodes are known by: \"chip\", \"host_data\", \"config_id\", "
			      "\"ticket\" or \"set\"",
			set->name);
	if (ways[set->recognise].kinds && !(ways[set->recognise].kinds & set->kinds))
		return refuse("set \"%s\" recognises nodes by \"%s\", so it must demand %s",
			set->name, ways[set->recognise].name, ways[set->recognise].needs);
	if (set->azure && ((set->recognise == RECOGNISE_HOST_DATA && !set->snp) ||
				  (set->recognise == RECOGNISE_CONFIG_ID && !set->tdx)))
		return refuse(
			"set \"%s\" recognises nodes by \"%s\", so beside \"azure\" it must have "
			"\"%s\"",
			set->name, ways[set->recognise].name,
			set->recognise == RECOGNISE_CONFIG_ID ? "tdx" : "snp");
	if (set->recognise == RECOGNISE_AK && !set->azure &&
		!(p->identity.rules & IDENTITY_AK_CERTIFICATE))
		return refuse("set \"%s\" recognises nodes by \"ak\", and only \"ak_certificate\" "
			      "in \"identity\", or \"azure\" in the set, shows that an attestation "
			      "key lasts",
			set->name);
	if (set->family[0] && set->recognise != RECOGNISE_SET)
		return refuse("set \"%s\" has a \"family\" and does not recognise nodes by \"set\"",
			set->name);
	if (!set->family[0])
		snprintf(set->family, sizeof(set->family), "%s", set->name);
	return failure_none();
}
