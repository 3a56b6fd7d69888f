#include "tools/lib/hex.h"

#include <string.h>

void hex_encode(const uint8_t *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[data[i] >> 4];
		*out++ = digits[data[i] & 15];
	}
	*out = '\0';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(const char *text, uint8_t *out, size_t len)
{
	if (strnlen(text, 2 * len + 1) != 2 * len)
		return false;
	for (size_t i = 0; i < 2 * len; i++)
		if (digit(text[i]) < 0)
			return false;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
	return true;
}

void guid_from_uuid(const uint8_t uuid[16], uint8_t out[GUID_LEN])
{
	static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

	for (unsigned i = 0; i < 16; i++)
		out[i] = uuid[order[i]];
}

void guid_text(const uint8_t guid[GUID_LEN], char out[GUID_TEXT])
{
	uint8_t uuid[16];
	char hex[33];

	guid_from_uuid(guid, uuid);
	hex_encode(uuid, 16, hex);
	for (unsigned i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*out++ = '-';
		*out++ = hex[i];
	}
	*out = '\0';
}

bool guid_parse(const char *text, uint8_t out[GUID_LEN])
{
	char hex[33];
	uint8_t uuid[16];
	unsigned n = 0;

	if (strnlen(text, GUID_TEXT) != GUID_TEXT - 1)
		return false;
	for (unsigned i = 0; i < GUID_TEXT - 1; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != '-')
				return false;
		} else {
			hex[n++] = text[i];
		}
	}
	hex[n] = '\0';
	if (!hex_decode(hex, uuid, 16))
		return false;
	guid_from_uuid(uuid, out);
	return true;
}
