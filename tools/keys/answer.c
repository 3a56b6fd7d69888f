/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/answer.h"

#include "crypto/secret.h"

static enum key_answer derive(struct kek_engine *e, const struct key_request *r, uint32_t version,
	uint8_t out[DISK_KEY_LEN])
{
	const struct disk_key_name name = {r->tenant, r->disk_id, version, r->salt};

	switch (disk_key_derive(e, &name, out)) {
	case KEK_DONE:
		return KEY_SEALED;
	case KEK_AWAY:
		return KEY_AWAY;
	default:
		return KEY_REFUSED;
	}
}

/* The plaintext of the grant, in `plain`, of which *out_len bytes are used. */
static enum key_answer write_secrets(
	struct kek_engine *e, const struct key_request *r, struct secret *plain, size_t *out_len)
{
	struct grant_secrets secrets = {
		.has_next = r->next_version, .join_material = r->join_material};
	enum key_answer answer = derive(e, r, r->version, secrets.disk_key);
	struct wire_writer w;

	if (answer == KEY_SEALED && r->next_version)
		answer = derive(e, r, r->next_version, secrets.next_key);
	wire_write_start(&w, plain->bytes, plain->len);
	if (answer == KEY_SEALED)
		grant_secrets_put(&w, &secrets);
	wipe(&secrets, sizeof(secrets));
	*out_len = w.len;
	return w.failed ? KEY_REFUSED : answer;
}

enum key_answer key_answer_seal(struct kek_engine *e, const struct key_request *r, uint8_t *out,
	size_t cap, size_t *out_len, enum key_refusal *out_why)
{
	SECRET_AUTO plain = {0};
	enum key_answer answer;
	size_t len = 0;

	*out_why = KEY_REFUSAL_VERSION;
	if (failed(secret_new(2 * DISK_KEY_LEN + 4 + 4 + r->join_material.len, &plain)))
		return KEY_AWAY;
	answer = write_secrets(e, r, &plain, &len);
	if (answer != KEY_SEALED)
		return answer;
	*out_why = KEY_REFUSAL_KEY;
	if (cap < seal_len(&r->to, len) ||
		!seal(&r->to, r->rd, r->aad, (struct span){plain.bytes, len}, out, out_len))
		return KEY_REFUSED;
	return KEY_SEALED;
}

bool key_answer_status(struct kek_engine *e, struct key_status *out)
{
	uint32_t versions[KEK_VERSIONS_MAX];
	struct key_status status = {0};

	if (kek_versions(e, versions, &status.count) != KEK_DONE)
		return false;
	for (size_t i = 0; i < status.count; i++) {
		status.versions[i].version = versions[i];
		if (kek_check_value(e, versions[i], status.versions[i].check) != KEK_DONE)
			return false;
	}
	*out = status;
	return true;
}
