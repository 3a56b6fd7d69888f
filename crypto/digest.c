/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/digest.h"

#include <string.h>
#include "crypto/secret.h"

const br_hash_class *digest_class(uint16_t alg)
{
	switch (alg) {
	case DIGEST_SHA1:
		return &br_sha1_vtable;
	case DIGEST_SHA256:
		return &br_sha256_vtable;
	case DIGEST_SHA384:
		return &br_sha384_vtable;
	case DIGEST_SHA512:
		return &br_sha512_vtable;
	default:
		return NULL;
	}
}

size_t digest_len(uint16_t alg)
{
	const br_hash_class *c = digest_class(alg);

	return c ? (c->desc >> BR_HASHDESC_OUT_OFF) & BR_HASHDESC_OUT_MASK : 0;
}

bool digest_start(struct digest *d, uint16_t alg)
{
	const br_hash_class *c = digest_class(alg);

	if (!c)
		return false;
	c->init(&d->hash.vtable);
	d->len = digest_len(alg);
	return true;
}

void digest_add(struct digest *d, const void *data, size_t len)
{
	d->hash.vtable->update(&d->hash.vtable, data, len);
}

void digest_end(const struct digest *d, uint8_t *out)
{
	d->hash.vtable->out(&d->hash.vtable, out);
}

void sha256(const void *data, size_t len, uint8_t out[SHA256_LEN])
{
	br_sha256_context c;

	br_sha256_init(&c);
	br_sha256_update(&c, data, len);
	br_sha256_out(&c, out);
	wipe(&c, sizeof(c));
}

void hmac256_start(struct hmac256 *h, const uint8_t *key, size_t key_len)
{
	br_hmac_key_init(&h->key, &br_sha256_vtable, key, key_len);
	br_hmac_init(&h->mac, &h->key, 0);
}

void hmac256_add(struct hmac256 *h, const void *data, size_t len)
{
	br_hmac_update(&h->mac, data, len);
}

void hmac256_end(struct hmac256 *h, uint8_t out[SHA256_LEN])
{
	br_hmac_out(&h->mac, out);
	wipe(h, sizeof(*h));
}

void hkdf256(const void *salt, size_t salt_len, const void *ikm, size_t ikm_len, const void *info,
	size_t info_len, uint8_t *out, size_t out_len)
{
	br_hkdf_context c;

	/* RFC 5869, 2.3: the block counter is one byte. */
	if (out_len > 255 * SHA256_LEN)
		__builtin_trap();
	br_hkdf_init(&c, &br_sha256_vtable, salt, salt_len);
	br_hkdf_inject(&c, ikm, ikm_len);
	br_hkdf_flip(&c);
	br_hkdf_produce(&c, info, info_len, out, out_len);
	wipe(&c, sizeof(c));
}
