#include "tools/serve/grant.h"

#include <string.h>

#include "crypto/aead.h"
#include "crypto/random.h"
#include "early/contract/errors.h"
#include "tools/serve/explain.h"
#include "tools/serve/record.h"

static uint16_t decide(struct exchange *x, struct service *s, bool activated, struct why *why)
{
	struct binding_request r = admission_request(s, x->admission);
	struct store_key key = binding_key(&r);
	uint8_t salt[DISK_SALT_LEN];
	struct store_view view;
	uint16_t code;

	why_write(why, "no random bytes");
	if (failed(random_bytes(salt, sizeof(salt))) || !store_view(s->store, &key, &view, why))
		return E_DENY_INTERNAL;
	r.salt = salt;
	code = binding_check_epoch(&view, r.epoch);
	why_write(why, "changed by another connection");
	if (!code)
		code = binding_check(&view, &r);
	if (code)
		explain_binding(code, &view, &r, why);
	if (!code && binding_needs_activation(&view, &r) && !activated)
		code = E_DENY_BUSY;
	if (!code)
		binding_grant(&view, &r, &x->granted);
	return code;
}

/* Seals disk key and join material to the key that the evidence named. */
static uint16_t seal_secrets(const struct exchange *x, const struct service *s,
	const struct msg_grant *grant, uint8_t *out, size_t *out_len, struct why *why)
{
	SECRET_AUTO plain = {0};
	struct grant_secrets secrets = {0};
	const struct secret *material = &s->policy->join_material;
	const struct disk_key_name name = {
		s->policy->tenant, x->admission->disk_id, grant->key_version, x->granted.disk.salt};
	uint8_t aad[GRANT_AAD_MAX];
	struct wire_writer aad_writer, w;
	bool good;

	if (failed(secret_new(DISK_KEY_LEN + 4 + material->len, &plain))) {
		why_write(why, "no locked memory left for a grant");
		return E_DENY_BUSY;
	}
	secrets.join_material = (struct span){material->bytes, material->len};
	good = key_service_disk_key(s->keys, &name, secrets.disk_key);
	wire_write_start(&w, plain.bytes, plain.len);
	grant_secrets_put(&w, &secrets);
	wipe(secrets.disk_key, sizeof(secrets.disk_key));
	wire_write_start(&aad_writer, aad, sizeof(aad));
	grant_aad_put(&aad_writer, grant);
	why_write(why, "no KEK of version %u", grant->key_version);
	if (!good || w.failed || aad_writer.failed)
		return E_DENY_INTERNAL;
	*out_len = w.len + WRAP_OVERHEAD;
	why_write(why, "the grant cannot be sealed");
	return failed(wrap_seal(x->admission->kem_pub, x->admission->rd, aad, aad_writer.len,
		       plain.bytes, w.len, out))
		       ? E_DENY_INTERNAL
		       : 0;
}

static uint16_t make_grant(const struct exchange *x, const struct service *s,
	struct wire_writer *reply, struct why *why)
{
	const struct admission *a = x->admission;
	uint8_t wrapped[WRAPPED_MAX];
	size_t wrapped_len = 0;
	struct msg_grant grant = {
		.action = x->granted.action,
		.key_version = x->granted.disk.key_version,
		.generation = x->granted.disk.generation,
		.policy_epoch = s->policy->epoch,
		.role = {(const uint8_t *)a->role, strlen(a->role)},
	};
	uint16_t code;

	if (grant.action == ACTION_OPEN)
		memcpy(grant.header_mac, x->granted.disk.header_mac, HEADER_MAC_LEN);
	code = seal_secrets(x, s, &grant, wrapped, &wrapped_len, why);
	if (code)
		return code;
	grant.wrapped = (struct span){wrapped, wrapped_len};
	message_put_grant(reply, &grant);
	why_write(why, "the grant does not fit its frame");
	return reply->failed ? E_DENY_INTERNAL : 0;
}

/* The store's transaction ends with the line of the audit record that belongs to it. */
static uint16_t seal_transaction(struct service *s, struct why *why)
{
	struct audit_position line;

	/* That line is on disk: this fails only where somebody changed the file meanwhile. */
	if (!audit_position(s->audit, &line, why))
		return E_DENY_INTERNAL;
	if (store_put_position(s->store, &line, why) && store_commit(s->store, why))
		return 0;
	record_void(s, line.seq);
	return E_DENY_INTERNAL;
}

/* Everything that must be on disk before the grant may leave. */
static uint16_t store_grant(struct exchange *x, struct service *s, struct why *why)
{
	const struct binding_grant *g = &x->granted;

	if (g->uses_allowance && !store_allow_format(s->store, g->disk.disk_id, false, why))
		return E_DENY_INTERNAL;
	if (!store_put_node(s->store, &g->node, why) || !store_put_disk(s->store, &g->disk, why) ||
		!record_deeds(s, why) || !record_grant(s, x, why))
		return E_DENY_INTERNAL;
	return seal_transaction(s, why);
}

uint16_t grant_key(struct exchange *x, struct service *s, bool activated, struct wire_writer *reply,
	struct why *why)
{
	struct wire_writer before = *reply;
	uint16_t code;

	if (!store_begin(s->store, why))
		return E_DENY_INTERNAL;
	code = decide(x, s, activated, why);
	if (!code)
		code = make_grant(x, s, reply, why);
	if (!code)
		code = store_grant(x, s, why);
	if (code) {
		store_rollback(s->store);
		wipe(reply->data + before.len, reply->cap - before.len);
		*reply = before;
	}
	return code;
}

static uint16_t check_and_store(
	struct exchange *x, struct service *s, const struct msg_commit *commit, struct why *why)
{
	struct binding_request r = admission_request(s, x->admission);
	struct store_key key = binding_key(&r);
	struct binding_grant committed;
	struct store_view view;
	uint16_t code;

	if (!store_view(s->store, &key, &view, why))
		return E_DENY_INTERNAL;
	why_write(why, "action, generation or MAC is not what was granted, or was superseded");
	code = binding_commit(&view, &x->granted, commit, &r, &committed);
	if (code)
		return code;
	if (!store_put_node(s->store, &committed.node, why) ||
		!store_put_disk(s->store, &committed.disk, why) || !record_deeds(s, why) ||
		!record_commit(s, x, &committed.disk, why))
		return E_DENY_INTERNAL;
	return seal_transaction(s, why);
}

uint16_t grant_commit(
	struct exchange *x, struct service *s, const struct msg_commit *commit, struct why *why)
{
	uint16_t code;

	if (!store_begin(s->store, why))
		return E_DENY_INTERNAL;
	code = check_and_store(x, s, commit, why);
	if (code)
		store_rollback(s->store);
	return code;
}
