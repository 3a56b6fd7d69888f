/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bundle/bundle_record.h"

#include <string.h>

static void put_text(struct wire_writer *w, const char *text, size_t max)
{
	wire_put_field(w, (struct span){(const uint8_t *)text, strlen(text)}, 0, max);
}

/* out has room for max + 1 bytes. A control character is none of a name's or a subject's. */
static void get_text(struct cursor *r, char *out, size_t max)
{
	struct span text = wire_get_field(r, 0, max);

	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] == 0x7f)
			r->failed = true;
	if (r->failed)
		text.len = 0;
	if (text.len)
		memcpy(out, text.data, text.len);
	out[text.len] = 0;
}

static void put_flag(struct wire_writer *w, bool flag)
{
	wire_put_u8(w, flag);
}

static bool get_flag(struct cursor *r)
{
	uint8_t flag = wire_get_u8(r);

	if (flag > 1)
		r->failed = true;
	return flag == 1;
}

/* SQLite's integers are signed: the store has no greater ones. */
static uint64_t get_number(struct cursor *r)
{
	uint64_t number = wire_get_u64(r);

	if (number > INT64_MAX)
		r->failed = true;
	return number;
}

static void put_store_node(struct wire_writer *w, const struct store_node *n)
{
	wire_put_bytes(w, n->node_id, TPM_NAME_LEN);
	wire_put_bytes(w, n->ek_id, TPM_NAME_LEN);
	wire_put_bytes(w, n->ak_name, TPM_NAME_LEN);
	wire_put_bytes(w, n->disk_id, DISK_ID_LEN);
	wire_put_u64(w, n->first_join_s);
	wire_put_u64(w, n->last_join_s);
	wire_put_u32(w, n->epoch);
	put_text(w, n->set_name, POLICY_NAME_MAX);
	put_text(w, n->role, POLICY_NAME_MAX);
	wire_put_u16(w, n->firmware.bank);
	wire_put_bytes(w, &n->firmware.pcr[0][0], sizeof(n->firmware.pcr));
	put_flag(w, n->accept_firmware);
	put_text(w, n->subject, STORE_SUBJECT_MAX - 1);
}

static void get_store_node(struct cursor *r, struct store_node *out)
{
	wire_get_bytes(r, out->node_id, TPM_NAME_LEN);
	wire_get_bytes(r, out->ek_id, TPM_NAME_LEN);
	wire_get_bytes(r, out->ak_name, TPM_NAME_LEN);
	wire_get_bytes(r, out->disk_id, DISK_ID_LEN);
	out->first_join_s = get_number(r);
	out->last_join_s = get_number(r);
	out->epoch = wire_get_u32(r);
	get_text(r, out->set_name, POLICY_NAME_MAX);
	get_text(r, out->role, POLICY_NAME_MAX);
	out->firmware.bank = wire_get_u16(r);
	wire_get_bytes(r, &out->firmware.pcr[0][0], sizeof(out->firmware.pcr));
	out->accept_firmware = get_flag(r);
	get_text(r, out->subject, STORE_SUBJECT_MAX - 1);
}

/* Its identifier and its node are the node's record's. */
static void put_store_disk(struct wire_writer *w, const struct store_disk *d)
{
	wire_put_u8(w, (uint8_t)d->state);
	wire_put_u32(w, d->key_version);
	wire_put_bytes(w, d->salt, DISK_SALT_LEN);
	wire_put_u64(w, d->generation);
	wire_put_bytes(w, d->header_mac, HEADER_MAC_LEN);
	wire_put_u32(w, d->next_version);
	wire_put_bytes(w, d->next_header_mac, HEADER_MAC_LEN);
	wire_put_u64(w, d->attempt);
	put_flag(w, d->may_overwrite);
}

/* A change of the key that was begun is an active disk's, to a later version. */
static bool next_good(const struct store_disk *d)
{
	static const uint8_t none[HEADER_MAC_LEN];

	if (d->next_version)
		return d->state == DISK_ACTIVE && d->next_version > d->key_version;
	return equal_ct(d->next_header_mac, none, HEADER_MAC_LEN);
}

static void get_store_disk(struct cursor *r, const struct store_node *node, struct store_disk *out)
{
	uint8_t state = wire_get_u8(r);

	memcpy(out->disk_id, node->disk_id, DISK_ID_LEN);
	memcpy(out->node_id, node->node_id, TPM_NAME_LEN);
	if (state != DISK_FORMATTING && state != DISK_ACTIVE)
		r->failed = true;
	out->state = r->failed ? DISK_FORMATTING : (enum disk_state)state;
	out->key_version = wire_get_u32(r);
	wire_get_bytes(r, out->salt, DISK_SALT_LEN);
	out->generation = get_number(r);
	wire_get_bytes(r, out->header_mac, HEADER_MAC_LEN);
	out->next_version = wire_get_u32(r);
	wire_get_bytes(r, out->next_header_mac, HEADER_MAC_LEN);
	out->attempt = get_number(r);
	out->may_overwrite = get_flag(r);
	if ((out->may_overwrite && out->state == DISK_ACTIVE) || !next_good(out))
		r->failed = true;
}

void bundle_put_node(struct wire_writer *w, const struct bundle_node *n)
{
	put_store_node(w, &n->node);
	put_store_disk(w, &n->disk);
	wire_put_field(w, n->disk_key, 0, DISK_KEY_LEN);
	wire_put_field(w, n->next_key, 0, DISK_KEY_LEN);
}

void bundle_get_node(struct cursor *r, struct bundle_node *out)
{
	get_store_node(r, &out->node);
	get_store_disk(r, &out->node, &out->disk);
	out->disk_key = wire_get_field(r, 0, DISK_KEY_LEN);
	out->next_key = wire_get_field(r, 0, DISK_KEY_LEN);
}

void bundle_put_enrolment(struct wire_writer *w, const struct store_enrolment *e)
{
	wire_put_bytes(w, e->node_id, TPM_NAME_LEN);
	wire_put_field(w, (struct span){e->disk_id, e->has_disk ? DISK_ID_LEN : 0}, 0, DISK_ID_LEN);
	put_text(w, e->role, POLICY_NAME_MAX);
	put_text(w, e->label, POLICY_NAME_MAX);
	put_text(w, e->subject, STORE_SUBJECT_MAX - 1);
	wire_put_u64(w, e->time_s);
}

void bundle_get_enrolment(struct cursor *r, struct store_enrolment *out)
{
	struct span disk;

	wire_get_bytes(r, out->node_id, TPM_NAME_LEN);
	disk = wire_get_field(r, 0, DISK_ID_LEN);
	if (disk.len && disk.len != DISK_ID_LEN)
		r->failed = true;
	out->has_disk = disk.len == DISK_ID_LEN;
	if (out->has_disk)
		memcpy(out->disk_id, disk.data, DISK_ID_LEN);
	get_text(r, out->role, POLICY_NAME_MAX);
	get_text(r, out->label, POLICY_NAME_MAX);
	get_text(r, out->subject, STORE_SUBJECT_MAX - 1);
	out->time_s = get_number(r);
}

void bundle_put_ticket(struct wire_writer *w, const struct store_ticket *t)
{
	wire_put_bytes(w, t->disk_id, DISK_ID_LEN);
	wire_put_u64(w, t->uses);
	wire_put_u64(w, t->until_s);
}

void bundle_get_ticket(struct cursor *r, struct store_ticket *out)
{
	wire_get_bytes(r, out->disk_id, DISK_ID_LEN);
	out->uses = get_number(r);
	out->until_s = get_number(r);
	if (!out->uses)
		r->failed = true;
}

void bundle_put_revocation(struct wire_writer *w, const struct store_revocation *v)
{
	wire_put_u8(w, (uint8_t)v->kind);
	wire_put_field(w, (struct span){v->value, v->len}, 1, REVOCATION_MAX);
	wire_put_u64(w, v->time_s);
}

void bundle_get_revocation(struct cursor *r, struct store_revocation *out)
{
	uint8_t kind = wire_get_u8(r);
	struct span value = wire_get_field(r, 1, REVOCATION_MAX);

	if (!kind || kind > REVOCATION_KINDS)
		r->failed = true;
	out->kind = r->failed ? REVOKED_NODE : (enum revocation_kind)kind;
	memcpy(out->value, value.data, value.len);
	out->len = value.len;
	out->time_s = get_number(r);
}
