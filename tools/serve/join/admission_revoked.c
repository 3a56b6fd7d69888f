/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the node, or anything that it came with, is revoked: by the policy's "revoked", or by an
 * operator's word in the store, which holds at once.
 */
#include <string.h>

#include "crypto/digest.h"
#include "early/contract/errors.h"
#include "tools/serve/join/admission.h"
#include "tools/serve/join/admission_kinds.h"
#include "tools/serve/store/store_revocations.h"

static void take_chip(struct admission *a, const uint8_t *id, size_t len)
{
	struct admission_chip *chip;

	for (size_t i = 0; i < a->chip_count; i++)
		if (a->chips[i].len == len && memcmp(a->chips[i].id, id, len) == 0)
			return;
	chip = &a->chips[a->chip_count++];
	memcpy(chip->id, id, len);
	chip->len = len;
}

static void take_snp_chip(struct admission *a, const struct snp_report *report)
{
	if (snp_report_names_chip(report))
		take_chip(a, report->chip_id, SNP_CHIP_ID_LEN);
}

void admission_take_chips(const struct proven *proven, struct admission *a)
{
	if (proven->good & KIND_BIT(EVIDENCE_SNP))
		take_snp_chip(a, &proven->snp);
	if (proven->good & KIND_BIT(EVIDENCE_SVSM))
		take_snp_chip(a, &proven->svsm);
	if (proven->good & KIND_BIT(EVIDENCE_TDX))
		take_chip(a, proven->tdx.ppid, TDX_PPID_LEN);
	if (!(proven->good & KIND_BIT(EVIDENCE_HCL)))
		return;
	if (proven->hcl.kind == HCL_SNP)
		take_snp_chip(a, &proven->hcl_snp);
	else
		take_chip(a, proven->hcl_tdx.ppid, TDX_PPID_LEN);
}

void admission_take_certificates(const struct evidence_tpm2 *e, struct admission *a)
{
	for (size_t i = 0; i < e->certificate_count; i++)
		sha256(e->certificates[i].data, e->certificates[i].len, a->certificates[i]);
	a->certificate_count = e->certificate_count;
}

/* Looks one value up; what is revoked is noted by its kind. */
static struct denial look_up(const struct service *s, enum revocation_kind kind,
	const uint8_t *value, size_t len, uint32_t *revoked)
{
	struct store_revocation r = revocation_of(kind, (struct span){value, len});
	bool found;

	TRY_DENIAL(deny_failure(store_is_revoked(s->store, &r, &found)));
	*revoked |= found ? DENIAL_REVOKED_BIT(kind) : 0;
	return denial_none();
}

static struct denial look_up_set(
	const struct service *s, const char *name, uint32_t epoch, uint32_t *revoked)
{
	struct store_revocation below = revocation_of_epoch(epoch);
	bool found;

	TRY_DENIAL(look_up(s, REVOKED_SET, (const uint8_t *)name, strlen(name), revoked));
	TRY_DENIAL(deny_failure(store_is_revoked(s->store, &below, &found)));
	*revoked |= found ? DENIAL_REVOKED_BIT(REVOKED_EPOCH) : 0;
	return denial_none();
}

struct denial admission_set_revoked(
	const struct service *s, const struct policy_set *set, bool *out_revoked)
{
	uint32_t revoked = 0;

	TRY_DENIAL(look_up_set(s, set->name, set->epoch, &revoked));
	*out_revoked = set->revoked || revoked;
	return denial_none();
}

/* What the evidence is by: keys that the set asks for, and every processor and certificate. */
static struct denial look_up_evidence(
	const struct service *s, const struct admission *a, uint32_t *revoked)
{
	if (a->uses_ek) {
		TRY_DENIAL(look_up(s, REVOKED_NODE, a->ek.node_id, TPM_NAME_LEN, revoked));
		TRY_DENIAL(look_up(s, REVOKED_EK, a->ek.node_id, TPM_NAME_LEN, revoked));
	}
	if (a->uses_tpm)
		TRY_DENIAL(look_up(s, REVOKED_AK, a->ak.name, TPM_NAME_LEN, revoked));
	for (size_t i = 0; a->uses_tpm && i < a->certificate_count; i++)
		TRY_DENIAL(look_up(s, REVOKED_EK, a->certificates[i], SHA256_LEN, revoked));
	for (size_t i = 0; i < a->chip_count; i++)
		TRY_DENIAL(look_up(s, REVOKED_CHIP, a->chips[i].id, a->chips[i].len, revoked));
	return denial_none();
}

static struct denial look_up_all(
	const struct service *s, const struct admission *a, uint32_t *revoked)
{
	TRY_DENIAL(look_up(s, REVOKED_NODE, a->node_id, TPM_NAME_LEN, revoked));
	TRY_DENIAL(look_up(s, REVOKED_DISK, a->disk_id, DISK_ID_LEN, revoked));
	TRY_DENIAL(look_up_evidence(s, a, revoked));
	return look_up_set(s, a->set_name, a->epoch, revoked);
}

static bool is_set_revoked(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->set_count; i++)
		if (p->sets[i].revoked && strcmp(p->sets[i].name, name) == 0)
			return true;
	return false;
}

/* A node by what it is known by here, or by the key that it has proven. */
static uint32_t revoked_by_policy(const struct policy *p, const struct admission *a)
{
	uint32_t revoked = 0;

	if (policy_node_revoked(p, a->node_id) ||
		(a->uses_ek && policy_node_revoked(p, a->ek.node_id)))
		revoked |= DENIAL_REVOKED_BIT(REVOKED_NODE);
	if (policy_disk_revoked(p, a->disk_id))
		revoked |= DENIAL_REVOKED_BIT(REVOKED_DISK);
	if (is_set_revoked(p, a->set_name))
		revoked |= DENIAL_REVOKED_BIT(REVOKED_SET);
	return revoked;
}

struct denial admission_check_revoked(const struct service *s, const struct admission *a)
{
	struct denial d = {.code = E_DENY_REVOKED, .kind = DENIAL_REVOKED};

	d.revoked = revoked_by_policy(s->policy, a);
	TRY_DENIAL(look_up_all(s, a, &d.revoked));
	return d.revoked ? d : denial_none();
}
