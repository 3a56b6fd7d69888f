/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/message.h"

#include <string.h>

long keys_frame_get(struct span bytes, size_t max, struct keys_frame *out)
{
	struct cursor r;
	size_t len;

	if (bytes.len < KEYS_LENGTH_LEN)
		return 0;
	wire_read_start(&r, bytes.data, bytes.len);
	len = wire_get_u32(&r);
	if (len < KEYS_HEAD_LEN - KEYS_LENGTH_LEN || len > max - KEYS_LENGTH_LEN)
		return -1;
	len += KEYS_LENGTH_LEN;
	if (bytes.len < len)
		return 0;
	out->type = wire_get_u8(&r);
	out->number = wire_get_u64(&r);
	out->body = (struct span){bytes.data + KEYS_HEAD_LEN, len - KEYS_HEAD_LEN};
	return (long)len;
}

/* body_len: of what is written behind it. */
static void put_head(struct wire_writer *w, enum keys_type type, uint64_t number, size_t body_len)
{
	wire_put_u32(w, (uint32_t)(KEYS_HEAD_LEN - KEYS_LENGTH_LEN + body_len));
	wire_put_u8(w, (uint8_t)type);
	wire_put_u64(w, number);
}

static void put_tail(struct wire_writer *w, const struct key_request *r)
{
	wire_put_bytes(w, r->to.p256, P256_PUB_LEN);
	wire_put_field(w, r->to.mlkem, 0, MLKEM_PUB_LEN);
	wire_put_bytes(w, r->rd, 32);
	wire_put_field(w, r->aad, 0, GRANT_AAD_MAX);
}

bool keys_seal_put(const struct key_request *r, uint64_t number, struct keys_seal_frame *out)
{
	struct span tenant = {(const uint8_t *)r->tenant, strlen(r->tenant)};
	struct wire_writer head, tail;
	size_t fixed = 4 + DISK_ID_LEN + 4 + 4 + DISK_SALT_LEN + 4;

	if (tenant.len > TENANT_MAX || r->join_material.len > JOIN_MATERIAL_MAX)
		return false;
	wire_write_start(&tail, out->tail, sizeof(out->tail));
	put_tail(&tail, r);
	wire_write_start(&head, out->head, sizeof(out->head));
	put_head(&head, KEYS_SEAL, number, fixed + tenant.len + r->join_material.len + tail.len);
	wire_put_field(&head, tenant, 1, TENANT_MAX);
	wire_put_bytes(&head, r->disk_id, DISK_ID_LEN);
	wire_put_u32(&head, r->version);
	wire_put_u32(&head, r->next_version);
	wire_put_bytes(&head, r->salt, DISK_SALT_LEN);
	wire_put_u32(&head, (uint32_t)r->join_material.len);
	out->head_len = head.len;
	out->tail_len = tail.len;
	return !head.failed && !tail.failed;
}

void keys_plain_put(struct wire_writer *w, enum keys_type type, uint64_t number)
{
	put_head(w, type, number, 0);
}

void keys_sealed_put(struct wire_writer *w, uint64_t number, struct span wrapped)
{
	put_head(w, KEYS_SEALED, number, 4 + wrapped.len);
	wire_put_field(w, wrapped, 1, WRAPPED_MAX);
}

void keys_versions_put(struct wire_writer *w, uint64_t number, const struct key_status *status)
{
	put_head(w, KEYS_VERSIONS, number, 1 + status->count * (4 + KEK_CHECK_LEN));
	wire_put_u8(w, (uint8_t)status->count);
	for (size_t i = 0; i < status->count; i++) {
		wire_put_u32(w, status->versions[i].version);
		wire_put_bytes(w, status->versions[i].check, KEK_CHECK_LEN);
	}
}

void keys_refused_put(struct wire_writer *w, uint64_t number, enum key_refusal reason)
{
	put_head(w, KEYS_REFUSED, number, 1);
	wire_put_u8(w, (uint8_t)reason);
}

/* Printable ASCII: what a policy's tenant can be. */
static bool get_tenant(struct cursor *r, char out[TENANT_MAX + 1])
{
	struct span text = wire_get_field(r, 1, TENANT_MAX);

	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < ' ' || text.data[i] > '~')
			return false;
	if (text.len)
		memcpy(out, text.data, text.len);
	out[text.len] = 0;
	return text.len > 0;
}

bool keys_seal_get(struct span body, struct keys_seal *out)
{
	struct key_request *q = &out->r;
	struct cursor r;

	wire_read_start(&r, body.data, body.len);
	if (!get_tenant(&r, out->tenant))
		return false;
	q->tenant = out->tenant;
	q->disk_id = cursor_take(&r, DISK_ID_LEN);
	q->version = wire_get_u32(&r);
	q->next_version = wire_get_u32(&r);
	q->salt = cursor_take(&r, DISK_SALT_LEN);
	q->join_material = wire_get_field(&r, 0, JOIN_MATERIAL_MAX);
	q->to.p256 = cursor_take(&r, P256_PUB_LEN);
	q->to.mlkem = wire_get_field(&r, 0, MLKEM_PUB_LEN);
	q->rd = cursor_take(&r, 32);
	q->aad = wire_get_field(&r, 0, GRANT_AAD_MAX);
	return wire_read_done(&r) && q->version &&
	       (!q->next_version || q->next_version > q->version) &&
	       (!q->to.mlkem.len || q->to.mlkem.len == MLKEM_PUB_LEN);
}

bool keys_sealed_get(struct span body, struct span *out_wrapped)
{
	struct cursor r;

	wire_read_start(&r, body.data, body.len);
	*out_wrapped = wire_get_field(&r, 1, WRAPPED_MAX);
	return wire_read_done(&r);
}

bool keys_versions_get(struct span body, struct key_status *out)
{
	uint32_t last = 0;
	struct cursor r;

	wire_read_start(&r, body.data, body.len);
	out->count = wire_get_u8(&r);
	if (!out->count || out->count > KEK_VERSIONS_MAX)
		return false;
	for (size_t i = 0; i < out->count; i++) {
		out->versions[i].version = wire_get_u32(&r);
		wire_get_bytes(&r, out->versions[i].check, KEK_CHECK_LEN);
		if (out->versions[i].version <= last)
			return false;
		last = out->versions[i].version;
	}
	return wire_read_done(&r);
}

bool keys_refused_get(struct span body, enum key_refusal *out)
{
	if (body.len != 1 || body.data[0] < KEY_REFUSAL_VERSION || body.data[0] > KEY_REFUSAL_KEY)
		return false;
	*out = (enum key_refusal)body.data[0];
	return true;
}
