/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules that tie a node, its attestation key, its firmware and its disk together (PROTOCOL.md
 * sections 6 to 8), as pure functions over what the store holds: no clock, no I/O, nothing
 * remembered.
 *
 *   disk     grant    ACK for the latest format grant     later grants
 *   none  -> FORMATTING ------------------------> ACTIVE ---> open, for ever
 *               ^ |
 *               +-+  format again, as often as power is cut
 *
 * FORMATTING begins only with a disk that is blank, or that the operator has released. So a disk
 * with something on it is written over only where this record's own formatting has begun on it.
 */
#ifndef TOOLS_SERVE_JOIN_BINDING_H
#define TOOLS_SERVE_JOIN_BINDING_H

#include "tools/serve/join/denial.h"
#include "tools/serve/store/store.h"

struct binding_request {
	const uint8_t *node_id; /* TPM_NAME_LEN bytes */
	const uint8_t *ek_id;	/* the same; NULL: no endorsement key is proven */
	const uint8_t *ak_name; /* the same; NULL without a TPM */
	bool keys_change;  /* the node is known by something else than keys, and binds to none */
	bool needs_ticket; /* an operator's word for the disk, each time */
	bool needs_listing, needs_approval; /* an operator's word for the node */
	const char *listed_role;	    /* by the enrolment; NULL: no role came from it */
	const char *subject;		    /* of its key's certificate; NULL: none */
	const uint8_t *disk_id;		    /* DISK_ID_LEN bytes */
	uint8_t contents;		    /* enum disk_contents, as the node says */
	uint32_t epoch;			    /* of the measurement set that matched */
	const char *set_name;
	const char *role;
	uint64_t max_nodes;
	bool pin_ak;
	uint32_t key_version; /* the current one: of disks that are formatted, and others' next */
	bool next_retired;    /* the next version that was granted is retired by now */
	bool open_only;	      /* a recovery: no change of keys is begun, and none is gone on with */
	const uint8_t *salt;  /* DISK_SALT_LEN fresh random bytes, for a disk not known yet */
	uint64_t now_s;
	struct store_firmware firmware; /* as quoted now */
	uint32_t firmware_decided; /* PCRs of it that policy judges by itself, or lets change */
};

/* The key of the view that a request is judged by. */
static inline struct store_key binding_key(const struct binding_request *r)
{
	return (struct store_key){r->node_id, r->ek_id, r->ak_name, r->disk_id};
}

/* E_DENY_EPOCH when the node has committed with a set of a higher epoch. */
struct denial binding_check_epoch(const struct store_view *view, uint32_t epoch) MUST_CHECK;
/*
 * E_DENY_NODE_DISK, E_DENY_NODE_AK (the attestation or the endorsement key), E_DENY_IDENTITY (an
 * operator's enrolment or ticket is missing), E_DENY_FIRMWARE (PCRs that are not those of the
 * node's last COMMIT and that nothing lets change), E_DENY_LIMIT or E_DENY_NOT_BLANK.
 */
struct denial binding_check(
	const struct store_view *view, const struct binding_request *r) MUST_CHECK;
/* E_DENY_PENDING when the operator's approval is missing. For a node that has proven its keys. */
struct denial binding_check_approval(
	const struct store_view *view, const struct binding_request *r) MUST_CHECK;
/* The index of a PCR of POLICY_FIRMWARE_PCRS in struct store_firmware. */
unsigned binding_firmware_index(unsigned pcr);
/* True when the node has to prove that EK and AK are in one TPM: at first, and with a new AK. */
bool binding_needs_activation(const struct store_view *view, const struct binding_request *r);

/* What is granted, and the records to store before it is. Only after both checks denied nothing. */
struct binding_grant {
	uint8_t action; /* enum grant_action */
	/* The version that the disk shall have from now on; 0: the one that it has. */
	uint32_t next_version;
	bool uses_allowance; /* the operator's word for this disk is used up */
	bool uses_ticket;    /* one use less of the ticket, which is as it then is */
	struct store_ticket ticket;
	struct store_node node;
	struct store_disk disk;
};
void binding_grant(
	const struct store_view *view, const struct binding_request *r, struct binding_grant *out);

/*
 * Changing a disk to another KEK (PROTOCOL.md section 7), as its record sees it:
 *
 *   {v}      grant v, next n      COMMIT v, next n, with the new header's MAC    -> {v, next n}
 *   {v, n}   grant v, next n      COMMIT v, next n: the old header was opened    -> {v, next n}
 *   {v, n}   grant v, next n      COMMIT n: the new header was opened            -> {n}
 *
 * So whichever header is on the disk when power is cut, the record has its MAC. n is the current
 * version when the change begins; a change that was begun goes on to that one.
 *
 * A recovery (open_only) has the second and the third grant alone, where the record has a next
 * version, and its COMMIT is of v or n, whichever header was opened, with nothing next.
 *
 * Compares a COMMIT with the grant of its connection and with what the store holds now. Gives the
 * records to store, which are what is granted for a second COMMIT, or E_DENY_STATE. `epoch`,
 * `set_name`, `role`, `firmware` and now_s of r enter the node's record.
 */
struct denial binding_commit(const struct store_view *view, const struct binding_grant *granted,
	const struct msg_commit *commit, const struct binding_request *r,
	struct binding_grant *out) MUST_CHECK;

#endif
