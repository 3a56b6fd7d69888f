/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/join/binding.h"

#include <stdio.h>
#include <string.h>

#include "crypto/secret.h"
#include "early/contract/errors.h"

struct denial binding_check_epoch(const struct store_view *view, uint32_t epoch)
{
	if (!view->has_node || epoch >= view->node.epoch)
		return denial_none();
	return (struct denial){
		.code = E_DENY_EPOCH,
		.kind = DENIAL_EPOCH,
		.numbers = {epoch, view->node.epoch},
	};
}

/* Each side's record must name the other side: a record on one side alone is a different partner.
 */
static bool is_bound_elsewhere(const struct store_view *view, const struct binding_request *r)
{
	if (view->has_node && memcmp(view->node.disk_id, r->disk_id, DISK_ID_LEN) != 0)
		return true;
	if (view->has_disk && memcmp(view->disk.node_id, r->node_id, TPM_NAME_LEN) != 0)
		return true;
	return view->has_node != view->has_disk;
}

static const uint8_t no_name[TPM_NAME_LEN];

static bool has_other_ak(const struct store_view *view, const struct binding_request *r)
{
	return view->has_node &&
	       memcmp(view->node.ak_name, r->ak_name ? r->ak_name : no_name, TPM_NAME_LEN) != 0;
}

/* First binding wins: a node that was bound to an endorsement key comes with that one. */
static bool has_other_ek(const struct store_view *view, const struct binding_request *r)
{
	return view->has_node && !r->keys_change && r->ek_id &&
	       memcmp(view->node.ek_id, no_name, TPM_NAME_LEN) != 0 &&
	       memcmp(view->node.ek_id, r->ek_id, TPM_NAME_LEN) != 0;
}

unsigned binding_firmware_index(unsigned pcr)
{
	return (unsigned)__builtin_popcount(POLICY_FIRMWARE_PCRS & ((1u << pcr) - 1));
}

/* The PCRs that are not those of the node's last COMMIT and that nothing lets change. */
static uint32_t changed_firmware(const struct store_view *view, const struct binding_request *r)
{
	const struct store_firmware *then = &view->node.firmware, *now = &r->firmware;
	uint32_t changed = 0;

	/* Values of another bank say nothing about these: the policy has just gone over to it. */
	if (!view->has_node || view->node.accept_firmware || then->bank != now->bank)
		return 0;
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++) {
		unsigned at = binding_firmware_index(pcr);

		if ((POLICY_FIRMWARE_PCRS >> pcr & 1u) && !(r->firmware_decided >> pcr & 1u) &&
			memcmp(then->pcr[at], now->pcr[at], sizeof(now->pcr[at])) != 0)
			changed |= 1u << pcr;
	}
	return changed;
}

/* Formatting may begin, or go on, on what the node sees on its disk. */
static bool may_format(const struct store_view *view, const struct binding_request *r)
{
	return r->contents == DISK_BLANK || view->format_allowed ||
	       (view->has_disk && view->disk.may_overwrite);
}

static struct denial deny_partners(const struct store_view *view, const struct binding_request *r)
{
	struct denial d = {
		.code = E_DENY_NODE_DISK,
		.kind = DENIAL_PARTNERS,
		.partners = {.has_node = view->has_node, .has_disk = view->has_disk},
	};

	/* A disk that another node has is a copy, or was carried over: somebody should look. */
	d.alarm = view->has_disk && memcmp(view->disk.node_id, r->node_id, TPM_NAME_LEN) != 0;
	memcpy(d.partners.disk_id, r->disk_id, DISK_ID_LEN);
	memcpy(d.partners.node_disk, view->node.disk_id, DISK_ID_LEN);
	memcpy(d.partners.disk_node, view->disk.node_id, TPM_NAME_LEN);
	return d;
}

static struct denial deny_firmware(const struct binding_request *r, uint32_t changed)
{
	unsigned first = (unsigned)__builtin_ctz(changed);
	struct denial d = {
		.code = E_DENY_FIRMWARE,
		.kind = DENIAL_FIRMWARE,
		.firmware = {.changed = changed, .value_len = digest_len(r->firmware.bank)},
	};

	memcpy(d.firmware.value, r->firmware.pcr[binding_firmware_index(first)],
		sizeof(d.firmware.value));
	memcpy(d.firmware.node_id, r->node_id, TPM_NAME_LEN);
	return d;
}

static struct denial deny_contents(const struct store_view *view, const struct binding_request *r)
{
	struct denial d = {
		.code = E_DENY_NOT_BLANK,
		.kind = DENIAL_CONTENTS,
		.contents = {.known = view->has_disk},
	};

	memcpy(d.contents.disk_id, r->disk_id, DISK_ID_LEN);
	return d;
}

static struct denial alarm(uint16_t code, const char *sentence)
{
	struct denial d = deny(code, sentence);

	d.alarm = true;
	return d;
}

/* Node and disk, by records and by enrolments. */
static struct denial check_disk(const struct store_view *view, const struct binding_request *r)
{
	if (is_bound_elsewhere(view, r))
		return deny_partners(view, r);
	if (view->has_enrolment && view->enrolment.has_disk &&
		memcmp(view->enrolment.disk_id, r->disk_id, DISK_ID_LEN) != 0)
		return deny(E_DENY_NODE_DISK, "the node was enrolled with another disk");
	if (view->disk_reserved)
		return alarm(E_DENY_NODE_DISK, "another node was enrolled with this disk");
	return denial_none();
}

/* Keys. */
static struct denial check_node_keys(const struct store_view *view, const struct binding_request *r)
{
	if (view->ek_elsewhere)
		return alarm(E_DENY_NODE_AK, "another node has this endorsement key");
	if (view->ak_elsewhere)
		return alarm(E_DENY_NODE_AK, "another node has this attestation key");
	if (has_other_ek(view, r))
		return deny(E_DENY_NODE_AK, "the endorsement key is not the node's own");
	if (r->pin_ak && !r->keys_change && has_other_ak(view, r))
		return deny(E_DENY_NODE_AK, "policy pins the attestation key");
	return denial_none();
}

/* What operators have said, and may have taken back. */
static struct denial check_word(const struct store_view *view, const struct binding_request *r)
{
	const struct store_ticket *t = &view->ticket;

	if (r->needs_listing && !view->has_enrolment)
		return deny(E_DENY_IDENTITY,
			"the node is not enrolled: protostar node enroll --ek-name or --ek-cert");
	if (r->listed_role &&
		(!view->has_enrolment || strcmp(view->enrolment.role, r->listed_role) != 0))
		return deny(E_DENY_BUSY, "the node's enrolment was changed meanwhile");
	if (r->needs_ticket && !view->has_ticket)
		return deny(E_DENY_IDENTITY,
			"nodes of this set need a ticket for their disk: protostar node ticket");
	if (r->needs_ticket && t->until_s && t->until_s < r->now_s)
		return deny(E_DENY_IDENTITY, "the ticket for this disk has ended");
	return denial_none();
}

struct denial binding_check_approval(const struct store_view *view, const struct binding_request *r)
{
	if (r->needs_approval && !view->has_enrolment)
		return deny(E_DENY_PENDING,
			"the node waits for approval: protostar node pending, node approve");
	return denial_none();
}

struct denial binding_check(const struct store_view *view, const struct binding_request *r)
{
	bool active = view->has_disk && view->disk.state == DISK_ACTIVE;
	uint32_t changed = changed_firmware(view, r);

	TRY_DENIAL(check_disk(view, r));
	TRY_DENIAL(check_node_keys(view, r));
	TRY_DENIAL(check_word(view, r));
	if (changed)
		return deny_firmware(r, changed);
	if (!view->has_node && view->node_count >= r->max_nodes)
		return (struct denial){
			.code = E_DENY_LIMIT,
			.kind = DENIAL_LIMIT,
			.numbers = {view->node_count, r->max_nodes},
		};
	return active || may_format(view, r) ? denial_none() : deny_contents(view, r);
}

bool binding_needs_activation(const struct store_view *view, const struct binding_request *r)
{
	return r->ek_id && (!view->has_node || r->keys_change || has_other_ak(view, r) ||
				   memcmp(view->node.ek_id, r->ek_id, TPM_NAME_LEN) != 0);
}

static void set_text(char out[POLICY_NAME_MAX + 1], const char *text)
{
	snprintf(out, POLICY_NAME_MAX + 1, "%s", text);
}

/* A change that was begun goes on; else one begins when the disk has an older key. */
static uint32_t next_version(const struct store_disk *disk, const struct binding_request *r)
{
	if (disk->next_version || r->open_only)
		return disk->next_version;
	return r->key_version > disk->key_version ? r->key_version : 0;
}

void binding_grant(
	const struct store_view *view, const struct binding_request *r, struct binding_grant *out)
{
	struct binding_grant g = {.node = view->node, .disk = view->disk};

	if (!view->has_node) {
		memcpy(g.node.node_id, r->node_id, TPM_NAME_LEN);
		memcpy(g.node.disk_id, r->disk_id, DISK_ID_LEN);
		memcpy(g.disk.disk_id, r->disk_id, DISK_ID_LEN);
		memcpy(g.disk.node_id, r->node_id, TPM_NAME_LEN);
		memcpy(g.disk.salt, r->salt, DISK_SALT_LEN);
		g.node.first_join_s = r->now_s;
		g.disk.state = DISK_FORMATTING;
		set_text(g.node.set_name, r->set_name);
		set_text(g.node.role, r->role);
	}
	memcpy(g.node.ak_name, r->ak_name ? r->ak_name : no_name, TPM_NAME_LEN);
	if (r->ek_id && !r->keys_change)
		memcpy(g.node.ek_id, r->ek_id, TPM_NAME_LEN);
	if (r->subject)
		snprintf(g.node.subject, sizeof(g.node.subject), "%s", r->subject);
	if (r->needs_ticket) {
		g.uses_ticket = true;
		g.ticket = view->ticket;
		g.ticket.uses--;
	}
	if (g.disk.state == DISK_ACTIVE) {
		g.action = ACTION_OPEN;
		g.next_version = next_version(&g.disk, r);
	} else {
		g.action = r->contents == DISK_BLANK ? ACTION_FORMAT : ACTION_OVERWRITE;
		g.disk.key_version = r->key_version;
		g.disk.attempt++;
		g.disk.may_overwrite = true;
		g.uses_allowance = view->format_allowed;
	}
	*out = g;
}

/* A commit of a format is good once, and only for the latest grant to format. */
static bool format_fits(const struct store_view *view, const struct binding_grant *granted)
{
	return view->disk.state == DISK_FORMATTING && view->disk.attempt == granted->disk.attempt;
}

static bool is_zero(const uint8_t mac[HEADER_MAC_LEN])
{
	static const uint8_t no_mac[HEADER_MAC_LEN];

	return equal_ct(mac, no_mac, HEADER_MAC_LEN);
}

/*
 * The node opened the old header and is about to write the new one, as it was granted; or it opened
 * the new one, which can only be there when the record has its MAC.
 */
static bool version_fits(const struct binding_grant *granted, const struct msg_commit *commit,
	const struct binding_request *r)
{
	const struct store_disk *disk = &granted->disk;
	uint32_t next = r->open_only ? 0 : granted->next_version;

	if ((commit->next_version == 0) != is_zero(commit->next_header_mac))
		return false;
	if (commit->key_version == disk->key_version)
		return commit->next_version == next && !(next && r->next_retired);
	return disk->next_version && commit->key_version == disk->next_version &&
	       commit->next_version == 0;
}

/* The grant that the commit answers is still the last word on this node and disk. */
static bool commit_fits(const struct store_view *view, const struct binding_grant *granted,
	const struct msg_commit *commit, const struct binding_request *r)
{
	if (!view->has_node || !view->has_disk || commit->action != granted->action)
		return false;
	if (!version_fits(granted, commit, r))
		return false;
	/* An operator may have forgotten or rebound them meanwhile: a record of another key. */
	if (is_bound_elsewhere(view, r) ||
		memcmp(view->disk.salt, granted->disk.salt, DISK_SALT_LEN) != 0)
		return false;
	/* Whoever committed since this grant has the disk. */
	if (view->disk.generation != granted->disk.generation ||
		commit->generation != granted->disk.generation + 1)
		return false;
	if (granted->action == ACTION_OPEN ? view->disk.state != DISK_ACTIVE
					   : !format_fits(view, granted))
		return false;
	if (is_zero(commit->header_mac))
		return false;
	/* Another connection may have joined with a newer image in the meantime. */
	return r->epoch >= view->node.epoch;
}

struct denial binding_commit(const struct store_view *view, const struct binding_grant *granted,
	const struct msg_commit *commit, const struct binding_request *r, struct binding_grant *out)
{
	struct binding_grant g = {.action = granted->action, .next_version = commit->next_version};

	if (!commit_fits(view, granted, commit, r))
		return deny(E_DENY_STATE,
			"action, version, generation or MAC is not what was granted, or was "
			"superseded");
	g.node = view->node;
	g.disk = view->disk;
	g.disk.state = DISK_ACTIVE;
	g.disk.may_overwrite = false;
	g.disk.generation = commit->generation;
	g.disk.key_version = commit->key_version;
	memcpy(g.disk.header_mac, commit->header_mac, HEADER_MAC_LEN);
	g.disk.next_version = commit->next_version;
	memcpy(g.disk.next_header_mac, commit->next_header_mac, HEADER_MAC_LEN);
	g.node.last_join_s = r->now_s;
	g.node.epoch = r->epoch;
	g.node.firmware = r->firmware;
	g.node.accept_firmware = false;
	set_text(g.node.set_name, r->set_name);
	set_text(g.node.role, r->role);
	*out = g;
	return denial_none();
}
