/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/keys/key_service.h"

#include <stdlib.h>

#include "tools/keys/answer.h"

struct local {
	struct key_service service;
	struct kek_engine *engine;
};

static struct failure local_status(struct key_service *k, struct key_status *out)
{
	if (!key_answer_status(((struct local *)k)->engine, out))
		return refuse("the key-encryption keys cannot be reached");
	return failure_none();
}

static enum key_answer local_seal(struct key_service *k, const struct key_request *r, uint8_t *out,
	size_t cap, size_t *out_len)
{
	return key_answer_seal(((struct local *)k)->engine, r, out, cap, out_len);
}

static void local_close(struct key_service *k)
{
	kek_engine_close(((struct local *)k)->engine);
	free(k);
}

static const struct key_service_ops local_ops = {local_status, local_seal, local_close};

struct failure key_service_local(struct kek_engine *engine, struct key_service **out)
{
	struct local *l = calloc(1, sizeof(*l));

	if (!l) {
		kek_engine_close(engine);
		return refuse("out of memory");
	}
	l->service.ops = &local_ops;
	l->engine = engine;
	*out = &l->service;
	return failure_none();
}
