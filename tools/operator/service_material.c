/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/operator/service_material.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/random.h"
#include "tools/bundle/bundle_policy.h"
#include "tools/keys/kek_text.h"
#include "tools/lib/bytes.h"
#include "tools/lib/private_file.h"
#include "tools/serve/join/state.h"

#define KEYS 3

/* What a bundle's spans point to while it is encoded. */
struct parts {
	const struct service *service;
	const char *state, *kek;
	struct secret keys[KEYS];
	size_t key_count;
	char certificate[BUNDLE_KEY_FILE_MAX];
	struct bundle_policy policy;
	struct bundle_node node;
	struct bundle bundle;
};

static void parts_free(struct parts *p)
{
	for (size_t i = 0; i < p->key_count; i++)
		secret_free(&p->keys[i]);
	bundle_policy_free(&p->policy);
	free(p->bundle.enrolments);
	free(p->bundle.tickets);
	free(p->bundle.revocations);
	free(p);
}

static struct failure take_key(struct parts *p, const char *path, struct span *out)
{
	struct secret *key = &p->keys[p->key_count];

	TRY_FAILURE(private_file_read(path, BUNDLE_KEY_FILE_MAX, key, NULL));
	p->key_count++;
	*out = (struct span){key->bytes, key->len};
	return failure_none();
}

/* What everybody may read. */
static struct failure take_certificate(struct parts *p, struct span *out)
{
	char path[PATH_MAX];
	size_t len = 0;

	TRY_FAILURE(state_path(p->state, STATE_CA_CERT, path, sizeof(path)));
	TRY_FAILURE(trusted_file_read(path, p->certificate, sizeof(p->certificate), &len));
	*out = (struct span){(const uint8_t *)p->certificate, len};
	return failure_none();
}

/* The node opens what it gets at its boot, where nobody is who knows a passphrase. */
static struct failure take_keks(struct parts *p, struct span *out)
{
	char path[PATH_MAX];

	if (p->kek && kek_is_token(p->kek)) {
		*out = (struct span){(const uint8_t *)p->kek, strlen(p->kek)};
		return failure_none();
	}
	TRY_FAILURE(state_kek_path(p->state, p->kek, path));
	TRY_FAILURE(take_key(p, path, out));
	if (kek_text_begins(*out))
		return failure_none();
	return refuse("%s is encrypted: a first node needs key-encryption keys that it can open by "
		      "itself",
		path);
}

static struct failure take_keys(struct parts *p)
{
	struct bundle *b = &p->bundle;
	char path[PATH_MAX];

	TRY_FAILURE(state_path(p->state, STATE_IDENTITY, path, sizeof(path)));
	TRY_FAILURE(take_key(p, path, &b->service_key));
	TRY_FAILURE(state_path(p->state, STATE_CA_KEY, path, sizeof(path)));
	TRY_FAILURE(take_key(p, path, &b->ca_key));
	TRY_FAILURE(take_certificate(p, &b->ca_certificate));
	return take_keks(p, &b->kek);
}

static void take_enrolment(void *context, const struct store_enrolment *enrolment)
{
	struct bundle *b = context;

	b->enrolments = must_realloc(b->enrolments, b->enrolment_count + 1, sizeof(*b->enrolments));
	b->enrolments[b->enrolment_count++] = *enrolment;
}

static void take_ticket(void *context, const struct store_ticket *ticket)
{
	struct bundle *b = context;

	b->tickets = must_realloc(b->tickets, b->ticket_count + 1, sizeof(*b->tickets));
	b->tickets[b->ticket_count++] = *ticket;
}

static void take_revocation(void *context, const struct store_revocation *revocation)
{
	struct bundle *b = context;

	b->revocations = must_realloc(
		b->revocations, b->revocation_count + 1, sizeof(*b->revocations));
	b->revocations[b->revocation_count++] = *revocation;
}

/* The node and its disk as granted, and of the node what a commit enters. */
static struct failure take_records(struct parts *p, const struct exchange *x)
{
	struct binding_request r = admission_request(p->service, x->admission);
	struct store_node *node = &p->node.node;

	*node = x->granted.node;
	node->last_join_s = r.now_s;
	node->epoch = r.epoch;
	node->firmware = r.firmware;
	node->accept_firmware = false;
	snprintf(node->set_name, sizeof(node->set_name), "%s", r.set_name);
	snprintf(node->role, sizeof(node->role), "%s", r.role);
	p->node.disk = x->granted.disk;
	p->node.disk_key = p->node.next_key = (struct span){(const uint8_t *)"", 0};
	p->bundle.nodes = &p->node;
	p->bundle.node_count = 1;
	TRY_FAILURE(store_each_enrolment(p->service->store, take_enrolment, &p->bundle));
	TRY_FAILURE(store_each_ticket(p->service->store, take_ticket, &p->bundle));
	return store_each_revocation(p->service->store, take_revocation, &p->bundle);
}

static struct failure encode(const struct parts *p, struct secret *out)
{
	LOCKED_BYTES_AUTO plain = {0};

	TRY_FAILURE(bundle_encode(&p->bundle, &plain));
	if (plain.len > JOIN_MATERIAL_MAX)
		return refuse("what the node needs takes %zu bytes, and a grant has room for %u: "
			      "let the policy name fewer or smaller files",
			plain.len, JOIN_MATERIAL_MAX);
	if (failed(secret_new(plain.len, out)))
		return refuse("no locked memory left for what the node needs");
	memcpy(out->bytes, plain.data, plain.len);
	return failure_none();
}

static struct failure make(
	struct parts *p, const struct exchange *x, const char *policy, struct secret *out)
{
	p->bundle.head = (struct bundle_head){
		.kind = BUNDLE_SERVICE, .created_s = (uint64_t)time(NULL)};
	if (failed(random_bytes(p->bundle.head.id, BUNDLE_ID_LEN)))
		return refuse("no random bytes");
	TRY_FAILURE(take_keys(p));
	TRY_FAILURE(bundle_policy_read(policy, &p->policy));
	bundle_policy_lend(&p->policy, &p->bundle);
	TRY_FAILURE(take_records(p, x));
	return encode(p, out);
}

struct failure service_material(const struct service *s, const struct exchange *x,
	const char *state, const char *kek, const char *policy, struct secret *out)
{
	struct parts *p = calloc(1, sizeof(*p));
	struct failure f;

	if (!p)
		return refuse("out of memory");
	p->service = s;
	p->state = state;
	p->kek = kek;
	f = make(p, x, policy, out);
	parts_free(p);
	return f;
}
