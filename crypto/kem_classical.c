/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds without ML-KEM (PROTOSTAR_MLKEM=OFF): the key is the P-256 one alone. */
#include "crypto/kem_private.h"

struct status kem_mlkem_generate(struct secret *out)
{
	*out = (struct secret){0};
	return OK;
}

const uint8_t *kem_mlkem_pub(const struct kem_pair *k)
{
	(void)k;
	return NULL;
}

/* No key of this build has the half that this is called for. */
void kem_decapsulate(const struct kem_pair *k, const uint8_t *ct, uint8_t *out_shared)
{
	(void)k;
	(void)ct;
	(void)out_shared;
	__builtin_trap();
}
