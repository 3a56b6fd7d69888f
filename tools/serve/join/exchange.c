/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/join/exchange.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/random.h"
#include "early/contract/errors.h"
#include "tools/evidence/tpm/credential.h"
#include "tools/serve/join/certify.h"
#include "tools/serve/join/grant.h"
#include "tools/serve/join/record.h"

#define EVIDENCE_BODY_MAX (FRAME_MAX - 2u)
#define PROOF_BODY_MAX	  (4u + 32u)
#define COMMIT_BODY_MAX	  (1u + 8u + 2u * (4u + HEADER_MAC_LEN))
#define ABORT_BODY_MAX	  2u

#define RETRY_BUSY_MS	  1000u
#define RETRY_INTERNAL_MS 5000u
#define RETRY_PENDING_MS  15000u /* a person has to come first */

bool exchange_start(struct exchange *x, const struct service *s, struct wire_writer *reply)
{
	struct msg_hello hello = {
		.server_time_s = (uint64_t)time(NULL),
		.policy_epoch = s->policy->epoch,
		.bank = s->policy->bank,
		.pcr_mask = s->policy->pcr_mask,
		.evidence_types = s->policy->kinds,
		.purpose = s->purpose,
	};

	if (failed(random_bytes(hello.nonce_v, NONCE_LEN)))
		return false;
	memcpy(x->channel.nonce_v, hello.nonce_v, NONCE_LEN);
	x->channel.bank = hello.bank;
	x->channel.pcr_mask = hello.pcr_mask;
	x->channel.policy_serial = s->policy_serial;
	message_put_hello(reply, &hello);
	x->phase = EXCHANGE_EVIDENCE;
	return !reply->failed;
}

static bool is_granted(const struct exchange *x)
{
	return x->phase == EXCHANGE_COMMIT || x->phase == EXCHANGE_COMMIT_NEXT;
}

size_t exchange_due(const struct exchange *x, uint8_t type)
{
	if (type == MSG_EVIDENCE && x->phase == EXCHANGE_EVIDENCE)
		return EVIDENCE_BODY_MAX;
	if (type == MSG_PROOF && x->phase == EXCHANGE_PROOF)
		return PROOF_BODY_MAX;
	if (type == MSG_COMMIT && is_granted(x))
		return COMMIT_BODY_MAX;
	if (type == MSG_ABORT && (x->phase == EXCHANGE_PROOF || is_granted(x)))
		return ABORT_BODY_MAX;
	return 0;
}

static uint32_t retry_after_ms(uint16_t code)
{
	if (error_retry(code) != ERROR_RETRY)
		return 0;
	if (code == E_DENY_PENDING)
		return RETRY_PENDING_MS;
	return code == E_DENY_BUSY ? RETRY_BUSY_MS : RETRY_INTERNAL_MS;
}

void exchange_deny(
	struct exchange *x, struct service *s, const struct denial *d, struct wire_writer *reply)
{
	const char *text = error_text(d->code);
	struct msg_deny deny = {
		.code = d->code,
		.retry_after_ms = retry_after_ms(d->code),
		.text = {(const uint8_t *)text, strlen(text)},
	};

	message_put_deny(reply, &deny);
	record_denial(s, x, d);
	x->phase = EXCHANGE_OVER;
	x->end = EXCHANGE_DENIED;
	x->end_code = d->code;
}

static struct denial not_decoded(void)
{
	return deny(E_DENY_PROTOCOL, "the message cannot be decoded");
}

/* Gives the key, and waits for the commit. */
static struct denial finish(
	struct exchange *x, struct service *s, bool activated, struct wire_writer *reply)
{
	TRY_DENIAL(grant_key(x, s, activated, reply));
	x->phase = EXCHANGE_COMMIT;
	return denial_none();
}

/* TPM2_MakeCredential for the EK and AK that were claimed. */
static struct denial challenge(struct exchange *x, struct wire_writer *reply)
{
	const struct admission *a = x->admission;
	struct tpm_credential c;
	struct msg_challenge m;

	if (failed(random_bytes(x->activation_secret, sizeof(x->activation_secret))) ||
		tpm_make_credential(&a->ek, a->ak.name, x->activation_secret,
			sizeof(x->activation_secret), &c) != TPM_GOOD)
		return deny(E_DENY_KEYS, tpm_fault_text(TPM_CREDENTIAL_FAILED));
	m = (struct msg_challenge){{c.blob, c.blob_len}, {c.encrypted, c.encrypted_len}};
	message_put_challenge(reply, &m);
	x->phase = EXCHANGE_PROOF;
	return denial_none();
}

static struct denial take_evidence(
	struct exchange *x, struct service *s, struct span body, struct wire_writer *reply)
{
	struct msg_evidence m;

	if (!message_get_evidence(body, &m))
		return not_decoded();
	x->admission = calloc(1, sizeof(*x->admission));
	if (!x->admission)
		return deny(E_DENY_BUSY, "out of memory");
	TRY_DENIAL(admission_check(s, &x->channel, &m, x->admission));
	return x->admission->proven ? finish(x, s, false, reply) : challenge(x, reply);
}

static struct denial check_proof(
	const struct exchange *x, const struct service *s, struct span body)
{
	struct msg_proof m;

	if (!message_get_proof(body, &m))
		return not_decoded();
	if (m.secret.len != sizeof(x->activation_secret) ||
		!equal_ct(m.secret.data, x->activation_secret, sizeof(x->activation_secret)))
		return deny(E_DENY_ACTIVATION, "another secret");
	/* What admitted this node may have been withdrawn while its TPM was at work. */
	if (x->channel.policy_serial != s->policy_serial)
		return deny(E_DENY_BUSY, "policy was reloaded");
	return denial_none();
}

static struct denial take_proof(
	struct exchange *x, struct service *s, struct span body, struct wire_writer *reply)
{
	struct denial d = check_proof(x, s, body);

	wipe(x->activation_secret, sizeof(x->activation_secret));
	TRY_DENIAL(d);
	x->admission->proven = x->admission->ek_proven = true;
	return finish(x, s, true, reply);
}

static struct denial take_commit(
	struct exchange *x, struct service *s, struct span body, struct wire_writer *reply)
{
	uint8_t certificate[CERTIFICATE_MAX];
	struct msg_ack ack = {.certificate = {certificate, 0}};
	struct msg_commit m;

	if (!message_get_commit(body, &m))
		return not_decoded();
	if (x->phase == EXCHANGE_COMMIT_NEXT && m.next_version)
		return deny(E_DENY_STATE, "a change of keys is begun once in an exchange");
	TRY_DENIAL(grant_commit(x, s, &m));
	ack.certificate.len = certify_node(s, x->admission, certificate);
	message_put_ack(reply, &ack);
	x->phase = x->granted.next_version ? EXCHANGE_COMMIT_NEXT : EXCHANGE_OVER;
	x->end = x->phase == EXCHANGE_OVER ? EXCHANGE_COMMITTED : EXCHANGE_OPEN;
	return denial_none();
}

static struct denial take_abort(struct exchange *x, struct service *s, struct span body)
{
	struct msg_abort m;

	if (!message_get_abort(body, &m))
		return not_decoded();
	record_abort(s, x, m.code);
	x->phase = EXCHANGE_OVER;
	x->end = EXCHANGE_ABORTED;
	x->end_code = m.code;
	return denial_none();
}

static struct denial take_message(struct exchange *x, struct service *s, uint8_t type,
	struct span body, struct wire_writer *reply)
{
	switch (type) {
	case MSG_EVIDENCE:
		return take_evidence(x, s, body, reply);
	case MSG_PROOF:
		return take_proof(x, s, body, reply);
	case MSG_COMMIT:
		return take_commit(x, s, body, reply);
	default:
		return take_abort(x, s, body);
	}
}

void exchange_message(struct exchange *x, struct service *s, uint8_t type, struct span body,
	struct wire_writer *reply)
{
	struct denial d = take_message(x, s, type, body, reply);

	if (denied(d))
		exchange_deny(x, s, &d, reply);
}

void exchange_end(struct exchange *x)
{
	if (x->admission) {
		wipe(x->admission, sizeof(*x->admission));
		free(x->admission);
	}
	secret_free(&x->material);
	wipe(x, sizeof(*x));
}
