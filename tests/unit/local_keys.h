/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A key service over a KEK file, in the test's own process: for tests that are not about its own.
 */
#ifndef TESTS_UNIT_LOCAL_KEYS_H
#define TESTS_UNIT_LOCAL_KEYS_H

#include <stdlib.h>

#include "tests/unit/done.h"
#include "tools/keys/answer.h"
#include "tools/serve/keys/key_service.h"

struct local_keys {
	struct key_service service;
	struct kek_engine *engine;
};

static inline struct failure local_keys_status(struct key_service *k, struct key_status *out)
{
	if (!key_answer_status(((struct local_keys *)k)->engine, out))
		return refuse("the key-encryption keys cannot be reached");
	return failure_none();
}

static inline enum key_answer local_keys_seal(struct key_service *k, const struct key_request *r,
	uint8_t *out, size_t cap, size_t *out_len)
{
	enum key_refusal why;

	return key_answer_seal(((struct local_keys *)k)->engine, r, out, cap, out_len, &why);
}

static inline void local_keys_close(struct key_service *k)
{
	kek_engine_close(((struct local_keys *)k)->engine);
	free(k);
}

/* Made when there is none. */
static inline bool local_keys_open(const char *path, struct key_service **out)
{
	static const struct key_service_ops ops = {
		local_keys_status, local_keys_seal, local_keys_close};
	struct local_keys *l = calloc(1, sizeof(*l));

	if (!l || !done(kek_engine_open(path, NULL, true, &l->engine)))
		return false;
	l->service.ops = &ops;
	*out = &l->service;
	return true;
}

#endif
