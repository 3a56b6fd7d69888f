#include "tools/serve/exchange.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/random.h"
#include "crypto/tpm_evidence.h"
#include "early/contract/errors.h"
#include "tools/serve/grant.h"
#include "tools/serve/record.h"

#define EVIDENCE_BODY_MAX (FRAME_MAX - 2u)
#define PROOF_BODY_MAX	  (4u + 32u)
#define COMMIT_BODY_MAX	  (1u + 8u + HEADER_MAC_LEN)
#define ABORT_BODY_MAX	  2u

#define RETRY_BUSY_MS	  1000u
#define RETRY_INTERNAL_MS 5000u

bool exchange_start(struct exchange *x, const struct service *s, struct wire_writer *reply)
{
	struct msg_hello hello = {
		.server_time_s = (uint64_t)time(NULL),
		.policy_epoch = s->policy->epoch,
		.bank = s->policy->bank,
		.pcr_mask = s->policy->pcr_mask,
		.evidence_types = 1u << (EVIDENCE_TPM2 - 1),
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

size_t exchange_due(const struct exchange *x, uint8_t type)
{
	if (type == MSG_EVIDENCE && x->phase == EXCHANGE_EVIDENCE)
		return EVIDENCE_BODY_MAX;
	if (type == MSG_PROOF && x->phase == EXCHANGE_PROOF)
		return PROOF_BODY_MAX;
	if (type == MSG_COMMIT && x->phase == EXCHANGE_COMMIT)
		return COMMIT_BODY_MAX;
	if (type == MSG_ABORT && (x->phase == EXCHANGE_PROOF || x->phase == EXCHANGE_COMMIT))
		return ABORT_BODY_MAX;
	return 0;
}

static uint32_t retry_after_ms(uint16_t code)
{
	if (error_retry(code) != ERROR_RETRY)
		return 0;
	return code == E_DENY_BUSY ? RETRY_BUSY_MS : RETRY_INTERNAL_MS;
}

void exchange_deny(struct exchange *x, struct service *s, uint16_t code, struct why *detail,
	struct wire_writer *reply)
{
	const char *text = error_text(code);
	struct msg_deny deny = {
		.code = code,
		.retry_after_ms = retry_after_ms(code),
		.text = {(const uint8_t *)text, strlen(text)},
	};

	message_put_deny(reply, &deny);
	record_denial(s, x, code, detail->text);
	x->phase = EXCHANGE_OVER;
}

/* Gives the key or says why not. */
static void finish(struct exchange *x, struct service *s, bool activated, struct wire_writer *reply)
{
	struct why why = {{0}};
	uint16_t code = grant_key(x, s, activated, reply, &why);

	if (code)
		exchange_deny(x, s, code, &why, reply);
	else
		x->phase = EXCHANGE_COMMIT;
}

/* TPM2_MakeCredential for the EK and AK that were claimed. */
static void challenge(struct exchange *x, struct service *s, struct wire_writer *reply)
{
	const struct admission *a = x->admission;
	uint8_t blob[TPM_CREDENTIAL_MAX], encrypted[TPM_CREDENTIAL_MAX];
	struct msg_challenge m = {{blob, 0}, {encrypted, 0}};
	struct status made = random_bytes(x->activation_secret, sizeof(x->activation_secret));
	struct why why = {{0}};

	if (!failed(made))
		made = tpm_make_credential(&a->ek, a->ak.name, x->activation_secret,
			sizeof(x->activation_secret), blob, &m.credential.len, encrypted,
			&m.encrypted_secret.len);
	if (failed(made)) {
		why_write(&why, "no credential could be made: E%u", made.code);
		exchange_deny(x, s, E_DENY_KEYS, &why, reply);
		return;
	}
	message_put_challenge(reply, &m);
	x->phase = EXCHANGE_PROOF;
}

static void take_evidence(
	struct exchange *x, struct service *s, struct span body, struct wire_writer *reply)
{
	struct msg_evidence m;
	struct why why = {"the message cannot be decoded"};
	uint16_t code;

	if (!message_get_evidence(body, &m)) {
		exchange_deny(x, s, E_DENY_PROTOCOL, &why, reply);
		return;
	}
	x->admission = calloc(1, sizeof(*x->admission));
	if (!x->admission) {
		why_write(&why, "out of memory");
		exchange_deny(x, s, E_DENY_BUSY, &why, reply);
		return;
	}
	code = admission_check(s, &x->channel, &m, x->admission);
	if (code)
		exchange_deny(x, s, code, &x->admission->detail, reply);
	else if (x->admission->needs_activation)
		challenge(x, s, reply);
	else
		finish(x, s, false, reply);
}

static void take_proof(
	struct exchange *x, struct service *s, struct span body, struct wire_writer *reply)
{
	struct msg_proof m;
	struct why why = {"the message cannot be decoded"};
	uint16_t code = 0;

	if (!message_get_proof(body, &m))
		code = E_DENY_PROTOCOL;
	if (!code)
		why_write(&why, "another secret");
	if (!code && (m.secret.len != sizeof(x->activation_secret) ||
			     !equal_ct(m.secret.data, x->activation_secret,
				     sizeof(x->activation_secret))))
		code = E_DENY_ACTIVATION;
	wipe(x->activation_secret, sizeof(x->activation_secret));
	/* What admitted this node may have been withdrawn while its TPM was at work. */
	if (!code && x->channel.policy_serial != s->policy_serial) {
		why_write(&why, "policy was reloaded");
		code = E_DENY_BUSY;
	}
	if (code)
		exchange_deny(x, s, code, &why, reply);
	else
		finish(x, s, true, reply);
}

static void take_commit(
	struct exchange *x, struct service *s, struct span body, struct wire_writer *reply)
{
	struct msg_commit m;
	struct why why = {"the message cannot be decoded"};
	uint16_t code = E_DENY_PROTOCOL;

	if (message_get_commit(body, &m))
		code = grant_commit(x, s, &m, &why);
	if (code) {
		exchange_deny(x, s, code, &why, reply);
		return;
	}
	message_put_ack(reply);
	x->phase = EXCHANGE_OVER;
}

static void take_abort(
	struct exchange *x, struct service *s, struct span body, struct wire_writer *reply)
{
	struct msg_abort m;
	struct why why = {"the message cannot be decoded"};

	if (!message_get_abort(body, &m)) {
		exchange_deny(x, s, E_DENY_PROTOCOL, &why, reply);
		return;
	}
	record_abort(s, x, m.code);
	x->phase = EXCHANGE_OVER;
}

void exchange_message(struct exchange *x, struct service *s, uint8_t type, struct span body,
	struct wire_writer *reply)
{
	switch (type) {
	case MSG_EVIDENCE:
		take_evidence(x, s, body, reply);
		break;
	case MSG_PROOF:
		take_proof(x, s, body, reply);
		break;
	case MSG_COMMIT:
		take_commit(x, s, body, reply);
		break;
	default:
		take_abort(x, s, body, reply);
		break;
	}
}

void exchange_end(struct exchange *x)
{
	if (x->admission) {
		wipe(x->admission, sizeof(*x->admission));
		free(x->admission);
	}
	wipe(x, sizeof(*x));
}
