#include "crypto/der.h"

#include <string.h>

/* Reads a shortest-form length of at most two bytes, and checks it against what is left. */
static bool take_length(struct der *in, size_t *out_len)
{
	size_t len;

	if (!in->left)
		return false;
	len = in->at[0];
	in->at++;
	in->left--;
	if (len == 0x81) {
		if (in->left < 1 || in->at[0] < 0x80)
			return false;
		len = in->at[0];
		in->at++;
		in->left--;
	} else if (len == 0x82) {
		if (in->left < 2 || in->at[0] == 0)
			return false;
		len = (size_t)in->at[0] << 8 | in->at[1];
		in->at += 2;
		in->left -= 2;
	} else if (len > 0x7f) {
		return false;
	}
	if (len > in->left)
		return false;
	*out_len = len;
	return true;
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

bool der_take_any(struct der *in, struct der *out_whole)
{
	struct der rest = *in, content;

	/* Tags above 30 go on for more bytes; nothing this room reads has one. */
	if (!rest.left || (rest.at[0] & 0x1f) == 0x1f)
		return false;
	if (!der_take(&rest, rest.at[0], &content))
		return false;
	*out_whole = (struct der){in->at, in->left - rest.left};
	*in = rest;
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
