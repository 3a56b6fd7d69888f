/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"
#include "tools/serve/node/node_export.h"
#include "tools/serve/node/node_word.h"
#include "tools/serve/store/store_revocations.h"

static const struct span no_key = {(const uint8_t *)"", 0};

static void take_node(void *context, const struct store_node *node, const struct store_disk *disk)
{
	struct export_records *r = context;

	r->nodes = must_realloc(r->nodes, r->node_count + 1, sizeof(*r->nodes));
	r->nodes[r->node_count++] = (struct bundle_node){
		.node = *node, .disk = *disk, .disk_key = no_key, .next_key = no_key};
}

static void take_enrolment(void *context, const struct store_enrolment *enrolment)
{
	struct export_records *r = context;

	r->enrolments = must_realloc(r->enrolments, r->enrolment_count + 1, sizeof(*r->enrolments));
	r->enrolments[r->enrolment_count++] = *enrolment;
}

static void take_ticket(void *context, const struct store_ticket *ticket)
{
	struct export_records *r = context;

	r->tickets = must_realloc(r->tickets, r->ticket_count + 1, sizeof(*r->tickets));
	r->tickets[r->ticket_count++] = *ticket;
}

static void take_revocation(void *context, const struct store_revocation *revocation)
{
	struct export_records *r = context;

	r->revocations = must_realloc(
		r->revocations, r->revocation_count + 1, sizeof(*r->revocations));
	r->revocations[r->revocation_count++] = *revocation;
}

static bool is_named(const struct bundle_node *n, const char *name)
{
	char node[NODE_NAME_HEX], disk[NODE_DISK_HEX];
	size_t len = strlen(name);

	hex_encode(n->node.node_id, TPM_NAME_LEN, node);
	hex_encode(n->node.disk_id, DISK_ID_LEN, disk);
	return strncmp(node, name, len) == 0 || strncmp(disk, name, len) == 0;
}

/* Each name means one node. */
static struct failure check_name(const struct export_records *r, const char *name)
{
	unsigned found = 0;

	if (strlen(name) < NODE_DIGITS_MIN)
		return refuse("%s: give at least %u digits of a node's or disk's name", name,
			NODE_DIGITS_MIN);
	for (size_t i = 0; i < r->node_count; i++)
		found += is_named(&r->nodes[i], name);
	if (found > 1)
		return refuse("%s is the beginning of %u names: give more of it", name, found);
	return found ? failure_none() : refuse("no node or disk is named %s", name);
}

static bool is_chosen(const struct bundle_node *n, const struct export_choice *choice)
{
	for (size_t i = 0; i < choice->name_count; i++)
		if (is_named(n, choice->names[i]))
			return true;
	return !choice->name_count;
}

/* What an operator revoked, as far as it is of one node. */
static struct failure is_revoked(
	struct store *s, const struct bundle_node *n, const struct policy *p, bool *out)
{
	const struct store_revocation values[] = {
		revocation_of(REVOKED_NODE, (struct span){n->node.node_id, TPM_NAME_LEN}),
		revocation_of(REVOKED_EK, (struct span){n->node.ek_id, TPM_NAME_LEN}),
		revocation_of(REVOKED_AK, (struct span){n->node.ak_name, TPM_NAME_LEN}),
		revocation_of(REVOKED_DISK, (struct span){n->node.disk_id, DISK_ID_LEN}),
	};

	*out = policy_node_revoked(p, n->node.node_id) || policy_node_revoked(p, n->node.ek_id) ||
	       policy_disk_revoked(p, n->node.disk_id);
	for (size_t i = 0; !*out && i < sizeof(values) / sizeof(values[0]); i++)
		TRY_FAILURE(store_is_revoked(s, &values[i], out));
	return failure_none();
}

/* Why a node can have no recovery; NULL: it can. */
static struct failure why_not(
	struct store *s, const struct bundle_node *n, const struct policy *p, const char **out)
{
	bool revoked = false;

	*out = NULL;
	TRY_FAILURE(is_revoked(s, n, p, &revoked));
	if (n->disk.state != DISK_ACTIVE)
		*out = "was never in use: there is nothing to recover";
	else if (revoked)
		*out = "is revoked";
	return failure_none();
}

/* Leaves the nodes that the choice means. */
static struct failure choose(
	struct store *s, struct export_records *r, const struct export_choice *choice)
{
	size_t kept = 0;

	for (size_t i = 0; i < choice->name_count; i++)
		TRY_FAILURE(check_name(r, choice->names[i]));
	for (size_t i = 0; i < r->node_count; i++) {
		const struct bundle_node *n = &r->nodes[i];
		const char *why;
		char name[NODE_NAME_HEX];

		if (!is_chosen(n, choice))
			continue;
		TRY_FAILURE(why_not(s, n, choice->policy, &why));
		hex_encode(n->node.node_id, TPM_NAME_LEN, name);
		if (why && choice->name_count)
			return refuse("node %.20s %s", name, why);
		if (why)
			r->left_out++;
		else
			r->nodes[kept++] = *n;
	}
	r->node_count = kept;
	return kept ? failure_none() : refuse("no node is in use: there is nothing to recover");
}

static bool is_of_nodes(const struct export_records *r, const uint8_t name[TPM_NAME_LEN])
{
	for (size_t i = 0; i < r->node_count; i++)
		if (memcmp(r->nodes[i].node.node_id, name, TPM_NAME_LEN) == 0 ||
			memcmp(r->nodes[i].node.ek_id, name, TPM_NAME_LEN) == 0)
			return true;
	return false;
}

static bool is_of_disks(const struct export_records *r, const uint8_t disk_id[DISK_ID_LEN])
{
	for (size_t i = 0; i < r->node_count; i++)
		if (memcmp(r->nodes[i].node.disk_id, disk_id, DISK_ID_LEN) == 0)
			return true;
	return false;
}

/* What operators said of the chosen nodes and disks; of others nothing leaves the safe. */
static void choose_words(struct export_records *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->enrolment_count; i++)
		if (is_of_nodes(r, r->enrolments[i].node_id))
			r->enrolments[kept++] = r->enrolments[i];
	r->enrolment_count = kept;
	kept = 0;
	for (size_t i = 0; i < r->ticket_count; i++)
		if (is_of_disks(r, r->tickets[i].disk_id))
			r->tickets[kept++] = r->tickets[i];
	r->ticket_count = kept;
}

static struct failure derive_key(const struct export_choice *choice, const struct bundle_node *n,
	uint32_t version, struct secret *key, struct span *out)
{
	const struct disk_key_name name = {choice->tenant, n->node.disk_id, version, n->disk.salt};

	if (failed(secret_new(DISK_KEY_LEN, key)))
		return refuse("no locked memory left for the keys of disks");
	switch (disk_key_derive(choice->keys, &name, key->bytes)) {
	case KEK_DONE:
		*out = (struct span){key->bytes, DISK_KEY_LEN};
		return failure_none();
	case KEK_NO_VERSION:
		return refuse("there is no key-encryption key %u, which a disk needs", version);
	case KEK_AWAY:
		break;
	}
	return refuse("the key-encryption keys cannot be reached: is the token there?");
}

/* The key of each disk, and the next one of a disk whose rotation was begun. */
static struct failure derive_keys(struct export_records *r, const struct export_choice *choice)
{
	r->disk_keys = must_realloc(NULL, 2 * r->node_count, sizeof(*r->disk_keys));
	memset(r->disk_keys, 0, 2 * r->node_count * sizeof(*r->disk_keys));
	for (size_t i = 0; i < r->node_count; i++) {
		struct bundle_node *n = &r->nodes[i];

		TRY_FAILURE(derive_key(
			choice, n, n->disk.key_version, &r->disk_keys[2 * i], &n->disk_key));
		if (n->disk.next_version)
			TRY_FAILURE(derive_key(choice, n, n->disk.next_version,
				&r->disk_keys[2 * i + 1], &n->next_key));
	}
	return failure_none();
}

struct failure export_records_read(
	struct store *s, const struct export_choice *choice, struct export_records *out)
{
	*out = (struct export_records){0};
	TRY_FAILURE(store_each(s, take_node, out));
	TRY_FAILURE(store_each_enrolment(s, take_enrolment, out));
	TRY_FAILURE(store_each_ticket(s, take_ticket, out));
	TRY_FAILURE(store_each_revocation(s, take_revocation, out));
	if (choice->service)
		return failure_none();
	TRY_FAILURE(choose(s, out, choice));
	if (out->node_count > BUNDLE_RECORDS_MAX)
		return refuse("a bundle is for %u nodes at most: name some with --node",
			BUNDLE_RECORDS_MAX);
	choose_words(out);
	return derive_keys(out, choice);
}

void export_records_free(struct export_records *r)
{
	for (size_t i = 0; r->disk_keys && i < 2 * r->node_count; i++)
		secret_free(&r->disk_keys[i]);
	free(r->disk_keys);
	free(r->nodes);
	free(r->enrolments);
	free(r->tickets);
	free(r->revocations);
	*r = (struct export_records){0};
}
