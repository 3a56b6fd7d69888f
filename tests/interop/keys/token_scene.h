/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fresh token for each test of a program, and the engine on it. */
#ifndef TESTS_INTEROP_KEYS_TOKEN_SCENE_H
#define TESTS_INTEROP_KEYS_TOKEN_SCENE_H

#include <signal.h>
#include <stdlib.h>
#include "crypto/random.h"
#include "crypto/secret.h"
#include "tests/interop/keys/token_setting.h"
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/keys/engine.h"

static const char *tool, *faulty_module; /* of the command line */
static struct token_setting s;
static struct kek_engine *engine;
static const struct span data = {(const uint8_t *)"protostar disk key v2", 21};

static inline void end(void)
{
	if (engine)
		engine->ops->close(engine);
	engine = NULL;
}

/* A fresh token in a folder of its own for each test. */
static inline void begin(void)
{
	static unsigned number;
	char folder[128];

	end();
	snprintf(folder, sizeof(folder), "%s/%u", scratch, number++);
	if (mkdir(folder, 0700))
		exit(1);
	token_setting_make(&s, folder, tool, faulty_module);
}

static inline bool opens(const char *uri, bool create)
{
	end();
	last_failure.text[0] = 0;
	return done(kek_engine_open(uri, NULL, create, &engine));
}

static inline bool refuses(const char *uri, bool create, const char *why)
{
	if (opens(uri, create)) {
		fprintf(stderr, "%s opens\n", uri);
		return false;
	}
	if (strstr(last_failure.text, why))
		return true;
	fprintf(stderr, "%s\n", last_failure.text);
	return false;
}

static inline enum kek_answer hmac(uint32_t version, uint8_t out[32])
{
	return engine->ops->hmac(engine, version, data, out);
}

static inline enum kek_answer answers(uint32_t version)
{
	uint8_t out[32];

	return hmac(version, out);
}

static inline size_t versions(uint32_t out[KEK_VERSIONS_MAX])
{
	size_t count = 0;

	return engine->ops->versions(engine, out, &count) == KEK_DONE ? count : 0;
}

/* argv: token_tool, the failing module. */
static inline void scene_open(int argc, char **argv)
{
	if (argc != 3 || failed(secret_pool_open(1 << 20)) || failed(random_open()))
		exit(1);
	/* As in the key service: modules may write to a peer that is gone. */
	signal(SIGPIPE, SIG_IGN);
	tool = argv[1];
	faulty_module = argv[2];
	scratch_open();
}

static inline int scene_close(void)
{
	end();
	scratch_close();
	secret_pool_close();
	return test_summary();
}

#endif
