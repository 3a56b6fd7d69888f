/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/fixed_random.h"

#include "crypto/random.h"

static br_hmac_drbg_context drbg;

void fixed_random_restart(void)
{
	br_hmac_drbg_init(&drbg, &br_sha256_vtable, "fixed", 5);
}

struct status random_open(void)
{
	fixed_random_restart();
	return OK;
}

struct status random_bytes(void *out, size_t len)
{
	br_hmac_drbg_generate(&drbg, out, len);
	return OK;
}

const br_prng_class **random_prng(void)
{
	return &drbg.vtable;
}

/* BearSSL's engine would stir in the system's entropy by itself. */
br_prng_seeder br_prng_seeder_system(const char **name)
{
	if (name)
		*name = "none";
	return 0;
}
