/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar node list|show`: what the store knows, read-only. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tools/lib/hex.h"
#include "tools/serve/join/binding.h"
#include "tools/serve/log/json_line.h"
#include "tools/serve/join/node_id.h"
#include "tools/serve/node/node_command.h"
#include "tools/serve/node/node_time.h"

#define SHORT_NAME 20 /* digits of a node's name in the list */

struct query {
	bool json, full;
	const char *name; /* NULL: all */
	struct store *store;
	unsigned shown;
};

void node_time(uint64_t seconds, char out[NODE_TIME_LEN])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!seconds || !gmtime_r(&t, &tm) ||
		!strftime(out, NODE_TIME_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, NODE_TIME_LEN, "never");
}

static const char *state_name(const struct store_disk *disk)
{
	return disk->state == DISK_ACTIVE ? "active" : "formatting";
}

/* Calls `each` for every register of the firmware's that is recorded, with its value in hex. */
static void each_firmware(const struct store_firmware *f,
	void (*each)(void *context, unsigned pcr, const char *hex), void *context)
{
	for (unsigned pcr = 0; f->bank && pcr < POLICY_PCRS; pcr++) {
		char hex[2 * POLICY_DIGEST_MAX + 1];

		if (!(POLICY_FIRMWARE_PCRS >> pcr & 1u))
			continue;
		hex_encode(f->pcr[binding_firmware_index(pcr)], digest_len(f->bank), hex);
		each(context, pcr, hex);
	}
}

static void json_firmware(void *context, unsigned pcr, const char *hex)
{
	char name[4];

	snprintf(name, sizeof(name), "%u", pcr);
	json_line_text(context, name, hex);
}

static void print_firmware(void *context, unsigned pcr, const char *hex)
{
	(void)context;
	printf("PCR %-8u %s\n", pcr, hex);
}

static void print_json(
	const struct store_node *node, const struct store_disk *disk, const char *label)
{
	struct json_line l;
	char first[32], last[32];

	node_time(node->first_join_s, first);
	node_time(node->last_join_s, last);
	json_line_start(&l);
	json_line_hex(&l, "node", node->node_id, TPM_NAME_LEN);
	json_line_text(&l, "identity", node_id_kind(node->node_id));
	json_line_text(&l, "subject", node->subject);
	json_line_text(&l, "label", label);
	json_line_hex(&l, "ek", node->ek_id, TPM_NAME_LEN);
	json_line_hex(&l, "ak", node->ak_name, TPM_NAME_LEN);
	json_line_hex(&l, "disk", node->disk_id, DISK_ID_LEN);
	json_line_text(&l, "state", state_name(disk));
	json_line_number(&l, "key_version", disk->key_version);
	json_line_number(&l, "generation", disk->generation);
	json_line_number(&l, "attempt", disk->attempt);
	json_line_hex(&l, "header_mac", disk->header_mac, HEADER_MAC_LEN);
	json_line_number(&l, "next_version", disk->next_version);
	json_line_text(&l, "set", node->set_name);
	json_line_text(&l, "role", node->role);
	json_line_number(&l, "epoch", node->epoch);
	json_line_object(&l, "firmware");
	each_firmware(&node->firmware, json_firmware, &l);
	json_line_close(&l);
	json_line_bool(&l, "accept_firmware", node->accept_firmware);
	json_line_text(&l, "first_join", first);
	json_line_text(&l, "last_join", last);
	if (json_line_end(&l))
		fwrite(l.text, 1, l.len - 1, stdout);
}

static int name_width(const struct query *q)
{
	return q->full ? (int)(2 * TPM_NAME_LEN) : SHORT_NAME;
}

static void print_row(const struct query *q, const struct store_node *node,
	const struct store_disk *disk, const char *label)
{
	char ek[2 * TPM_NAME_LEN + 1], id[2 * DISK_ID_LEN + 1], last[32];

	hex_encode(node->node_id, TPM_NAME_LEN, ek);
	hex_encode(node->disk_id, DISK_ID_LEN, id);
	node_time(node->last_join_s, last);
	printf("%.*s  %s  %-10s  %10llu  %-20s  %-9s  %s%s%s\n", name_width(q), ek, id,
		state_name(disk), (unsigned long long)disk->generation, last,
		node_id_kind(node->node_id), node->set_name, label[0] ? "  " : "", label);
}

static void print_whole(
	const struct store_node *node, const struct store_disk *disk, const char *label)
{
	char ek[2 * TPM_NAME_LEN + 1], ak[2 * TPM_NAME_LEN + 1], id[2 * DISK_ID_LEN + 1];
	char first[32], last[32];

	hex_encode(node->node_id, TPM_NAME_LEN, ek);
	hex_encode(node->ak_name, TPM_NAME_LEN, ak);
	hex_encode(node->disk_id, DISK_ID_LEN, id);
	node_time(node->first_join_s, first);
	node_time(node->last_join_s, last);
	printf("node         %s\nak           %s\ndisk         %s\nstate        %s\n", ek, ak, id,
		state_name(disk));
	printf("identity     %s\n", node_id_kind(node->node_id));
	if (node->subject[0])
		printf("certificate  %s\n", node->subject);
	if (label[0])
		printf("label        %s\n", label);
	printf("key version  %u\ngeneration   %llu\nset          %s\nrole         %s\n",
		disk->key_version, (unsigned long long)disk->generation, node->set_name,
		node->role);
	printf("epoch        %u\nfirst join   %s\nlast join    %s\n", node->epoch, first, last);
	if (disk->next_version)
		printf("next version %u, begun\n", disk->next_version);
	each_firmware(&node->firmware, print_firmware, NULL);
	if (node->accept_firmware)
		puts("firmware     whatever the next join comes with is accepted");
}

static bool named(const struct query *q, const struct store_node *node)
{
	char ek[2 * TPM_NAME_LEN + 1], id[2 * DISK_ID_LEN + 1];
	size_t len = q->name ? strlen(q->name) : 0;

	hex_encode(node->node_id, TPM_NAME_LEN, ek);
	hex_encode(node->disk_id, DISK_ID_LEN, id);
	return strncmp(ek, q->name ? q->name : "", len) == 0 ||
	       strncmp(id, q->name ? q->name : "", len) == 0;
}

/* What the operator called the node when he enrolled it. */
static void label_of(struct store *s, const struct store_node *node, char out[POLICY_NAME_MAX + 1])
{
	struct store_enrolment e;
	bool found = false;
	struct failure f = store_get_enrolment(s, node->node_id, node->ek_id, &e, &found);

	snprintf(out, POLICY_NAME_MAX + 1, "%s", !f.happened && found ? e.label : "");
}

static void show(void *context, const struct store_node *node, const struct store_disk *disk)
{
	struct query *q = context;
	char label[POLICY_NAME_MAX + 1];

	if (!named(q, node))
		return;
	label_of(q->store, node, label);
	if (q->json && q->shown)
		fputs(",\n ", stdout);
	if (q->json)
		print_json(node, disk, label);
	else if (q->name)
		print_whole(node, disk, label);
	else
		print_row(q, node, disk, label);
	q->shown++;
}

static struct failure print_all(struct store *store, struct query *q)
{
	if (q->json)
		fputs("[", stdout);
	else if (!q->name)
		printf("%-*s  %-32s  %-10s  %10s  %-20s  %-9s  %s\n", name_width(q), "NODE", "DISK",
			"STATE", "GENERATION", "LAST JOIN", "IDENTITY", "SET");
	q->store = store;
	TRY_FAILURE(store_each(store, show, q));
	if (q->json)
		puts("]");
	if (q->name && !q->shown)
		return refuse("no node or disk is named %s", q->name);
	return failure_none();
}

static struct failure query(const struct node_request *r)
{
	struct query q = {.json = r->json, .full = r->full, .name = r->name};
	struct store *store = NULL;
	struct failure f = node_store(r, STORE_READ, &store);

	if (!f.happened)
		f = print_all(store, &q);
	store_close(store);
	return f;
}

struct failure node_list(const struct node_request *r)
{
	return query(r);
}

struct failure node_show(const struct node_request *r)
{
	return query(r);
}
