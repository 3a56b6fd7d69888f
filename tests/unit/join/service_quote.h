/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a service's TPM gives, made without one: an AK's public area, and signed evidence. */
#ifndef TESTS_UNIT_JOIN_SERVICE_QUOTE_H
#define TESTS_UNIT_JOIN_SERVICE_QUOTE_H

#include "crypto/digest.h"
#include "early/contract/messages.h"
#include "tests/unit/key_sign.h"

static inline void put_2b(struct wire_writer *w, const uint8_t *data, size_t len)
{
	wire_put_u16(w, (uint16_t)len);
	wire_put_bytes(w, data, len);
}

/* TPMT_PUBLIC of an AK; returns its length. */
static inline size_t area_of(const struct key_pair *key, uint8_t *out, size_t cap)
{
	struct wire_writer w;

	wire_write_start(&w, out, cap);
	wire_put_u16(&w, 0x0023);
	wire_put_u16(&w, 0x000B);
	wire_put_u32(&w, 0x00050072);
	put_2b(&w, NULL, 0);
	wire_put_u16(&w, 0x0010);
	wire_put_u16(&w, 0x0018);
	wire_put_u16(&w, 0x000B);
	wire_put_u16(&w, 0x0003);
	wire_put_u16(&w, 0x0010);
	put_2b(&w, key->pub + 1, 32);
	put_2b(&w, key->pub + 33, 32);
	return w.len;
}

/* TPMT_SIGNATURE over attest; returns its length, 0 when it cannot be made. */
static inline size_t signature_of(
	const struct key_pair *key, struct span attest, uint8_t *out, size_t cap)
{
	uint8_t digest[SHA256_LEN], sig[P256_SIG_LEN];
	struct wire_writer w;

	sha256(attest.data, attest.len, digest);
	if (!key_sign(key, digest, sig))
		return 0;
	wire_write_start(&w, out, cap);
	wire_put_u16(&w, 0x0018);
	wire_put_u16(&w, 0x000B);
	put_2b(&w, sig, 32);
	put_2b(&w, sig + 32, 32);
	return w.failed ? 0 : w.len;
}

#endif
