/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bundle of either kind with something of everything in it. */
#ifndef TESTS_UNIT_BUNDLE_MAKE_H
#define TESTS_UNIT_BUNDLE_MAKE_H

#include <stdio.h>
#include <string.h>

#include "tools/bundle/bundle.h"

static const char made_kek[] = "protostar-kek 1\n1 "
			       "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";

struct made_bundle {
	struct bundle b;
	struct bundle_file files[2];
	struct bundle_node nodes[2];
	struct store_enrolment enrolments[2];
	struct store_ticket tickets[1];
	struct store_revocation revocations[2];
	uint8_t keys[2][DISK_KEY_LEN], next_key[DISK_KEY_LEN];
};

static inline struct span text_span(const char *text)
{
	return (struct span){(const uint8_t *)text, strlen(text)};
}

static inline void make_node(struct made_bundle *m, unsigned i, enum bundle_kind kind)
{
	struct store_node *n = &m->nodes[i].node;
	struct store_disk *d = &m->nodes[i].disk;

	*n = (struct store_node){.node_id = {0, (uint8_t)(0x0b + i)},
		.ek_id = {0, (uint8_t)(0x1b + i)},
		.ak_name = {0, (uint8_t)(0x2b + i)},
		.disk_id = {(uint8_t)(0xe0 + i)},
		.first_join_s = 10,
		.last_join_s = 20,
		.epoch = 4,
		.role = "worker",
		.firmware = {.bank = 11, .pcr = {{1}, {2}}},
		.subject = "CN=machine"};
	snprintf(n->set_name, sizeof(n->set_name), "set-%u", i);
	*d = (struct store_disk){.state = DISK_ACTIVE,
		.key_version = 1 + i,
		.salt = {9},
		.generation = 6 + i,
		.header_mac = {8},
		.attempt = 1};
	memcpy(d->disk_id, n->disk_id, DISK_ID_LEN);
	memcpy(d->node_id, n->node_id, TPM_NAME_LEN);
	memset(m->keys[i], (int)(0xd0 + i), DISK_KEY_LEN);
	m->nodes[i].disk_key = (struct span){
		m->keys[i], kind == BUNDLE_RECOVERY ? DISK_KEY_LEN : 0};
	m->nodes[i].next_key = (struct span){m->next_key, 0};
}

/* The second node's disk is about to get another key. */
static inline void make_rotation(struct made_bundle *m, enum bundle_kind kind)
{
	m->nodes[1].disk.next_version = 3;
	memset(m->nodes[1].disk.next_header_mac, 7, HEADER_MAC_LEN);
	memset(m->next_key, 0xd2, DISK_KEY_LEN);
	m->nodes[1].next_key.len = kind == BUNDLE_RECOVERY ? DISK_KEY_LEN : 0;
}

static inline void make_bundle(struct made_bundle *m, enum bundle_kind kind)
{
	memset(m, 0, sizeof(*m));
	m->files[0] = (struct bundle_file){text_span("material"), text_span("")};
	m->files[1] = (struct bundle_file){text_span("certs/root.pem"), text_span("root")};
	make_node(m, 0, kind);
	make_node(m, 1, kind);
	make_rotation(m, kind);
	m->enrolments[0] = (struct store_enrolment){
		.node_id = {7}, .has_disk = true, .disk_id = {6}, .role = "a", .time_s = 5};
	m->enrolments[1] = (struct store_enrolment){.node_id = {8}, .label = "rack 1"};
	m->tickets[0] = (struct store_ticket){.disk_id = {4}, .uses = 5, .until_s = 6};
	m->revocations[0] = (struct store_revocation){
		.kind = REVOKED_SET, .value = {'o', 'l', 'd'}, .len = 3, .time_s = 30};
	m->revocations[1] = (struct store_revocation){
		.kind = REVOKED_EPOCH, .value = {0, 0, 0, 2}, .len = 4, .time_s = 31};
	m->b = (struct bundle){.head = {.kind = kind, .id = {0xb0}, .created_s = 1000},
		.policy = text_span("{\"a\": 1}\n"),
		.files = m->files,
		.file_count = 2,
		.nodes = m->nodes,
		.node_count = 2,
		.enrolments = m->enrolments,
		.enrolment_count = 2,
		.tickets = m->tickets,
		.ticket_count = 1,
		.revocations = m->revocations,
		.revocation_count = 2};
	if (kind == BUNDLE_RECOVERY) {
		m->b.head.uses = 3;
		m->b.ledger_key = (struct span){m->keys[0], BUNDLE_KEY_LEN};
		return;
	}
	m->b.service_key = text_span("service-key");
	m->b.ca_key = text_span("ca");
	m->b.ca_certificate = text_span("ca-pem");
	m->b.kek = text_span(made_kek);
}

#endif
