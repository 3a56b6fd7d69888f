/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy file's member "evidence": what each kind is judged by, beside the sets. */
#include "tools/policy/policy_json.h"
#include "tools/policy/policy_snp.h"
#include "tools/policy/policy_tdx.h"

static struct failure read_snp(struct policy *p, void *into, struct json_object *value)
{
	(void)into;
	return policy_read_snp_trust(p, &p->snp, value);
}

static struct failure read_tdx(struct policy *p, void *into, struct json_object *value)
{
	(void)into;
	return policy_read_tdx_trust(p, &p->tdx, value);
}

static const struct policy_member evidence_members[] = {
	{"tpm", policy_read_tpm},
	{"snp", read_snp},
	{"tdx", read_tdx},
};

struct failure policy_read_evidence(struct policy *p, void *into, struct json_object *value)
{
	return policy_read_members(p, into, value, MEMBERS(evidence_members), "\"evidence\"");
}
