/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/join/join_exchange.h"

#include <stdio.h>
#include <string.h>

#include "crypto/aead.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/join/evidence.h"
#include "early/join/service_evidence.h"
#include "early/disk/state_disk.h"
#include "early/tpm/tpm.h"

/* COMMIT, PROOF and ABORT: the short messages of a node. */
#define SHORT_FRAME_MAX 128u

/* A grant once opened. */
struct grant {
	struct msg_grant m;
	struct msg_commit commit;     /* what there is to commit next */
	struct secret sealed;	      /* encoded grant_secrets */
	struct grant_secrets secrets; /* the keys are copies: wiped by grant_free() */
};

static void grant_free(struct grant *g)
{
	secret_free(&g->sealed);
	wipe(g, sizeof(*g));
}

static struct status deny(struct span body, uint32_t *out_retry_after_ms)
{
	struct msg_deny m;

	if (!message_get_deny(body, &m))
		return fail(E_JOIN_DENY_FORM);
	/* The table's own text stands beside the code anyway. */
	if (strlen(error_text(m.code)) != m.text.len ||
		memcmp(error_text(m.code), m.text.data, m.text.len) != 0)
		console_detail("%.*s", (int)m.text.len, (const char *)m.text.data);
	*out_retry_after_ms = m.retry_after_ms;
	return fail(m.code);
}

static struct status take_hello(
	const struct peer *p, struct msg_hello *out, uint32_t *out_retry_after_ms)
{
	struct span body;
	uint8_t type;

	if (!peer_frame(p, &type, &body))
		return fail(E_JOIN_NO_HELLO);
	if (type == MSG_DENY)
		return deny(body, out_retry_after_ms);
	if (type != MSG_HELLO)
		return fail(E_JOIN_HELLO_DUE);
	if (!message_get_hello(body, out))
		return fail(E_JOIN_HELLO_FORM);
	/* A service lets nodes join; the other purposes are of those who come to the node. */
	if (p->accepted == (out->purpose == PURPOSE_JOIN))
		return fail(E_JOIN_PURPOSE);
	if (p->accepted)
		console_say(
			"operator serves %s", out->purpose == PURPOSE_INIT ? "init" : "recover");
	return OK;
}

static struct status send_short(struct peer *p, const struct wire_writer *w)
{
	if (w->failed)
		return fail(E_JOIN_ENCODE);
	return peer_send(p, w->data, w->len);
}

/* The service learns why its node stopped; whether that arrives changes nothing. */
static void send_abort(struct peer *p, struct status cause)
{
	uint8_t buf[SHORT_FRAME_MAX];
	struct msg_abort m = {.code = cause.code};
	struct wire_writer w;

	wire_write_start(&w, buf, sizeof(buf));
	message_put_abort(&w, &m);
	if (failed(send_short(p, &w)))
		return;
	tls_shutdown(&p->tls);
}

static struct status answer_challenge(const struct boot *b, struct peer *p, struct span body)
{
	uint8_t buf[SHORT_FRAME_MAX];
	SECRET_AUTO secret = {0};
	struct msg_challenge challenge;
	struct msg_proof proof;
	struct wire_writer w;
	struct status s;

	if (!message_get_challenge(body, &challenge))
		return fail(E_JOIN_CHALLENGE_FORM);
	s = b->tpm ? tpm_activate(b->tpm, challenge.credential, challenge.encrypted_secret, &secret)
		   : fail(E_JOIN_NO_TPM);
	if (failed(s)) {
		send_abort(p, s);
		return s;
	}
	proof.secret = (struct span){secret.bytes, secret.len};
	wire_write_start(&w, buf, sizeof(buf));
	message_put_proof(&w, &proof);
	s = send_short(p, &w);
	wipe(buf, sizeof(buf));
	return s;
}

/* The service's answer to the evidence, with the activation of a first join in between. */
static struct status receive_grant(
	const struct boot *b, struct peer *p, struct msg_grant *out, uint32_t *out_retry_after_ms)
{
	struct span body;
	uint8_t type;

	TRY(peer_receive(p, &type, &body));
	if (type == MSG_CHALLENGE) {
		TRY(answer_challenge(b, p, body));
		TRY(peer_receive(p, &type, &body));
	}
	if (type == MSG_DENY)
		return deny(body, out_retry_after_ms);
	if (type != MSG_GRANT)
		return fail(E_JOIN_GRANT_DUE);
	if (!message_get_grant(body, out))
		return fail(E_JOIN_GRANT_FORM);
	return OK;
}

static struct status open_grant(const struct evidence *e, struct grant *g)
{
	uint8_t aad[GRANT_AAD_MAX];
	struct wire_writer w;

	wire_write_start(&w, aad, sizeof(aad));
	grant_aad_put(&w, &g->m);
	if (w.failed)
		return fail(E_JOIN_GRANT_AAD);
	TRY(wrap_open(&e->kem, e->rd, aad, w.len, g->m.wrapped.data, g->m.wrapped.len, &g->sealed));
	if (!grant_secrets_get((struct span){g->sealed.bytes, g->sealed.len}, &g->secrets) ||
		g->secrets.has_next != (g->m.next_version != 0))
		return fail(E_JOIN_SECRETS_FORM);
	return OK;
}

/* What early/disk has to know of it: pointers into the grant. */
static struct state_grant to_open(const struct boot *b, const struct grant *g)
{
	return (struct state_grant){.generation = g->m.generation,
		.disk_key = g->secrets.disk_key,
		.header_mac = g->m.header_mac,
		.next_key = g->m.next_version ? g->secrets.next_key : NULL,
		.next_header_mac = g->m.next_header_mac,
		.open_only = b->purpose == PURPOSE_RECOVER};
}

static struct status open_disk(const struct boot *b, struct grant *g)
{
	const struct state_grant grant = to_open(b, g);
	struct state_opened opened;

	TRY(state_disk_open(b, &grant, &opened));
	memcpy(g->commit.header_mac, opened.mac, HEADER_MAC_LEN);
	if (opened.with_next) {
		g->commit.key_version = g->m.next_version;
	} else if (!grant.open_only) {
		g->commit.next_version = g->m.next_version;
		memcpy(g->commit.next_header_mac, opened.next_mac, HEADER_MAC_LEN);
	}
	return OK;
}

static struct status prepare_disk(const struct boot *b, struct grant *g)
{
	g->commit = (struct msg_commit){.action = g->m.action,
		.generation = g->m.generation + 1,
		.key_version = g->m.key_version};
	if (g->m.action == ACTION_OPEN)
		return open_disk(b, g);
	return state_disk_format(b, g->secrets.disk_key, g->commit.generation,
		g->m.action == ACTION_OVERWRITE, g->commit.header_mac);
}

static struct status keep_grant(struct boot *b, const struct grant *g)
{
	struct span material = g->secrets.join_material;

	secret_free(&b->join_material);
	if (material.len > 0) {
		TRY(secret_new(material.len, &b->join_material));
		memcpy(b->join_material.bytes, material.data, material.len);
	}
	b->action = g->m.action;
	b->policy_epoch = g->m.policy_epoch;
	snprintf(
		b->role, sizeof(b->role), "%.*s", (int)g->m.role.len, (const char *)g->m.role.data);
	return OK;
}

/* To recover is to open the disk as it is, which may be in the middle of a rotation. */
static bool recovers(const struct msg_grant *m)
{
	static const uint8_t none[HEADER_MAC_LEN];

	return m->action == ACTION_OPEN &&
	       (!m->next_version || !equal_ct(m->next_header_mac, none, sizeof(none)));
}

/*
 * Before anything of the grant is used: without a pin only its evidence says that a service sent
 * it. An operator's key is always pinned.
 */
static struct status check_giver(
	const struct boot *b, const struct evidence *e, const struct grant *g)
{
	if (b->purpose == PURPOSE_RECOVER && !recovers(&g->m))
		return fail(E_JOIN_RECOVER_ACTION);
	if (!evidence_wanted(b))
		return OK;
	return service_evidence_check(
		&b->config.service_wanted, g->m.service_evidence, e->service_rd);
}

/* From here on the node can tell the service why it stops, in place of its COMMIT. */
static struct status use_grant(struct boot *b, const struct evidence *e, struct grant *g)
{
	TRY(check_giver(b, e, g));
	TRY(open_grant(e, g));
	console_say("%s", g->m.action == ACTION_OPEN ? "rejoined" : "joined");
	TRY(prepare_disk(b, g));
	console_say("state disk %s", g->m.action == ACTION_OPEN ? "opened" : "formatted");
	return keep_grant(b, g);
}

/* The service has stored what g->commit says once this succeeds. */
static struct status commit(
	struct boot *b, struct peer *p, const struct grant *g, uint32_t *out_retry_after_ms)
{
	uint8_t buf[SHORT_FRAME_MAX], type;
	struct msg_ack ack;
	struct wire_writer w;
	struct span body;

	wire_write_start(&w, buf, sizeof(buf));
	message_put_commit(&w, &g->commit);
	TRY(send_short(p, &w));
	TRY(peer_receive(p, &type, &body));
	if (type == MSG_DENY)
		return deny(body, out_retry_after_ms);
	if (type != MSG_ACK)
		return fail(E_JOIN_ACK_DUE);
	if (!message_get_ack(body, &ack))
		return fail(E_JOIN_ACK_FORM);
	memcpy(b->header_mac, g->commit.header_mac, HEADER_MAC_LEN);
	memcpy(b->certificate, ack.certificate.data, ack.certificate.len);
	b->certificate_len = ack.certificate.len;
	b->key_version = g->commit.key_version;
	b->generation = g->commit.generation;
	return OK;
}

/* The service knows both headers: now the new one takes its place, and is the only one. */
static struct status rotate_disk(const struct boot *b, struct grant *g)
{
	const struct state_grant grant = to_open(b, g);
	uint8_t mac[HEADER_MAC_LEN];

	TRY(state_disk_rotate(b, &grant, mac));
	g->commit = (struct msg_commit){.action = ACTION_OPEN,
		.generation = g->commit.generation + 1,
		.key_version = g->m.next_version};
	memcpy(g->commit.header_mac, mac, sizeof(mac));
	return OK;
}

static struct status commit_all(
	struct boot *b, struct peer *p, struct grant *g, uint32_t *out_retry_after_ms)
{
	struct status s;

	TRY(commit(b, p, g, out_retry_after_ms));
	if (g->commit.next_version) {
		s = rotate_disk(b, g);
		if (failed(s)) {
			send_abort(p, s);
			return s;
		}
		TRY(commit(b, p, g, out_retry_after_ms));
	}
	if (b->key_version != g->m.key_version)
		console_say("state disk rekeyed");
	return OK;
}

static struct status exchange(struct boot *b, struct peer *p, struct evidence *e, struct grant *g,
	uint32_t *out_retry_after_ms)
{
	struct msg_hello hello = {0};
	struct status s;

	TRY(take_hello(p, &hello, out_retry_after_ms));
	b->purpose = hello.purpose;
	TRY(evidence_make(b, p, &hello, e));
	TRY(peer_send(p, e->frame, e->frame_len));
	TRY(receive_grant(b, p, &g->m, out_retry_after_ms));
	s = use_grant(b, e, g);
	if (failed(s)) {
		send_abort(p, s);
		return s;
	}
	return commit_all(b, p, g, out_retry_after_ms);
}

struct status join_exchange(struct boot *b, struct peer *p, uint32_t *out_retry_after_ms)
{
	static struct evidence evidence;
	struct grant grant = {0};
	struct status s;

	console_detail("%s", ""); /* details of peers that lost the race */
	s = exchange(b, p, &evidence, &grant, out_retry_after_ms);
	grant_free(&grant);
	evidence_free(&evidence);
	return s;
}
