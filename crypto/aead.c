/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/aead.h"

#include <string.h>
#include "crypto/digest.h"
#include "crypto/errors.h"

struct gcm {
	br_aes_ct64_ctr_keys aes;
	br_gcm_context mode;
};

static void gcm_start(struct gcm *g, const uint8_t key[AEAD_KEY_LEN],
	const uint8_t nonce[AEAD_NONCE_LEN], const void *aad, size_t aad_len)
{
	br_aes_ct64_ctr_init(&g->aes, key, AEAD_KEY_LEN);
	br_gcm_init(&g->mode, &g->aes.vtable, br_ghash_ctmul64);
	br_gcm_reset(&g->mode, nonce, AEAD_NONCE_LEN);
	br_gcm_aad_inject(&g->mode, aad, aad_len);
	br_gcm_flip(&g->mode);
}

void aead_seal(const uint8_t key[AEAD_KEY_LEN], const uint8_t nonce[AEAD_NONCE_LEN],
	const void *aad, size_t aad_len, uint8_t *data, size_t len, uint8_t out_tag[AEAD_TAG_LEN])
{
	struct gcm g;

	gcm_start(&g, key, nonce, aad, aad_len);
	br_gcm_run(&g.mode, 1, data, len);
	br_gcm_get_tag(&g.mode, out_tag);
	wipe(&g, sizeof(g));
}

struct status aead_open(const uint8_t key[AEAD_KEY_LEN], const uint8_t nonce[AEAD_NONCE_LEN],
	const void *aad, size_t aad_len, uint8_t *data, size_t len, const uint8_t tag[AEAD_TAG_LEN])
{
	struct gcm g;
	bool good;

	gcm_start(&g, key, nonce, aad, aad_len);
	br_gcm_run(&g.mode, 0, data, len);
	good = br_gcm_check_tag(&g.mode, tag) == 1;
	wipe(&g, sizeof(g));
	if (!good) {
		wipe(data, len);
		return fail(E_AEAD_TAG);
	}
	return OK;
}
