/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PROTOCOL.md 6.5, the TPM's side: what a credential says to the TPM that it was made for. */
#include "tests/interop/independent/machine.h"

#include <openssl/crypto.h>
#include <openssl/rsa.h>
#include <string.h>

static const char identity_label[] = "IDENTITY"; /* with its NUL */

static void kdfa(unsigned hash, struct span seed, const char *use, struct span context,
	uint32_t bits, uint8_t out[HASH_MAX])
{
	struct buf input = {0};

	put_uint(&input, 1, 4);
	put_raw(&input, use, strlen(use) + 1);
	put_raw(&input, context.data, context.len);
	put_uint(&input, bits, 4);
	hmac_of(hash, seed, (struct span){input.data, input.len}, out);
	buf_free(&input);
}

static bool seed_by_ecdh(const struct machine *m, struct span encrypted, uint8_t seed[HASH_MAX])
{
	struct reader r = {encrypted, false};
	struct span x = take_2b(&r, HASH_MAX), y = take_2b(&r, HASH_MAX);
	uint8_t point[POINT_MAX] = {4}, own[POINT_MAX], z[HASH_MAX];
	size_t half = (point_of(m->ek, own) - 1) / 2;
	struct buf input = {0};
	EVP_PKEY *peer;

	/* Coordinates come in full length, whatever they begin with. */
	if (!reader_done(&r) || x.len != half || y.len != half)
		return false;
	memcpy(point + 1, x.data, half);
	memcpy(point + 1 + half, y.data, half);
	peer = key_of_point(m->ek_kind == KEY_P384 ? "P-384" : "P-256", point, 1 + 2 * half);
	if (!peer)
		return false;
	put_uint(&input, 1, 4);
	put_raw(&input, z, share(m->ek, peer, z));
	put_raw(&input, identity_label, sizeof(identity_label));
	put_raw(&input, x.data, half);
	put_raw(&input, own + 1, half);
	hash_of(m->ek_area.name_alg, input.data, input.len, seed);
	buf_free(&input);
	EVP_PKEY_free(peer);
	return true;
}

static bool seed_by_oaep(const struct machine *m, struct span encrypted, uint8_t seed[HASH_MAX])
{
	const EVP_MD *md = hash_md(m->ek_area.name_alg);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(m->ek, NULL);
	void *label = OPENSSL_memdup(identity_label, sizeof(identity_label));
	uint8_t plain[512];
	size_t len = sizeof(plain);
	bool good;

	need(ctx && label && EVP_PKEY_decrypt_init(ctx) == 1 &&
			EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
			EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1 &&
			EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1 &&
			EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, sizeof(identity_label)) == 1,
		"OAEP");
	good = EVP_PKEY_decrypt(ctx, plain, &len, encrypted.data, encrypted.len) == 1 &&
	       len == hash_len(m->ek_area.name_alg);
	if (good)
		memcpy(seed, plain, len);
	EVP_PKEY_CTX_free(ctx);
	return good;
}

static bool intact(const struct machine *m, struct span seed, struct span integrity,
	struct span identity, struct span name)
{
	unsigned hash = m->ek_area.name_alg;
	size_t len = hash_len(hash);
	uint8_t key[HASH_MAX], want[HASH_MAX];
	struct buf both = {0};

	kdfa(hash, seed, "INTEGRITY", (struct span){0}, (uint32_t)len * 8, key);
	put_raw(&both, identity.data, identity.len);
	put_raw(&both, name.data, name.len);
	hmac_of(hash, (struct span){key, len}, (struct span){both.data, both.len}, want);
	buf_free(&both);
	return integrity.len == len && CRYPTO_memcmp(integrity.data, want, len) == 0;
}

static void uncover(const struct machine *m, const uint8_t *key, struct span in, uint8_t *out)
{
	static const uint8_t iv[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	need(ctx &&
			EVP_DecryptInit_ex(ctx,
				m->ek_area.symmetric_bits == 256 ? EVP_aes_256_cfb128()
								 : EVP_aes_128_cfb128(),
				NULL, key, iv) == 1 &&
			EVP_DecryptUpdate(ctx, out, &n, in.data, (int)in.len) == 1,
		"CFB");
	EVP_CIPHER_CTX_free(ctx);
}

size_t machine_activate(
	const struct machine *m, struct span credential, struct span encrypted, uint8_t secret[32])
{
	uint8_t seed[HASH_MAX], key[HASH_MAX], name[2 + HASH_MAX], plain[34];
	struct reader r = {credential, false};
	struct span integrity = take_2b(&r, HASH_MAX), identity = r.left;
	struct span s = {seed, hash_len(m->ek_area.name_alg)};
	struct span ak = {name, area_name(&m->ak_area, m->ak, name)};
	struct span got;

	if (r.bad || identity.len > sizeof(plain) ||
		!(EVP_PKEY_is_a(m->ek, "RSA") ? seed_by_oaep(m, encrypted, seed)
					      : seed_by_ecdh(m, encrypted, seed)) ||
		!intact(m, s, integrity, identity, ak))
		return 0;
	kdfa(m->ek_area.name_alg, s, "STORAGE", ak, m->ek_area.symmetric_bits, key);
	uncover(m, key, identity, plain);
	r = (struct reader){{plain, identity.len}, false};
	got = take_2b(&r, 32);
	if (!reader_done(&r))
		return 0;
	memcpy(secret, got.data, got.len);
	return got.len;
}
