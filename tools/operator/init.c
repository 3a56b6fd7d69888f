/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/operator/init.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "early/contract/errors.h"
#include "tools/operator/service_material.h"
#include "tools/serve/join/state.h"
#include "tools/serve/keys/identity.h"

struct initiation {
	const struct init_request *request;
	struct service *service;
	/* The node that the folder is of, once it has served one. */
	bool has_first;
	uint8_t first[TPM_NAME_LEN];
	unsigned nodes;
};

static void count(void *context, const struct store_node *node, const struct store_disk *disk)
{
	struct initiation *in = context;

	(void)disk;
	in->has_first = true;
	in->nodes++;
	memcpy(in->first, node->node_id, TPM_NAME_LEN);
}

/* A folder with more nodes than one is of a service at work, and what it gives away would be a copy
 * of that one's keys. */
static struct failure look(struct initiation *in)
{
	TRY_FAILURE(store_each(in->service->store, count, in));
	if (in->nodes <= 1)
		return failure_none();
	return refuse("%s knows %u nodes: it is the folder of a service at work. A first node "
		      "begins with a folder of its own",
		in->request->state, in->nodes);
}

static struct denial make_material(void *context, const struct exchange *x, struct secret *out)
{
	const struct initiation *in = context;

	if (in->has_first && memcmp(in->first, x->granted.node.node_id, TPM_NAME_LEN) != 0)
		return deny(E_DENY_LIMIT,
			"this state folder has another first node: give this one a folder of its "
			"own, or protostar node forget the other");
	return deny_failure(service_material(in->service, x, in->request->state,
		in->request->keys.kek, in->request->policy, out));
}

static struct failure run(
	struct initiation *in, const struct key_pair *key, struct init_result *out)
{
	const struct init_request *r = in->request;
	const struct exchange_hooks hooks = {.context = in, .material = make_material};
	const struct meeting m = {.node = r->common.node, .wait_s = r->common.wait_s, .key = key};
	struct failure f;

	TRY_FAILURE(look(in));
	in->service->hooks = &hooks;
	f = meet(&m, in->service, &out->node);
	in->service->hooks = NULL;
	return f;
}

struct failure init_node(
	const struct init_request *r, const struct key_pair *key, struct init_result *out)
{
	struct service s = {.purpose = PURPOSE_INIT, .log = {.fd = STDERR_FILENO}};
	struct initiation in = {.request = r, .service = &s};
	struct key_place keys = r->keys;
	struct failure f;

	TRY_FAILURE(policy_load(r->policy, &s.policy));
	keys.tenant = s.policy->tenant;
	f = state_open(r->state, &keys, true, &s);
	if (!f.happened) {
		identity_pin(&s.identity, out->service_pin);
		f = run(&in, key, out);
		state_close(&s);
	}
	policy_free(s.policy);
	return f;
}
