/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/snp/judge.h"

#include <string.h>

#include "crypto/secret.h"

typedef struct failure check(const struct snp_expected *e, const struct snp_report *r);

static struct failure check_versions(const struct snp_expected *e, const struct snp_report *r)
{
	return e->versions & 1u << r->version
		       ? failure_none()
		       : refuse("the set does not take version %u of the SEV-SNP report",
				 r->version);
}

static struct failure check_keys(const struct snp_expected *e, const struct snp_report *r)
{
	return e->keys & 1u << r->key ? failure_none()
				      : refuse("the set does not take reports that a %s signed",
						r->key == SNP_KEY_VCEK ? "VCEK" : "VLEK");
}

static struct failure check_csp(const struct snp_expected *e, const struct snp_report *r)
{
	if (r->key != SNP_KEY_VLEK)
		return failure_none();
	for (size_t i = 0; i < e->csp_count; i++)
		if (strcmp(e->csp[i], r->csp_id) == 0)
			return failure_none();
	return refuse("the VLEK is of the cloud \"%s\", which the set does not name", r->csp_id);
}

static struct failure check_vmpl(const struct snp_expected *e, const struct snp_report *r)
{
	return e->vmpl == r->vmpl ? failure_none()
				  : refuse("the SEV-SNP report is of VMPL %u; the set wants %u",
					    r->vmpl, e->vmpl);
}

/* The policy is not in the launch digest: a guest that the host can read has the same one. */
static struct failure check_dangers(const struct snp_expected *e, const struct snp_report *r)
{
	if ((r->policy & SNP_POLICY_DEBUG) && !e->allow_debug)
		return refuse("the guest's policy allows debugging: the host can read its memory");
	if ((r->policy & SNP_POLICY_MIGRATE_MA) && !e->allow_migration)
		return refuse("the guest's policy allows a migration agent, which can move its "
			      "memory");
	return failure_none();
}

static struct failure check_guest_policy(const struct snp_expected *e, const struct snp_report *r)
{
	return (r->policy & e->guest_policy.mask) == e->guest_policy.value
		       ? failure_none()
		       : refuse("the guest's policy is 0x%llx; under mask 0x%llx the set wants "
				"0x%llx",
				 (unsigned long long)r->policy,
				 (unsigned long long)e->guest_policy.mask,
				 (unsigned long long)e->guest_policy.value);
}

static struct failure check_abi(const struct snp_expected *e, const struct snp_report *r)
{
	unsigned abi = r->policy & 0xffff;

	return abi >= e->abi ? failure_none()
			     : refuse("the guest's policy takes firmware from ABI %u.%u on; the "
				      "set wants %u.%u",
				       abi >> 8, abi & 0xff, e->abi >> 8, e->abi & 0xffu);
}

static bool any_digest(const struct snp_digests *wanted, const uint8_t digest[48])
{
	bool found = false;

	for (size_t i = 0; i < wanted->count; i++)
		found |= equal_ct(wanted->list[i], digest, 48);
	return found;
}

static struct failure check_measurement(const struct snp_expected *e, const struct snp_report *r)
{
	return any_digest(&e->measurement, r->measurement)
		       ? failure_none()
		       : refuse("the SEV-SNP launch digest is none that the set allows");
}

static struct failure check_id_key(const struct snp_expected *e, const struct snp_report *r)
{
	return any_digest(&e->id_key, r->id_key_digest)
		       ? failure_none()
		       : refuse("the guest's ID key is none that the set allows");
}

static struct failure check_author_key(const struct snp_expected *e, const struct snp_report *r)
{
	return r->author_key && any_digest(&e->author_key, r->author_key_digest)
		       ? failure_none()
		       : refuse("the guest's author key is none that the set allows");
}

static struct failure check_guest_svn(const struct snp_expected *e, const struct snp_report *r)
{
	return r->guest_svn >= e->guest_svn
		       ? failure_none()
		       : refuse("the guest's security version is %u; the set wants %u",
				 r->guest_svn, e->guest_svn);
}

/* Each component on its own: as one number, new microcode would hide an old bootloader. */
static struct failure check_one_tcb(const struct snp_expected *e, const struct snp_report *r,
	const uint8_t tcb[SNP_TCB_LEN], const char *what)
{
	for (size_t i = 0; i < SNP_TCB_LEN; i++) {
		enum snp_component c = snp_component_of_byte(r->product, i);

		if (c != SNP_NO_COMPONENT && tcb[i] < e->tcb[r->product][c])
			return refuse("%s TCB of the platform: %s is %u; the set wants %u", what,
				snp_component_name(c), tcb[i], e->tcb[r->product][c]);
	}
	return failure_none();
}

static struct failure check_tcb(const struct snp_expected *e, const struct snp_report *r)
{
	if (!(e->tcb_products & 1u << r->product))
		return refuse("the set has no \"tcb\" for %s", snp_product_name(r->product));
	TRY_FAILURE(check_one_tcb(e, r, r->reported_tcb, "reported"));
	TRY_FAILURE(check_one_tcb(e, r, r->committed_tcb, "committed"));
	return check_one_tcb(e, r, r->launch_tcb, "launch");
}

static struct failure check_committed(const struct snp_expected *e, const struct snp_report *r)
{
	return r->committed >= e->committed
		       ? failure_none()
		       : refuse("the platform can go back to firmware %u.%u.%u; the set wants "
				"%u.%u.%u committed",
				 r->committed >> 16, r->committed >> 8 & 0xff, r->committed & 0xff,
				 e->committed >> 16, e->committed >> 8 & 0xff, e->committed & 0xff);
}

static struct failure check_platform(const struct snp_expected *e, const struct snp_report *r)
{
	return (r->platform_info & e->platform_info.mask) == e->platform_info.value
		       ? failure_none()
		       : refuse("PLATFORM_INFO is 0x%llx; under mask 0x%llx the set wants 0x%llx",
				 (unsigned long long)r->platform_info,
				 (unsigned long long)e->platform_info.mask,
				 (unsigned long long)e->platform_info.value);
}

static struct failure check_mitigations(const struct snp_expected *e, const struct snp_report *r)
{
	if (r->version < 5)
		return refuse(
			"the SEV-SNP report (version %u) says nothing of mitigations", r->version);
	if (!(e->launch_mitigations & ~r->launch_mitigations) &&
		!(e->current_mitigations & ~r->current_mitigations))
		return failure_none();
	return refuse(
		"mitigations are 0x%llx at launch, 0x%llx now; the set wants 0x%llx and 0x%llx",
		(unsigned long long)r->launch_mitigations,
		(unsigned long long)r->current_mitigations,
		(unsigned long long)e->launch_mitigations,
		(unsigned long long)e->current_mitigations);
}

static struct failure check_host_data(const struct snp_expected *e, const struct snp_report *r)
{
	return equal_ct(e->host_data, r->host_data, SNP_HOST_DATA_LEN)
		       ? failure_none()
		       : refuse("the host's data in the SEV-SNP report are not those of the set");
}

static check *const checks[SNP_MEMBERS] = {
	[SNP_VERSIONS] = check_versions,
	[SNP_KEYS] = check_keys,
	[SNP_CSP] = check_csp,
	[SNP_VMPL] = check_vmpl,
	[SNP_POLICY] = check_guest_policy,
	[SNP_ABI] = check_abi,
	[SNP_MEASUREMENT] = check_measurement,
	[SNP_ID_KEY] = check_id_key,
	[SNP_AUTHOR_KEY] = check_author_key,
	[SNP_GUEST_SVN] = check_guest_svn,
	[SNP_TCB] = check_tcb,
	[SNP_COMMITTED] = check_committed,
	[SNP_PLATFORM] = check_platform,
	[SNP_MITIGATIONS] = check_mitigations,
	[SNP_HOST_DATA] = check_host_data,
};

static bool is_listed(const struct snp_chips *chips, const uint8_t id[SNP_CHIP_ID_LEN])
{
	for (size_t i = 0; i < chips->count; i++)
		if (memcmp(chips->ids[i], id, SNP_CHIP_ID_LEN) == 0)
			return true;
	return false;
}

/* A report that does not name its chip could be of any: also of one that is denied. */
static struct failure check_chip(const struct snp_trust *t, const struct snp_report *r)
{
	if (t->any_chip)
		return failure_none();
	if (!snp_report_names_chip(r))
		return refuse(
			"the SEV-SNP report does not name its chip, and the policy has a list "
			"of chips");
	if (is_listed(&t->deny, r->chip_id))
		return refuse("the policy denies this chip");
	if (t->allow.count && !is_listed(&t->allow, r->chip_id))
		return refuse("the policy does not name this chip");
	return failure_none();
}

static struct failure check_product(const struct snp_trust *t, const struct snp_report *r)
{
	return t->products & 1u << r->product ? failure_none()
					      : refuse("the policy does not take processors of %s",
							snp_product_name(r->product));
}

struct failure snp_judge(const struct snp_trust *t, const struct snp_expected *e,
	const struct snp_report *r, enum evidence_fault *out_fault)
{
	struct failure measurement = failure_none();

	*out_fault = FAULT_PLATFORM;
	TRY_FAILURE(snp_expected_complete(e));
	TRY_FAILURE(check_product(t, r));
	TRY_FAILURE(check_chip(t, r));
	TRY_FAILURE(check_dangers(e, r));
	for (unsigned m = 0; m < SNP_MEMBERS; m++) {
		if (e->waived & SNP_MEMBER_BIT(m))
			continue;
		if (m == SNP_MEASUREMENT)
			measurement = checks[m](e, r);
		else
			TRY_FAILURE(checks[m](e, r));
	}
	*out_fault = measurement.happened ? FAULT_MEASUREMENT : FAULT_NONE;
	return measurement;
}
