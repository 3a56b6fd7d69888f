/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DER from outside: signatures, public keys, certificates. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "crypto/certificate.h"
#include "crypto/der.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The one encoding of a number of 32 bytes; returns where the next goes. */
static uint8_t *put_uint(uint8_t *out, const uint8_t *value)
{
	size_t len = 32;

	for (; len > 1 && !*value; value++)
		len--;
	out[0] = DER_INTEGER;
	out[1] = (uint8_t)(len + (*value >> 7));
	out[2] = 0;
	memcpy(out + 2 + (*value >> 7), value, len);
	return out + 2 + out[1];
}

/* An ECDSA-Sig-Value that is accepted has one encoding: writing it again gives the same bytes. */
static void check_signature(const uint8_t *data, size_t size)
{
	struct der in = {data, size}, pair;
	uint8_t sig[P256_SIG_LEN], again[80] = {DER_SEQUENCE}, *end;

	if (!der_take(&in, DER_SEQUENCE, &pair) || in.left)
		return;
	if (!der_take_uint(&pair, sig, 32) || !der_take_uint(&pair, sig + 32, 32) || pair.left)
		return;
	end = put_uint(put_uint(again + 2, sig), sig + 32);
	again[1] = (uint8_t)(end - again - 2);
	if ((size_t)(end - again) != size || memcmp(again, data, size))
		abort();
}

static void check_key(const uint8_t *data, size_t size)
{
	uint8_t pub[P256_PUB_LEN], again[P256_SPKI_LEN];

	if (certificate_key(data, size, pub) && !key_pub_valid(pub))
		abort();
	if (!key_from_spki(data, size, pub))
		return;
	key_spki(pub, again);
	if (size != sizeof(again) || memcmp(again, data, size))
		abort();
}

/* Every element of the input, and what is inside each of the first. */
static void walk(const uint8_t *data, size_t size)
{
	struct der in = {data, size}, content, inner;

	while (in.left && der_take(&in, in.at[0], &content)) {
		if (content.at < data || content.at + content.left != in.at)
			abort();
		while (content.left && der_take(&content, content.at[0], &inner))
			content = inner;
	}
	if (in.at + in.left != data + size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_signature(data, size);
	check_key(data, size);
	walk(data, size);
	return 0;
}
