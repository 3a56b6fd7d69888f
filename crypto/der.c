/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/der.h"

#include <string.h>

/* Reads a length of at most two bytes, in its shortest form, and checks it against what is left. */
static bool take_length(struct der *in, size_t *out_len)
{
	size_t first = in->left ? in->at[0] : 0x80, more = first > 0x80 ? first - 0x80 : 0, len = 0;

	if (first == 0x80 || more > 2 || more >= in->left)
		return false;
	for (size_t i = 1; i <= more; i++)
		len = len << 8 | in->at[i];
	if (!more)
		len = first;
	else if (len < (more == 1 ? 0x80 : 0x100))
		return false;
	in->at += 1 + more;
	in->left -= 1 + more;
	*out_len = len;
	return len <= in->left;
}

bool der_take(struct der *in, uint8_t tag, struct der *out_content)
{
	struct der rest = *in;
	size_t len;

	if (!rest.left || rest.at[0] != tag)
		return false;
	rest.at++;
	rest.left--;
	if (!take_length(&rest, &len))
		return false;
	*out_content = (struct der){rest.at, len};
	*in = (struct der){rest.at + len, rest.left - len};
	return true;
}

bool der_take_uint(struct der *in, uint8_t *out, size_t len)
{
	struct der rest = *in, v;

	if (!der_take(&rest, DER_INTEGER, &v) || !v.left)
		return false;
	/* Negative, or a zero byte in front that no sign bit asks for. */
	if (v.at[0] & 0x80 || (v.left > 1 && v.at[0] == 0 && !(v.at[1] & 0x80)))
		return false;
	if (v.left > 1 && v.at[0] == 0) {
		v.at++;
		v.left--;
	}
	if (v.left > len)
		return false;
	memset(out, 0, len - v.left);
	memcpy(out + (len - v.left), v.at, v.left);
	*in = rest;
	return true;
}
