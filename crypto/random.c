/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/random.h"

#include <errno.h>
#include <sys/random.h>
#include "crypto/errors.h"
#include "crypto/secret.h"

#define SEED_LEN 48u

/* SP 800-90A, 9.3.1 bounds one request at 2^16 bytes. */
#define REQUEST_MAX 65536u

static struct secret state; /* a br_hmac_drbg_context */
static unsigned state_pool; /* the generation of the pool that `state` lies in */

static br_hmac_drbg_context *seeded_state(void)
{
	br_hmac_drbg_context *drbg;

	if (!state_pool || state_pool != secret_pool_generation())
		return NULL;
	drbg = (br_hmac_drbg_context *)(void *)state.bytes;
	return drbg->vtable == &br_hmac_drbg_vtable ? drbg : NULL;
}

static struct status system_seed(uint8_t seed[SEED_LEN])
{
	size_t have = 0;

	while (have < SEED_LEN) {
		ssize_t n = getrandom(seed + have, SEED_LEN - have, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(E_RANDOM_SEED);
		have += (size_t)n;
	}
	return OK;
}

struct status random_open(void)
{
	br_hmac_drbg_context *drbg = seeded_state();
	uint8_t seed[SEED_LEN];
	struct secret fresh;
	struct status made;

	TRY(system_seed(seed));
	if (drbg) {
		br_hmac_drbg_update(drbg, seed, sizeof(seed));
		wipe(seed, sizeof(seed));
		return OK;
	}
	made = secret_new(sizeof(br_hmac_drbg_context), &fresh);
	if (failed(made)) {
		wipe(seed, sizeof(seed));
		return made;
	}
	state = fresh;
	state_pool = secret_pool_generation();
	br_hmac_drbg_init(
		(br_hmac_drbg_context *)(void *)state.bytes, &br_sha256_vtable, seed, sizeof(seed));
	wipe(seed, sizeof(seed));
	return OK;
}

struct status random_bytes(void *out, size_t len)
{
	br_hmac_drbg_context *drbg = seeded_state();
	uint8_t *to = out;

	if (!drbg)
		return fail(E_RANDOM_CLOSED);
	while (len) {
		size_t part = len < REQUEST_MAX ? len : REQUEST_MAX;

		br_hmac_drbg_generate(drbg, to, part);
		to += part;
		len -= part;
	}
	return OK;
}

const br_prng_class **random_prng(void)
{
	br_hmac_drbg_context *drbg = seeded_state();

	return drbg ? &drbg->vtable : NULL;
}
