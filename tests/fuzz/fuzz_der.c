/* DER from outside: signatures, public keys, certificates. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "crypto/certificate.h"
#include "crypto/der.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An ECDSA-Sig-Value that is accepted has one encoding: writing it again gives the same bytes. */
static void check_signature(const uint8_t *data, size_t size)
{
	struct der in = {data, size}, pair;
	uint8_t sig[P256_SIG_LEN], again[80];
	struct der_writer out = {again, sizeof(again), false};

	if (!der_take(&in, DER_SEQUENCE, &pair) || in.left)
		return;
	if (!der_take_uint(&pair, sig, 32) || !der_take_uint(&pair, sig + 32, 32) || pair.left)
		return;
	der_put_uint(&out, sig + 32, 32);
	der_put_uint(&out, sig, 32);
	der_put_header(&out, DER_SEQUENCE, sizeof(again));
	if (out.full || sizeof(again) - out.at != size || memcmp(again + out.at, data, size))
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
	struct der in = {data, size}, whole, inner;

	while (der_take_any(&in, &whole)) {
		if (whole.at < data || whole.left < 2 || whole.at + whole.left != in.at)
			abort();
		while (whole.left && der_take(&whole, whole.at[0], &inner))
			whole = inner;
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
