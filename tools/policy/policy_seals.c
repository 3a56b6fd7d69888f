/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what seals a set at the hand-over holds, by what the policy as a whole lets in. */
#include "tools/evidence/tdx/expected.h"
#include "tools/policy/policy_json.h"

#define KIND(type) (1u << ((type)-1))

/* PCR 15 of a TPM that may be away at one boot and there afterwards is all that seals the set. */
static bool sealed_by_tpm_alone(const struct policy_set *set)
{
	return (set->kinds & KIND(EVIDENCE_TPM2)) && !(set->tdx && tdx_expected_sealed(set->tdx));
}

/*
 * Whether a root that runs could bring another TPM than its node's, whose PCR 15 is not capped:
 * the processor's report says nothing of a TPM, unless that is the SVSM's or the paravisor's.
 */
static bool takes_any_tpm(const struct policy *p, const struct policy_set *set)
{
	unsigned rules = p->identity.rules;

	if (set->svsm || set->azure ||
		(rules & (IDENTITY_EK_CERTIFICATE | IDENTITY_AK_CERTIFICATE)))
		return false;
	return !(rules & (IDENTITY_LISTED | IDENTITY_APPROVAL)) || set->recognise != RECOGNISE_EK;
}

static struct failure check_seal_holds(const struct policy *p, const struct policy_set *set)
{
	if (!(set->snp || set->tdx) || !sealed_by_tpm_alone(set) || set->no_seal ||
		!takes_any_tpm(p, set))
		return failure_none();
	return refuse("set \"%s\" is sealed by a TPM that nothing names, so whoever is root on a "
		      "running node can join again with another one: demand its certificate or "
		      "list it in \"identity\", or accept that by \"accept_risk\": [\"no_seal\"]",
		set->name);
}

/*
 * A boot whose TPM is away joins by a set that demands none, and caps no PCR 15: what runs then
 * could bring the TPM back and quote as PID 1 would. What the sets measure is of different kinds,
 * so nobody can tell here whether they let in the same image.
 */
struct failure policy_check_seals(const struct policy *p)
{
	const struct policy_set *without = NULL;

	for (size_t i = 0; i < p->set_count; i++)
		if (!(p->sets[i].kinds & KIND(EVIDENCE_TPM2)))
			without = &p->sets[i];
	for (size_t i = 0; without && i < p->set_count; i++)
		if (sealed_by_tpm_alone(&p->sets[i]) && !p->sets[i].no_seal)
			return refuse("set \"%s\" is sealed by its TPM, and set \"%s\" takes nodes "
				      "without one: an image that both take could join again "
				      "while it runs; if no image is in both, say so by "
				      "\"accept_risk\": [\"no_seal\"] in \"%s\"",
				p->sets[i].name, without->name, p->sets[i].name);
	for (size_t i = 0; i < p->set_count; i++)
		TRY_FAILURE(check_seal_holds(p, &p->sets[i]));
	return failure_none();
}
