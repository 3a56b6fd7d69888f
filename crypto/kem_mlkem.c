/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds with ML-KEM-768: libcrux below kem.h. */
#include "crypto/kem_private.h"

#include <mlkem768.h>

#include "crypto/random.h"

_Static_assert(MLKEM_PUBLIC_LEN == MLKEM768_PUBLIC && MLKEM_PRIV_LEN == MLKEM768_PRIVATE, "");
_Static_assert(MLKEM_CT_LEN == MLKEM768_CIPHERTEXT && MLKEM_SHARED_LEN == MLKEM768_SHARED, "");

struct status kem_mlkem_generate(struct secret *out)
{
	SECRET_AUTO seed = {0};
	struct secret key;

	TRY(secret_new(MLKEM768_KEY_SEED, &seed));
	TRY(random_bytes(seed.bytes, seed.len));
	TRY(secret_new(MLKEM_PRIV_LEN, &key));
	mlkem768_generate(seed.bytes, key.bytes);
	*out = key;
	return OK;
}

const uint8_t *kem_mlkem_pub(const struct kem_pair *k)
{
	return k->mlkem.len ? k->mlkem.bytes + MLKEM768_PUBLIC_AT : NULL;
}

void kem_decapsulate(const struct kem_pair *k, const uint8_t *ct, uint8_t *out_shared)
{
	mlkem768_decapsulate(k->mlkem.bytes, ct, out_shared);
}
