/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence of kind 1: the quote, its event log, and who certified the TPM's keys. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "early/contract/errors.h"
#include "tools/evidence/tpm/quote.h"
#include "tools/lib/event_log.h"
#include "tools/serve/join/admission.h"
#include "tools/serve/join/admission_kinds.h"

/* The code that a node gets for what is wrong with its quote. */
static uint16_t quote_code(enum tpm_fault checked)
{
	switch (checked) {
	case TPM_QUOTE_SIGNATURE:
		return E_DENY_SIGNATURE;
	case TPM_QUOTE_TYPE:
	case TPM_QUOTE_FORM:
	case TPM_QUOTE_REPORT_DATA:
		return E_DENY_QUOTE;
	case TPM_QUOTE_SELECTION:
		return E_DENY_SELECTION;
	case TPM_QUOTE_DIGEST:
		return E_DENY_PCR_DIGEST;
	default:
		return E_DENY_OTHER;
	}
}

static struct denial check_quote(
	const struct channel *c, const struct evidence_tpm2 *e, struct admission *a)
{
	struct tpm_quote quote;
	struct tpm_quote_request r = {
		.ak = &a->ak,
		.report_data = a->rd,
		.bank = c->bank,
		.pcr_mask = c->pcr_mask,
		.attest = e->attest,
		.signature = e->signature,
		.pcr_values = e->pcr_values,
	};
	enum tpm_fault checked;
	size_t len = (size_t)__builtin_popcount(c->pcr_mask) * digest_len(c->bank);

	checked = tpm_quote_check(&r, &quote);
	if (checked != TPM_GOOD)
		return deny(quote_code(checked), tpm_fault_text(checked));
	/* A digest says nothing about where one value ends: other lengths are other values. */
	if (e->pcr_values.len != len || len > sizeof(a->pcr_values))
		return deny(E_DENY_PCR_DIGEST, "the PCR values have not the length of their bank");
	memcpy(a->pcr_values, e->pcr_values.data, len);
	a->bank = c->bank;
	a->pcr_mask = c->pcr_mask;
	a->digest_len = digest_len(c->bank);
	a->tpm_firmware = quote.firmware_version;
	a->quoted = true;
	return denial_none();
}

static struct denial check_event_log(const struct evidence_tpm2 *e, const struct admission *a)
{
	struct event_replay replay;
	const char *problem = "";
	const uint8_t *quoted = a->pcr_values;

	if (!e->event_log.len)
		return denial_none();
	if (!event_log_replay(e->event_log.data, e->event_log.len, a->bank, &replay, &problem))
		return (struct denial){
			.code = E_DENY_EVENT_LOG, .kind = DENIAL_EVENT_LOG, .sentence = problem};
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++) {
		if (!(a->pcr_mask >> pcr & 1u))
			continue;
		if ((replay.extended >> pcr & 1u) &&
			memcmp(replay.pcr[pcr], quoted, a->digest_len) != 0)
			return (struct denial){
				.code = E_DENY_EVENT_LOG, .kind = DENIAL_LOG_PCR, .numbers = {pcr}};
		quoted += a->digest_len;
	}
	return denial_none();
}

static struct denial check_keys(const struct policy *p, const struct msg_claims *claims,
	bool others_vouch, struct admission *a)
{
	enum tpm_fault parsed = tpm_ak_parse(claims->ak_pub.data, claims->ak_pub.len, &a->ak);

	a->has_ak = parsed == TPM_GOOD;
	if (parsed == TPM_GOOD && claims->ek_pub.len) {
		parsed = tpm_ek_parse(claims->ek_pub.data, claims->ek_pub.len, &a->ek);
		a->has_ek = parsed == TPM_GOOD;
	}
	if (parsed != TPM_GOOD)
		return deny(E_DENY_KEYS, tpm_fault_text(parsed));
	/* Somebody has to answer for the attestation key: its TPM, or who certified it. */
	if (!a->has_ek && !others_vouch && !(p->identity.rules & IDENTITY_AK_CERTIFICATE))
		return deny(E_DENY_KEYS, "there is no endorsement key to activate with");
	return denial_none();
}

struct denial admission_tpm(const struct policy *p, const struct channel *c,
	const struct msg_claims *claims, const struct evidence_tpm2 *e, bool others_vouch,
	struct admission *a)
{
	TRY_DENIAL(check_keys(p, claims, others_vouch, a));
	TRY_DENIAL(check_quote(c, e, a));
	return check_event_log(e, a);
}

static struct denial deny_identity(struct failure f)
{
	return (struct denial){.code = E_DENY_IDENTITY, .kind = DENIAL_FAILURE, .failure = f};
}

/* Who made the TPM, as the last certificate said it, and how old its firmware may be. */
static struct denial check_maker(
	const struct policy *p, const struct ek_identity *maker, struct admission *a)
{
	struct tpm_firmware_rules rules = policy_tpm_rules(&p->tpm);
	struct failure f = tpm_firmware_check(&rules, maker->manufacturer, a->tpm_firmware);

	snprintf(a->subject, sizeof(a->subject), "%s", maker->subject);
	if (f.happened)
		return (struct denial){
			.code = E_DENY_PLATFORM, .kind = DENIAL_FAILURE, .failure = f};
	return denial_none();
}

struct denial admission_certificates(
	const struct policy *p, const struct evidence_tpm2 *e, struct admission *a)
{
	unsigned rules = p->identity.rules;
	int64_t now_s = (int64_t)time(NULL);
	struct ek_identity maker = {.manufacturer = 0};

	if (rules & IDENTITY_AK_CERTIFICATE) {
		struct failure f = ak_certificate_check(&p->identity.ak.trust, &a->ak,
			e->certificates, e->certificate_count, now_s, &maker);

		if (f.happened)
			return deny_identity(f);
		a->ak_certified = true;
	}
	if (rules & IDENTITY_EK_CERTIFICATE) {
		struct failure f;

		if (!a->has_ek)
			return deny(E_DENY_IDENTITY, "the claims have no endorsement key");
		f = ek_certificate_check(&p->identity.ek.trust, &a->ek, e->certificates,
			e->certificate_count, now_s, &maker);
		if (f.happened)
			return deny_identity(f);
	}
	if (!(rules & (IDENTITY_AK_CERTIFICATE | IDENTITY_EK_CERTIFICATE)))
		return denial_none();
	return check_maker(p, &maker, a);
}
