/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What makes a message's fields sound, beside their sizes, which the cursors bound both ways. */
#include "early/contract/frame.h"

#define BANK_SHA256 0x000Bu
#define BANK_SHA384 0x000Cu
#define PCR_COUNT   24u

/* Each byte is 0x20..0x7e. */
static bool text_printable(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < 0x20 || text.data[i] > 0x7e)
			return false;
	}
	return true;
}

static bool all_zero(const uint8_t *data, size_t len)
{
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= data[i];
	return any == 0;
}

/* Purposes that an exchange can have. */
static bool purpose_served(uint8_t purpose)
{
	return purpose == PURPOSE_JOIN || purpose == PURPOSE_RECOVER || purpose == PURPOSE_INIT;
}

/* A new key version: only of a disk that is opened, and above the one that it has. */
static bool next_valid(uint8_t action, uint32_t version, uint32_t next)
{
	return next == 0 || (action == ACTION_OPEN && next > version);
}

bool claims_valid(const struct msg_claims *m)
{
	return text_printable(m->version) && !all_zero(m->disk_id, DISK_ID_LEN) &&
	       (m->contents == DISK_BLANK || m->contents == DISK_NOT_BLANK) &&
	       m->kem_pub[0] == 0x04 &&
	       (m->mlkem_pub.len == 0 || m->mlkem_pub.len == MLKEM_PUB_LEN);
}

bool hello_valid(const struct msg_hello *m)
{
	if (m->bank != BANK_SHA256 && m->bank != BANK_SHA384)
		return false;
	return m->pcr_mask != 0 && m->pcr_mask < 1u << PCR_COUNT && m->evidence_types != 0 &&
	       purpose_served(m->purpose);
}

bool evidence_valid(const struct msg_evidence *m)
{
	size_t items = 0;

	for (size_t i = 0; i < EVIDENCE_TYPES; i++)
		items += m->items[i].len > 0;
	return m->purpose >= PURPOSE_JOIN && m->purpose <= PURPOSE_INIT && m->wants_service <= 1 &&
	       items > 0 && items <= EVIDENCE_ITEMS_MAX;
}

bool grant_valid(const struct msg_grant *m)
{
	if (!text_printable(m->role) || m->generation == UINT64_MAX)
		return false;
	if (!next_valid(m->action, m->key_version, m->next_version))
		return false;
	if (m->next_version == 0 && !all_zero(m->next_header_mac, HEADER_MAC_LEN))
		return false;
	if (m->action == ACTION_FORMAT || m->action == ACTION_OVERWRITE)
		return all_zero(m->header_mac, HEADER_MAC_LEN);
	return m->action == ACTION_OPEN && m->generation != 0;
}

bool deny_valid(const struct msg_deny *m)
{
	return m->code >= DENY_CODE_MIN && m->code <= DENY_CODE_MAX && text_printable(m->text);
}

bool commit_valid(const struct msg_commit *m)
{
	return m->action >= ACTION_FORMAT && m->action <= ACTION_OVERWRITE && m->generation != 0 &&
	       next_valid(m->action, m->key_version, m->next_version) &&
	       all_zero(m->next_header_mac, HEADER_MAC_LEN) == (m->next_version == 0);
}
