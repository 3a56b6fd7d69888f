/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/handle.h"

#include <string.h>

#include "tools/keys/answer.h"
#include "tools/lib/report.h"

static bool serves(const struct keys_tenants *tenants, const char *name)
{
	for (size_t i = 0; i < tenants->count; i++)
		if (strcmp(tenants->names[i], name) == 0)
			return true;
	return !tenants->count;
}

/* For who runs the service; who asks is told the reason alone. */
static void tell(const struct key_request *r, enum key_refusal why)
{
	if (why == KEY_REFUSAL_TENANT)
		complain("a key for tenant %s was asked for, which is none of --tenant", r->tenant);
	else if (why == KEY_REFUSAL_KEY)
		complain("a key was asked for that cannot be sealed to the node's key");
	else
		complain("a key of version %u of the key-encryption keys was asked for%s",
			r->version,
			r->next_version ? ", or of a later one: one is not there"
					: ", which is not there");
}

static enum key_answer seal_for(struct kek_engine *e, const struct keys_tenants *tenants,
	const struct key_request *r, struct span *wrapped, enum key_refusal *out_why)
{
	static uint8_t out[WRAPPED_MAX];

	*out_why = KEY_REFUSAL_TENANT;
	wrapped->data = out;
	return serves(tenants, r->tenant)
		       ? key_answer_seal(e, r, out, sizeof(out), &wrapped->len, out_why)
		       : KEY_REFUSED;
}

static bool handle_seal(struct kek_engine *e, const struct keys_tenants *tenants,
	const struct keys_frame *frame, struct wire_writer *reply)
{
	struct span wrapped = {0};
	struct keys_seal asked;
	enum key_refusal why;

	if (!keys_seal_get(frame->body, &asked))
		return false;
	switch (seal_for(e, tenants, &asked.r, &wrapped, &why)) {
	case KEY_SEALED:
		keys_sealed_put(reply, frame->number, wrapped);
		break;
	case KEY_AWAY:
		keys_plain_put(reply, KEYS_AWAY, frame->number);
		break;
	default:
		tell(&asked.r, why);
		keys_refused_put(reply, frame->number, why);
	}
	return true;
}

static bool handle_status(
	struct kek_engine *e, const struct keys_frame *frame, struct wire_writer *reply)
{
	struct key_status status;

	if (frame->body.len)
		return false;
	if (key_answer_status(e, &status))
		keys_versions_put(reply, frame->number, &status);
	else
		keys_plain_put(reply, KEYS_AWAY, frame->number);
	return true;
}

bool keys_handle(struct kek_engine *e, const struct keys_tenants *tenants,
	const struct keys_frame *frame, struct wire_writer *reply)
{
	bool known = frame->type == KEYS_SEAL	  ? handle_seal(e, tenants, frame, reply)
		     : frame->type == KEYS_STATUS ? handle_status(e, frame, reply)
						  : false;

	return known && !reply->failed;
}
