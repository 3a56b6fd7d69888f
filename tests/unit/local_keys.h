/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A service's keys from a KEK file, in the test's own process. */
#ifndef TESTS_UNIT_LOCAL_KEYS_H
#define TESTS_UNIT_LOCAL_KEYS_H

#include "tests/unit/done.h"
#include "tools/serve/keys/key_service.h"

static inline bool local_keys_open(const char *path, struct key_service **out)
{
	struct kek_engine *engine;

	return done(kek_engine_open(path, NULL, true, &engine)) &&
	       done(key_service_local(engine, out));
}

#endif
