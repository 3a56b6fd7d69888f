/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds TPM structures for tests, field by field, so that a test can spoil any one of them. */
#ifndef TESTS_UNIT_TPM_BUILD_H
#define TESTS_UNIT_TPM_BUILD_H

#include <string.h>
#include "crypto/digest.h"
#include "tools/evidence/tpm/quote.h"
#include "tests/unit/key_sign.h"

struct bytes {
	uint8_t b[512];
	size_t len;
};

static inline void put(struct bytes *out, const void *p, size_t len)
{
	if (len > sizeof(out->b) - out->len)
		__builtin_trap();
	if (len)
		memcpy(out->b + out->len, p, len);
	out->len += len;
}

static inline void put_int(struct bytes *out, uint64_t v, size_t len)
{
	uint8_t be[8];

	for (size_t i = 0; i < len; i++)
		be[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
	put(out, be, len);
}

static inline void put_2b(struct bytes *out, const void *p, size_t len)
{
	put_int(out, len, 2);
	put(out, p, len);
}

/* The fields of a TPMT_PUBLIC as a test wants them. */
struct area_fields {
	uint16_t type, name_alg;
	uint32_t attributes;
	size_t policy_len;
	uint16_t symmetric, bits, mode, scheme, hash, curve, kdf;
};

#define AK_FIELDS                                                                            \
	{                                                                                    \
		.type = 0x23, .name_alg = 0x0b, .attributes = 0x00050072, .symmetric = 0x10, \
		.scheme = 0x18, .hash = 0x0b, .curve = 3, .kdf = 0x10,                       \
	}
#define EK_FIELDS                                                                           \
	{                                                                                   \
		.type = 0x23, .name_alg = 0x0b, .attributes = 0x000300b2, .policy_len = 32, \
		.symmetric = 0x06, .bits = 128, .mode = 0x43, .scheme = 0x10, .curve = 3,   \
		.kdf = 0x10,                                                                \
	}

static inline void build_area(
	struct bytes *out, const struct area_fields *f, const uint8_t pub[P256_PUB_LEN])
{
	static const uint8_t policy[64] = {1, 2, 3};

	out->len = 0;
	put_int(out, f->type, 2);
	put_int(out, f->name_alg, 2);
	put_int(out, f->attributes, 4);
	put_2b(out, policy, f->policy_len);
	put_int(out, f->symmetric, 2);
	if (f->symmetric != 0x10) {
		put_int(out, f->bits, 2);
		put_int(out, f->mode, 2);
	}
	put_int(out, f->scheme, 2);
	if (f->scheme != 0x10)
		put_int(out, f->hash, 2);
	put_int(out, f->curve, 2);
	put_int(out, f->kdf, 2);
	put_2b(out, pub + 1, 32);
	put_2b(out, pub + 33, 32);
}

/* The fields of a quote as a test wants them. */
struct quote_fields {
	uint32_t magic;
	uint16_t type;
	size_t signer_len;
	uint8_t extra[65];
	size_t extra_len;
	uint8_t safe;
	uint32_t selections;
	uint16_t bank;
	uint8_t select_len;
	uint32_t mask;
	uint8_t digest[64];
	size_t digest_len;
};

static inline void build_quote(struct bytes *out, const struct quote_fields *f)
{
	static const uint8_t signer[80] = {0x00, 0x0b, 9};

	out->len = 0;
	put_int(out, f->magic, 4);
	put_int(out, f->type, 2);
	put_2b(out, signer, f->signer_len);
	put_2b(out, f->extra, f->extra_len);
	put_int(out, 123456789, 8);
	put_int(out, 7, 4);
	put_int(out, 3, 4);
	put_int(out, f->safe, 1);
	put_int(out, 0x2020, 8);
	put_int(out, f->selections, 4);
	for (uint32_t s = 0; s < f->selections; s++) {
		put_int(out, f->bank, 2);
		put_int(out, f->select_len, 1);
		for (unsigned i = 0; i < f->select_len; i++)
			put_int(out, (uint64_t)f->mask >> (8 * i) & 0xff, 1);
	}
	put_2b(out, f->digest, f->digest_len);
}

/* TPMT_SIGNATURE of the key over what was built; false when signing fails. */
static inline bool build_signature(
	struct bytes *out, const struct key_pair *k, const struct bytes *what)
{
	uint8_t digest[32], sig[P256_SIG_LEN];

	sha256(what->b, what->len, digest);
	if (!key_sign(k, digest, sig))
		return false;
	out->len = 0;
	put_int(out, 0x18, 2);
	put_int(out, 0x0b, 2);
	put_2b(out, sig, 32);
	put_2b(out, sig + 32, 32);
	return true;
}

#endif
