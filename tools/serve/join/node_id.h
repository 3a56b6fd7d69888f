/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the store knows a node by: 34 bytes, made of what its set recognises nodes by (PROTOCOL.md
 * section 7).
 *
 *   endorsement key   u16 0x000B | SHA-256 of its TPMT_PUBLIC (struct tpm_public's node_id)
 *   all others        u16 0xF0kk | SHA-256("protostar node v1" NUL | u8 kk | LP value)
 *
 * kk says which: 1 attestation key, 2 chip, 3 host data, 4 MRCONFIGID, 5 the disk that a ticket is
 * for, 6 the family of sets (value: LP family | LP role | disk id). Ids of one kind never equal
 * those of another.
 */
#ifndef TOOLS_SERVE_JOIN_NODE_ID_H
#define TOOLS_SERVE_JOIN_NODE_ID_H

#include "early/contract/messages.h"
#include "tools/policy/policy.h"

/* Not for RECOGNISE_EK. */
void node_id_of(enum policy_recognise way, struct span value, uint8_t out[TPM_NAME_LEN]);
void node_id_of_set(const char *family, const char *role, const uint8_t disk_id[DISK_ID_LEN],
	uint8_t out[TPM_NAME_LEN]);
/* By what a node of this id is known: "ek", "ak", "chip", ... */
const char *node_id_kind(const uint8_t node_id[TPM_NAME_LEN]);

#endif
