/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/tpm_callbacks.h"

#include <bearssl.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>
#include "crypto/digest.h"
#include "crypto/errors.h"
#include "crypto/key.h"
#include "crypto/random.h"

#define AES_BLOCK  16u
#define P256_COORD 32u

/* What ESAPI carries from start to finish of a hash or an HMAC. */
struct ESYS_CRYPTO_CONTEXT_BLOB {
	struct digest digest;
	br_hmac_key_context key;
	br_hmac_context mac;
};

static void release(ESYS_CRYPTO_CONTEXT_BLOB **context)
{
	if (!context || !*context)
		return;
	wipe(*context, sizeof(**context));
	free(*context);
	*context = NULL;
}

static void abort_context(ESYS_CRYPTO_CONTEXT_BLOB **context, void *unused)
{
	(void)unused;
	release(context);
}

static TSS2_RC hash_start(ESYS_CRYPTO_CONTEXT_BLOB **out, TPM2_ALG_ID alg, void *unused)
{
	ESYS_CRYPTO_CONTEXT_BLOB *c;

	(void)unused;
	if (!out)
		return TSS2_ESYS_RC_BAD_REFERENCE;
	c = calloc(1, sizeof(*c));
	if (!c)
		return TSS2_ESYS_RC_MEMORY;
	if (!digest_start(&c->digest, alg)) {
		free(c);
		return TSS2_ESYS_RC_NOT_IMPLEMENTED;
	}
	*out = c;
	return TSS2_RC_SUCCESS;
}

static TSS2_RC hash_update(
	ESYS_CRYPTO_CONTEXT_BLOB *c, const uint8_t *data, size_t len, void *unused)
{
	(void)unused;
	if (!c || (!data && len))
		return TSS2_ESYS_RC_BAD_REFERENCE;
	digest_add(&c->digest, data, len);
	return TSS2_RC_SUCCESS;
}

/* *len is the room in out before, the bytes of the digest after. */
static TSS2_RC hash_finish(
	ESYS_CRYPTO_CONTEXT_BLOB **context, uint8_t *out, size_t *len, void *unused)
{
	(void)unused;
	if (!context || !*context || !out || !len)
		return TSS2_ESYS_RC_BAD_REFERENCE;
	if (*len < (*context)->digest.len)
		return TSS2_ESYS_RC_BAD_SIZE;
	digest_end(&(*context)->digest, out);
	*len = (*context)->digest.len;
	release(context);
	return TSS2_RC_SUCCESS;
}

static TSS2_RC hmac_start(ESYS_CRYPTO_CONTEXT_BLOB **out, TPM2_ALG_ID alg, const uint8_t *key,
	size_t key_len, void *unused)
{
	const br_hash_class *class = digest_class(alg);
	ESYS_CRYPTO_CONTEXT_BLOB *c;

	(void)unused;
	if (!out || (!key && key_len))
		return TSS2_ESYS_RC_BAD_REFERENCE;
	if (!class)
		return TSS2_ESYS_RC_NOT_IMPLEMENTED;
	c = calloc(1, sizeof(*c));
	if (!c)
		return TSS2_ESYS_RC_MEMORY;
	br_hmac_key_init(&c->key, class, key, key_len);
	br_hmac_init(&c->mac, &c->key, 0);
	*out = c;
	return TSS2_RC_SUCCESS;
}

static TSS2_RC hmac_update(
	ESYS_CRYPTO_CONTEXT_BLOB *c, const uint8_t *data, size_t len, void *unused)
{
	(void)unused;
	if (!c || (!data && len))
		return TSS2_ESYS_RC_BAD_REFERENCE;
	br_hmac_update(&c->mac, data, len);
	return TSS2_RC_SUCCESS;
}

static TSS2_RC hmac_finish(
	ESYS_CRYPTO_CONTEXT_BLOB **context, uint8_t *out, size_t *len, void *unused)
{
	(void)unused;
	if (!context || !*context || !out || !len)
		return TSS2_ESYS_RC_BAD_REFERENCE;
	if (*len < br_hmac_size(&(*context)->mac))
		return TSS2_ESYS_RC_BAD_SIZE;
	*len = br_hmac_out(&(*context)->mac, out);
	release(context);
	return TSS2_RC_SUCCESS;
}

/* A len of 0 asks for as much as a nonce can hold. */
static TSS2_RC random_nonce(TPM2B_NONCE *out, size_t len, void *unused)
{
	(void)unused;
	if (!out)
		return TSS2_ESYS_RC_BAD_REFERENCE;
	if (len > sizeof(out->buffer))
		return TSS2_ESYS_RC_BAD_SIZE;
	if (!len)
		len = sizeof(out->buffer);
	if (failed(random_bytes(out->buffer, len)))
		return TSS2_ESYS_RC_GENERAL_FAILURE;
	out->size = (UINT16)len;
	return TSS2_RC_SUCCESS;
}

/* AES in CFB mode with 128-bit feedback (SP 800-38A; TPM 2.0 Part 1, 21.3), in place. */
static void cfb_decrypt(
	const uint8_t *key, size_t key_len, const uint8_t *iv, uint8_t *data, size_t len)
{
	br_aes_ct64_cbcenc_keys schedule;
	uint8_t feedback[AES_BLOCK], stream[AES_BLOCK];

	br_aes_ct64_cbcenc_init(&schedule, key, key_len);
	memcpy(feedback, iv, AES_BLOCK);
	for (size_t at = 0; at < len; at += AES_BLOCK) {
		size_t part = len - at < AES_BLOCK ? len - at : AES_BLOCK;

		/* BearSSL offers modes only: CBC of one zero block gives E(feedback). */
		memset(stream, 0, AES_BLOCK);
		br_aes_ct64_cbcenc_run(&schedule, feedback, stream, AES_BLOCK);
		memcpy(feedback, data + at, part);
		for (size_t i = 0; i < part; i++)
			data[at + i] ^= stream[i];
	}
	wipe(&schedule, sizeof(schedule));
	wipe(feedback, sizeof(feedback));
	wipe(stream, sizeof(stream));
}

static TSS2_RC aes_decrypt(uint8_t *key, TPM2_ALG_ID alg, TPMI_AES_KEY_BITS key_bits,
	TPM2_ALG_ID mode, uint8_t *data, size_t len, uint8_t *iv, void *unused)
{
	(void)unused;
	if (!key || !data || !iv)
		return TSS2_ESYS_RC_BAD_REFERENCE;
	if (alg != TPM2_ALG_AES || mode != TPM2_ALG_CFB)
		return TSS2_ESYS_RC_NOT_IMPLEMENTED;
	if (key_bits != 128 && key_bits != 192 && key_bits != 256)
		return TSS2_ESYS_RC_BAD_VALUE;
	cfb_decrypt(key, key_bits / 8u, iv, data, len);
	return TSS2_RC_SUCCESS;
}

/* ESAPI wants these two to be there. No parameter of a command is secret, and salts go to P-256. */
static TSS2_RC aes_encrypt(uint8_t *key, TPM2_ALG_ID alg, TPMI_AES_KEY_BITS key_bits,
	TPM2_ALG_ID mode, uint8_t *data, size_t len, uint8_t *iv, void *unused)
{
	(void)key;
	(void)alg;
	(void)key_bits;
	(void)mode;
	(void)data;
	(void)len;
	(void)iv;
	(void)unused;
	return TSS2_ESYS_RC_NOT_IMPLEMENTED;
}

static TSS2_RC rsa_encrypt(TPM2B_PUBLIC *to, size_t in_len, BYTE *in, size_t out_max, BYTE *out,
	size_t *out_len, const char *label, void *unused)
{
	(void)to;
	(void)in_len;
	(void)in;
	(void)out_max;
	(void)out;
	(void)out_len;
	(void)label;
	(void)unused;
	return TSS2_ESYS_RC_NOT_IMPLEMENTED;
}

/* Left-pads a coordinate: TPMs may leave leading zeros out. */
static bool pad_coordinate(const TPM2B_ECC_PARAMETER *from, uint8_t out[P256_COORD])
{
	if (from->size > P256_COORD)
		return false;
	memset(out, 0, P256_COORD - from->size);
	memcpy(out + P256_COORD - from->size, from->buffer, from->size);
	return true;
}

static TSS2_RC agree(const struct key_pair *own, const uint8_t peer[P256_PUB_LEN], size_t out_max,
	TPM2B_ECC_PARAMETER *z, TPMS_ECC_POINT *q, BYTE *out, size_t *out_len)
{
	size_t used = 0;
	TSS2_RC rc;

	if (failed(key_agree(own, peer, z->buffer)))
		return TSS2_ESYS_RC_BAD_VALUE;
	z->size = P256_COORD;
	q->x.size = q->y.size = P256_COORD;
	memcpy(q->x.buffer, own->pub + 1, P256_COORD);
	memcpy(q->y.buffer, own->pub + 1 + P256_COORD, P256_COORD);
	rc = Tss2_MU_TPMS_ECC_POINT_Marshal(q, out, out_max, &used);
	if (!rc)
		*out_len = used;
	return rc;
}

/*
 * One-pass ECDH to the TPM's key (TPM 2.0 Part 1, C.6.1): z gets the shared x coordinate; q,
 * and marshalled out, the ephemeral public point.
 */
static TSS2_RC ecdh(TPM2B_PUBLIC *to, size_t out_max, TPM2B_ECC_PARAMETER *z, TPMS_ECC_POINT *q,
	BYTE *out, size_t *out_len, void *unused)
{
	uint8_t peer[P256_PUB_LEN] = {0x04};
	struct key_pair own;
	const TPMT_PUBLIC *area;
	TSS2_RC rc;

	(void)unused;
	if (!to || !z || !q || !out || !out_len)
		return TSS2_ESYS_RC_BAD_REFERENCE;
	area = &to->publicArea;
	if (area->type != TPM2_ALG_ECC || area->parameters.eccDetail.curveID != TPM2_ECC_NIST_P256)
		return TSS2_ESYS_RC_NOT_IMPLEMENTED;
	if (!pad_coordinate(&area->unique.ecc.x, peer + 1) ||
		!pad_coordinate(&area->unique.ecc.y, peer + 1 + P256_COORD))
		return TSS2_ESYS_RC_BAD_VALUE;
	if (failed(key_generate(&own)))
		return TSS2_ESYS_RC_GENERAL_FAILURE;
	rc = agree(&own, peer, out_max, z, q, out, out_len);
	key_free(&own);
	return rc;
}

const ESYS_CRYPTO_CALLBACKS tpm_callbacks = {
	.rsa_pk_encrypt = rsa_encrypt,
	.hash_start = hash_start,
	.hash_update = hash_update,
	.hash_finish = hash_finish,
	.hash_abort = abort_context,
	.hmac_start = hmac_start,
	.hmac_update = hmac_update,
	.hmac_finish = hmac_finish,
	.hmac_abort = abort_context,
	.get_random2b = random_nonce,
	.get_ecdh_point = ecdh,
	.aes_encrypt = aes_encrypt,
	.aes_decrypt = aes_decrypt,
};

struct status tpm_callbacks_install(ESYS_CONTEXT *esys)
{
	ESYS_CRYPTO_CALLBACKS copy = tpm_callbacks;

	if (!random_prng() || Esys_SetCryptoCallbacks(esys, &copy) != TSS2_RC_SUCCESS)
		return fail(E_TPM_CALLBACKS);
	return OK;
}
