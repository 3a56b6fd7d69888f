/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/kem.h"

#include "crypto/kem_private.h"

struct status kem_generate(struct kem_pair *out)
{
	struct kem_pair k;
	struct status s;

	TRY(key_generate(&k.p256));
	s = kem_mlkem_generate(&k.mlkem);
	if (failed(s)) {
		key_free(&k.p256);
		return s;
	}
	*out = k;
	return OK;
}

void kem_free(struct kem_pair *k)
{
	key_free(&k->p256);
	secret_free(&k->mlkem);
}
