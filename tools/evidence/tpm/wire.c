/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tpm/wire.h"

#include <string.h>

uint8_t tpm_u8(struct cursor *in)
{
	return (uint8_t)cursor_big_endian(in, 1);
}

uint16_t tpm_u16(struct cursor *in)
{
	return (uint16_t)cursor_big_endian(in, 2);
}

uint32_t tpm_u32(struct cursor *in)
{
	return (uint32_t)cursor_big_endian(in, 4);
}

uint64_t tpm_u64(struct cursor *in)
{
	return cursor_big_endian(in, 8);
}

const uint8_t *tpm_2b(struct cursor *in, size_t max, size_t *out_len)
{
	size_t len = tpm_u16(in);
	const uint8_t *p;

	if (len > max)
		in->failed = true;
	p = cursor_take(in, len);
	*out_len = p ? len : 0;
	return p;
}

void tpm_2b_uint(struct cursor *in, uint8_t *out, size_t len)
{
	size_t have;
	const uint8_t *p = tpm_2b(in, len, &have);

	if (!have)
		in->failed = true;
	memset(out, 0, len - have);
	if (p)
		memcpy(out + (len - have), p, have);
}
