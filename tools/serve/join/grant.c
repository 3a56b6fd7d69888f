/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/join/grant.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crypto/random.h"
#include "early/contract/errors.h"
#include "tools/serve/join/record.h"
#include "tools/serve/store/store_keks.h"

#define WAITING_FORGOTTEN_S 3600u /* a newcomer that waits comes again every few seconds */

static struct denial decide(struct exchange *x, struct service *s, bool activated)
{
	uint8_t salt[DISK_SALT_LEN];
	struct binding_request r;
	struct store_view view;
	struct store_key key;

	if (failed(random_bytes(salt, sizeof(salt))))
		return deny(E_DENY_INTERNAL, "no random bytes");
	TRY_DENIAL(admission_settle(s, x->admission));
	r = admission_request(s, x->admission);
	r.salt = salt;
	/* What `node rotate` chose last holds for the next grant. */
	TRY_DENIAL(deny_failure(store_current_kek(s->store, &r.key_version)));
	key = binding_key(&r);
	TRY_DENIAL(deny_failure(store_view(s->store, &key, &view)));
	TRY_DENIAL(binding_check_epoch(&view, r.epoch));
	TRY_DENIAL(admission_check_revoked(s, x->admission));
	TRY_DENIAL(binding_check(&view, &r));
	if (binding_needs_activation(&view, &r) && !activated)
		return deny(E_DENY_BUSY, "changed by another connection");
	TRY_DENIAL(binding_check_approval(&view, &r));
	binding_grant(&view, &r, &x->granted);
	if (s->purpose == PURPOSE_RECOVER && x->granted.action != ACTION_OPEN)
		return deny(
			E_DENY_PURPOSE, "a recovery opens disks of its bundle, and formats none");
	/* A store without a current key, as one out of a bundle, opens disks and makes none. */
	return x->granted.disk.key_version
		       ? denial_none()
		       : deny(E_DENY_INTERNAL,
				 "the store has no current KEK to format a disk with");
}

/* What the operator's side of the exchange gives, where it is one. */
static struct denial make_material(struct exchange *x, const struct service *s)
{
	secret_free(&x->material);
	if (!s->hooks || !s->hooks->material)
		return denial_none();
	return s->hooks->material(s->hooks->context, x, &x->material);
}

static struct denial record_use(const struct exchange *x, const struct service *s)
{
	if (!s->hooks || !s->hooks->use)
		return denial_none();
	return s->hooks->use(s->hooks->context, x);
}

static const struct secret *material_of(const struct exchange *x, const struct service *s)
{
	return x->material.bytes ? &x->material : &s->policy->join_material;
}

/* Disk key and join material, sealed by the key service to the key that the evidence named. */
static struct denial wrap_secrets(const struct exchange *x, const struct service *s,
	const struct msg_grant *grant, uint8_t out[WRAPPED_MAX], size_t *out_len)
{
	const struct secret *material = material_of(x, s);
	uint8_t aad[GRANT_AAD_MAX];
	struct key_request r = {.tenant = s->policy->tenant,
		.disk_id = x->admission->disk_id,
		.version = grant->key_version,
		.next_version = grant->next_version,
		.salt = x->granted.disk.salt,
		.join_material = {material->bytes, material->len},
		.to = admission_kem(x->admission),
		.rd = x->admission->rd};
	struct wire_writer w;

	wire_write_start(&w, aad, sizeof(aad));
	grant_aad_put(&w, grant);
	if (w.failed)
		return deny(E_DENY_INTERNAL, "the grant does not fit");
	r.aad = (struct span){aad, w.len};
	switch (key_service_seal(s->keys, &r, out, WRAPPED_MAX, out_len)) {
	case KEY_SEALED:
		return denial_none();
	case KEY_AWAY:
		return deny(E_DENY_INTERNAL, "the key service is away");
	default:
		return (struct denial){.code = E_DENY_INTERNAL,
			.kind = DENIAL_KEK,
			.numbers = {grant->key_version}};
	}
}

/* The service's own quote, for a node that wants one. */
static struct denial prove_service(
	const struct exchange *x, const struct service *s, struct wire_writer *out)
{
	struct failure f;

	if (!x->admission->wants_service)
		return denial_none();
	f = own_tpm_evidence(s->own, x->admission->service_rd, out);
	return deny_failure(f);
}

static struct denial make_grant(
	const struct exchange *x, const struct service *s, struct wire_writer *reply)
{
	const struct admission *a = x->admission;
	uint8_t wrapped[WRAPPED_MAX], evidence[SERVICE_EVIDENCE_MAX];
	size_t wrapped_len = 0;
	struct wire_writer own;
	struct msg_grant grant = {
		.action = x->granted.action,
		.key_version = x->granted.disk.key_version,
		.generation = x->granted.disk.generation,
		.next_version = x->granted.next_version,
		.policy_epoch = s->policy->epoch,
		.role = {(const uint8_t *)a->role, strlen(a->role)},
	};

	if (grant.action == ACTION_OPEN) {
		memcpy(grant.header_mac, x->granted.disk.header_mac, HEADER_MAC_LEN);
		memcpy(grant.next_header_mac, x->granted.disk.next_header_mac, HEADER_MAC_LEN);
	}
	wire_write_start(&own, evidence, sizeof(evidence));
	TRY_DENIAL(prove_service(x, s, &own));
	grant.service_evidence = (struct span){evidence, own.len};
	TRY_DENIAL(wrap_secrets(x, s, &grant, wrapped, &wrapped_len));
	grant.wrapped = (struct span){wrapped, wrapped_len};
	message_put_grant(reply, &grant);
	if (reply->failed)
		return deny(E_DENY_INTERNAL, "the grant does not fit its frame");
	return denial_none();
}

/* The store's transaction ends with the line of the audit record that belongs to it. */
static struct failure commit_transaction(struct service *s)
{
	struct audit_position line;
	struct failure f;

	/* That line is on disk: this fails only where somebody changed the file meanwhile. */
	TRY_FAILURE(audit_position(s->audit, &line));
	f = store_put_position(s->store, &line);
	if (!f.happened)
		f = store_commit(s->store);
	if (f.happened)
		record_void(s, line.seq);
	return f;
}

/* Everything that must be on disk before the grant may leave. */
static struct failure store_grant(const struct exchange *x, struct service *s)
{
	const struct binding_grant *g = &x->granted;

	if (g->uses_ticket)
		TRY_FAILURE(store_put_ticket(s->store, &g->ticket));
	if (g->uses_allowance)
		TRY_FAILURE(store_allow_format(s->store, g->disk.disk_id, false));
	TRY_FAILURE(store_put_node(s->store, &g->node));
	TRY_FAILURE(store_put_disk(s->store, &g->disk));
	TRY_FAILURE(record_changes(s));
	TRY_FAILURE(record_grant(s, x));
	return commit_transaction(s);
}

static struct denial decide_and_store(
	struct exchange *x, struct service *s, bool activated, struct wire_writer *reply)
{
	TRY_DENIAL(decide(x, s, activated));
	TRY_DENIAL(make_material(x, s));
	TRY_DENIAL(make_grant(x, s, reply));
	TRY_DENIAL(record_use(x, s));
	return deny_failure(store_grant(x, s));
}

/* The newcomer waits for an operator's word. */
static struct failure store_waiting(const struct exchange *x, struct service *s, bool *out_full)
{
	const struct admission *a = x->admission;
	uint64_t now_s = (uint64_t)time(NULL);
	struct store_pending waiting = {.first_s = now_s, .last_s = now_s};

	memcpy(waiting.node_id, a->node_id, TPM_NAME_LEN);
	memcpy(waiting.source, x->source, STORE_SOURCE_LEN);
	memcpy(waiting.disk_id, a->disk_id, DISK_ID_LEN);
	snprintf(waiting.set_name, sizeof(waiting.set_name), "%s", a->set_name);
	snprintf(waiting.role, sizeof(waiting.role), "%s", a->role);
	snprintf(waiting.subject, sizeof(waiting.subject), "%s", a->subject);
	TRY_FAILURE(store_begin(s->store));
	TRY_FAILURE(store_put_pending(s->store, &waiting, now_s - WAITING_FORGOTTEN_S,
		s->policy->identity.max_pending, out_full));
	return store_commit(s->store);
}

static struct denial let_wait(const struct exchange *x, struct service *s, struct denial d)
{
	bool full = false;
	struct failure f = store_waiting(x, s, &full);

	if (f.happened) {
		store_rollback(s->store);
		return deny_failure(f);
	}
	return full ? deny(E_DENY_PENDING, "as many newcomers wait as policy lets wait") : d;
}

struct denial grant_key(
	struct exchange *x, struct service *s, bool activated, struct wire_writer *reply)
{
	struct wire_writer before = *reply;
	struct denial d;

	TRY_DENIAL(deny_failure(store_begin(s->store)));
	d = decide_and_store(x, s, activated, reply);
	if (denied(d)) {
		store_rollback(s->store);
		wipe(reply->data + before.len, reply->cap - before.len);
		*reply = before;
	}
	return d.code == E_DENY_PENDING ? let_wait(x, s, d) : d;
}

static struct failure store_committed(
	const struct exchange *x, struct service *s, const struct binding_grant *committed)
{
	TRY_FAILURE(store_put_node(s->store, &committed->node));
	TRY_FAILURE(store_put_disk(s->store, &committed->disk));
	TRY_FAILURE(record_changes(s));
	TRY_FAILURE(record_commit(s, x, &committed->disk));
	return commit_transaction(s);
}

/* A COMMIT that begins a change of keys is followed by one that ends it. */
static struct denial check_and_store(
	struct exchange *x, struct service *s, const struct msg_commit *commit)
{
	struct binding_request r = admission_request(s, x->admission);
	struct store_key key = binding_key(&r);
	struct binding_grant committed;
	struct store_view view;

	/* The key is out; but no join is completed by who is revoked since. */
	TRY_DENIAL(admission_check_revoked(s, x->admission));
	TRY_DENIAL(deny_failure(store_view(s->store, &key, &view)));
	TRY_DENIAL(deny_failure(
		store_kek_is_retired(s->store, x->granted.next_version, &r.next_retired)));
	TRY_DENIAL(binding_commit(&view, &x->granted, commit, &r, &committed));
	TRY_DENIAL(deny_failure(store_committed(x, s, &committed)));
	x->granted = committed;
	return denial_none();
}

struct denial grant_commit(struct exchange *x, struct service *s, const struct msg_commit *commit)
{
	struct denial d;

	TRY_DENIAL(deny_failure(store_begin(s->store)));
	d = check_and_store(x, s, commit);
	if (denied(d))
		store_rollback(s->store);
	return d;
}
