#include "tools/lib/printable.h"

static size_t put_one(uint8_t byte, char out[4])
{
	static const char digits[] = "0123456789abcdef";

	if (byte >= 0x20 && byte < 0x7f && byte != '\\') {
		out[0] = (char)byte;
		return 1;
	}
	out[0] = '\\';
	out[1] = byte == '\\' ? '\\' : 'x';
	out[2] = digits[byte >> 4];
	out[3] = digits[byte & 15];
	return byte == '\\' ? 2 : 4;
}

char *printable(const void *text, size_t len, size_t max)
{
	const uint8_t *from = text;
	struct bytes out = {0};
	size_t cut = 0; /* the last length to which "..." can be added */

	for (size_t i = 0; i < len; i++) {
		char one[4];
		size_t n = put_one(from[i], one);

		if (out.len + n > max) {
			out.len = cut;
			bytes_add_text(&out, "...");
			break;
		}
		bytes_add(&out, one, n);
		if (out.len + 3 <= max)
			cut = out.len;
	}
	bytes_zeros(&out, 1);
	return (char *)out.data;
}
