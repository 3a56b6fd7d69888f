/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcryptsetup's crypto backend over BearSSL (lib/crypto_backend/crypto_backend.h of the pinned
 * release): SHA-256, HMAC, PBKDF2 and AES-XTS for keyslots, all in this process. There is no way
 * around it: nothing falls back to the kernel's AF_ALG or to a temporary dm-crypt device, Argon2 is
 * answered with -ENOTSUP, and any other cipher or hash with -EINVAL.
 *
 * Functions return 0 or a negative errno, as libcryptsetup wants it. Whatever held key bytes is
 * wiped before it is given back.
 */
#include <bearssl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "crypto_backend_internal.h"

#define AES_BLOCK    16u
#define SHA256_BLOCK 64u /* bytes of the compression function's input */

struct crypt_hash {
	br_sha256_context state;
};

struct crypt_hmac {
	br_hmac_key_context key;
	br_hmac_context state;
};

/* AES-XTS (IEEE 1619): key halves for the data and for the tweak. */
struct crypt_cipher {
	br_aes_ct64_cbcenc_keys encrypt;
	br_aes_ct64_cbcdec_keys decrypt;
	br_aes_ct64_cbcenc_keys tweak;
};

/* The one hash of the disks that PID 1 makes and opens (early/disk/luks_profile.c). */
static bool is_sha256(const char *name)
{
	return name && strcmp(name, "sha256") == 0;
}

int crypt_backend_init(bool fips)
{
	return fips ? -ENOTSUP : 0;
}

void crypt_backend_destroy(void)
{
}

uint32_t crypt_backend_flags(void)
{
	return 0;
}

const char *crypt_backend_version(void)
{
	return "BearSSL 0.6";
}

const char *crypt_argon2_version(void)
{
	return NULL;
}

bool crypt_fips_mode(void)
{
	return false;
}

/* 0 when equal, like memcmp. */
int crypt_backend_memeq(const void *a, const void *b, size_t len)
{
	return equal_ct(a, b, len) ? 0 : 1;
}

int crypt_backend_rng(char *out, size_t len, int quality, int fips)
{
	(void)quality;
	if (fips || failed(random_bytes(out, len)))
		return -EINVAL;
	return 0;
}

/* Hashes */

int crypt_hash_size(const char *name)
{
	return is_sha256(name) ? (int)SHA256_LEN : -EINVAL;
}

int crypt_hash_init(struct crypt_hash **out, const char *name)
{
	struct crypt_hash *hash;

	if (!is_sha256(name))
		return -EINVAL;
	hash = malloc(sizeof(*hash));
	if (!hash)
		return -ENOMEM;
	br_sha256_init(&hash->state);
	*out = hash;
	return 0;
}

int crypt_hash_write(struct crypt_hash *hash, const char *data, size_t len)
{
	br_sha256_update(&hash->state, data, len);
	return 0;
}

/* Writes the first len bytes of the digest and begins a new one. */
int crypt_hash_final(struct crypt_hash *hash, char *out, size_t len)
{
	uint8_t digest[SHA256_LEN];

	if (len > sizeof(digest))
		return -EINVAL;
	br_sha256_out(&hash->state, digest);
	memcpy(out, digest, len);
	wipe(digest, sizeof(digest));
	br_sha256_init(&hash->state);
	return 0;
}

void crypt_hash_destroy(struct crypt_hash *hash)
{
	wipe(hash, sizeof(*hash));
	free(hash);
}

/* HMAC */

int crypt_hmac_size(const char *name)
{
	return crypt_hash_size(name);
}

int crypt_hmac_init(struct crypt_hmac **out, const char *name, const void *key, size_t key_len)
{
	struct crypt_hmac *hmac;

	if (!is_sha256(name))
		return -EINVAL;
	hmac = malloc(sizeof(*hmac));
	if (!hmac)
		return -ENOMEM;
	br_hmac_key_init(&hmac->key, &br_sha256_vtable, key, key_len);
	br_hmac_init(&hmac->state, &hmac->key, 0);
	*out = hmac;
	return 0;
}

int crypt_hmac_write(struct crypt_hmac *hmac, const char *data, size_t len)
{
	br_hmac_update(&hmac->state, data, len);
	return 0;
}

/* Writes the first len bytes of the MAC and begins a new one under the same key. */
int crypt_hmac_final(struct crypt_hmac *hmac, char *out, size_t len)
{
	uint8_t mac[SHA256_LEN];

	if (len > sizeof(mac))
		return -EINVAL;
	br_hmac_out(&hmac->state, mac);
	memcpy(out, mac, len);
	wipe(mac, sizeof(mac));
	br_hmac_init(&hmac->state, &hmac->key, 0);
	return 0;
}

void crypt_hmac_destroy(struct crypt_hmac *hmac)
{
	wipe(hmac, sizeof(*hmac));
	free(hmac);
}

/* Key derivation */

int crypt_pbkdf(const char *kdf, const char *hash, const char *password, size_t password_len,
	const char *salt, size_t salt_len, char *key, size_t key_len, uint32_t iterations,
	uint32_t memory, uint32_t parallel)
{
	(void)memory;
	(void)parallel;
	if (!kdf)
		return -EINVAL;
	if (strcmp(kdf, "pbkdf2") != 0)
		return -ENOTSUP;
	if (!is_sha256(hash) || !iterations || key_len > UINT32_MAX)
		return -EINVAL;
	return pkcs5_pbkdf2(hash, password, password_len, salt, salt_len, iterations,
		(unsigned)key_len, key, SHA256_BLOCK);
}

/* The keyslots' cipher */

int crypt_cipher_init(struct crypt_cipher **out, const char *name, const char *mode,
	const void *key, size_t key_len)
{
	const uint8_t *data_key = key, *tweak_key;
	struct crypt_cipher *cipher;
	size_t half = key_len / 2;

	if (strcmp(name, "aes") != 0 || strcmp(mode, "xts") != 0)
		return -EINVAL;
	if (key_len != 32 && key_len != 64)
		return -EINVAL;
	tweak_key = data_key + half;
	/* Equal halves void the mode's proof (SP 800-38E by way of FIPS 140 IG C.I). */
	if (equal_ct(data_key, tweak_key, half))
		return -EINVAL;
	cipher = malloc(sizeof(*cipher));
	if (!cipher)
		return -ENOMEM;
	br_aes_ct64_cbcenc_init(&cipher->encrypt, data_key, half);
	br_aes_ct64_cbcdec_init(&cipher->decrypt, data_key, half);
	br_aes_ct64_cbcenc_init(&cipher->tweak, tweak_key, half);
	*out = cipher;
	return 0;
}

void crypt_cipher_destroy(struct crypt_cipher *cipher)
{
	wipe(cipher, sizeof(*cipher));
	free(cipher);
}

static void xor_block(uint8_t *out, const uint8_t *a, const uint8_t *b)
{
	for (size_t i = 0; i < AES_BLOCK; i++)
		out[i] = a[i] ^ b[i];
}

/* Multiplies the tweak by x in GF(2^128), without a branch on its value. */
static void next_tweak(uint8_t tweak[AES_BLOCK])
{
	unsigned carry = 0;

	for (size_t i = 0; i < AES_BLOCK; i++) {
		unsigned v = (unsigned)tweak[i] << 1 | carry;

		tweak[i] = (uint8_t)v;
		carry = v >> 8;
	}
	tweak[0] ^= (uint8_t)(0x87 & (0u - carry));
}

/* BearSSL offers modes only: CBC over one block with a zero IV is the bare block cipher. */
static void encrypt_block(const br_aes_ct64_cbcenc_keys *keys, uint8_t block[AES_BLOCK])
{
	uint8_t iv[AES_BLOCK] = {0};

	br_aes_ct64_cbcenc_run(keys, iv, block, AES_BLOCK);
}

static void decrypt_block(const br_aes_ct64_cbcdec_keys *keys, uint8_t block[AES_BLOCK])
{
	uint8_t iv[AES_BLOCK] = {0};

	br_aes_ct64_cbcdec_run(keys, iv, block, AES_BLOCK);
}

static int xts(const struct crypt_cipher *cipher, bool encrypting, const char *in, char *out,
	size_t len, const char *iv, size_t iv_len)
{
	uint8_t tweak[AES_BLOCK], block[AES_BLOCK];

	/* Keyslots are whole sectors: no ciphertext stealing. */
	if (iv_len != AES_BLOCK || len % AES_BLOCK != 0)
		return -EINVAL;
	memcpy(tweak, iv, AES_BLOCK);
	encrypt_block(&cipher->tweak, tweak);
	for (size_t at = 0; at < len; at += AES_BLOCK) {
		memcpy(block, in + at, AES_BLOCK);
		xor_block(block, block, tweak);
		if (encrypting)
			encrypt_block(&cipher->encrypt, block);
		else
			decrypt_block(&cipher->decrypt, block);
		xor_block(block, block, tweak);
		memcpy(out + at, block, AES_BLOCK);
		next_tweak(tweak);
	}
	wipe(tweak, sizeof(tweak));
	wipe(block, sizeof(block));
	return 0;
}

int crypt_cipher_encrypt(struct crypt_cipher *cipher, const char *in, char *out, size_t len,
	const char *iv, size_t iv_len)
{
	return xts(cipher, true, in, out, len, iv, iv_len);
}

int crypt_cipher_decrypt(struct crypt_cipher *cipher, const char *in, char *out, size_t len,
	const char *iv, size_t iv_len)
{
	return xts(cipher, false, in, out, len, iv, iv_len);
}

bool crypt_cipher_kernel_only(struct crypt_cipher *cipher)
{
	(void)cipher;
	return false;
}
