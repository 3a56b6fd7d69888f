/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/tpm_wire.h"

#include <string.h>

const uint8_t *tpm_bytes(struct tpm_in *in, size_t len)
{
	const uint8_t *p = in->at;

	if (in->bad || len > in->left) {
		in->bad = true;
		return NULL;
	}
	in->at += len;
	in->left -= len;
	return p;
}

static uint64_t big_endian(struct tpm_in *in, size_t len)
{
	const uint8_t *p = tpm_bytes(in, len);
	uint64_t v = 0;

	for (size_t i = 0; p && i < len; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t tpm_u8(struct tpm_in *in)
{
	return (uint8_t)big_endian(in, 1);
}

uint16_t tpm_u16(struct tpm_in *in)
{
	return (uint16_t)big_endian(in, 2);
}

uint32_t tpm_u32(struct tpm_in *in)
{
	return (uint32_t)big_endian(in, 4);
}

uint64_t tpm_u64(struct tpm_in *in)
{
	return big_endian(in, 8);
}

const uint8_t *tpm_2b(struct tpm_in *in, size_t max, size_t *out_len)
{
	size_t len = tpm_u16(in);
	const uint8_t *p;

	if (len > max)
		in->bad = true;
	p = tpm_bytes(in, len);
	*out_len = p ? len : 0;
	return p;
}

void tpm_2b_uint(struct tpm_in *in, uint8_t *out, size_t len)
{
	size_t have;
	const uint8_t *p = tpm_2b(in, len, &have);

	if (!have)
		in->bad = true;
	memset(out, 0, len - have);
	if (p)
		memcpy(out + (len - have), p, have);
}

bool tpm_end(const struct tpm_in *in)
{
	return !in->bad && !in->left;
}
