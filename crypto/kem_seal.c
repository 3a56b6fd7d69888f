/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sealing side of ML-KEM: on hosts only. */
#include "crypto/kem.h"

#include <mlkem768.h>

#include "crypto/random.h"

bool kem_mlkem_valid(const uint8_t pub[MLKEM_PUBLIC_LEN])
{
	return mlkem768_public_valid(pub);
}

struct status kem_encapsulate(const uint8_t pub[MLKEM_PUBLIC_LEN], uint8_t out_ct[MLKEM_CT_LEN],
	uint8_t out_shared[MLKEM_SHARED_LEN])
{
	SECRET_AUTO seed = {0};

	if (!kem_mlkem_valid(pub))
		return fail(E_KEM_PEER);
	TRY(secret_new(MLKEM768_SEAL_SEED, &seed));
	TRY(random_bytes(seed.bytes, seed.len));
	mlkem768_encapsulate(pub, seed.bytes, out_ct, out_shared);
	return OK;
}
