/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UUIDs for libcryptsetup, instead of libuuid and its dependence on util-linux. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "uuid/uuid.h"

#define TEXT_LEN 36

/* Whether a dash follows byte i in the text form 8-4-4-4-12. */
static bool dash_after(int i)
{
	return i == 3 || i == 5 || i == 7 || i == 9;
}

void uuid_generate(uuid_t out)
{
	ssize_t got;

	do
		got = getrandom(out, sizeof(uuid_t), 0);
	while (got < 0 && errno == EINTR);
	/* A predictable identifier is not worth going on for. */
	if (got != (ssize_t)sizeof(uuid_t))
		abort();
	out[6] = (unsigned char)((out[6] & 0x0f) | 0x40);
	out[8] = (unsigned char)((out[8] & 0x3f) | 0x80);
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int uuid_parse(const char *text, uuid_t out)
{
	uuid_t parsed;

	if (strlen(text) != TEXT_LEN)
		return -1;
	for (int i = 0; i < 16; i++) {
		int high = nibble(text[0]), low = nibble(text[1]);

		if (high < 0 || low < 0)
			return -1;
		parsed[i] = (unsigned char)(high << 4 | low);
		text += 2;
		if (dash_after(i) && *text++ != '-')
			return -1;
	}
	memcpy(out, parsed, sizeof(parsed));
	return 0;
}

void uuid_unparse(const uuid_t uuid, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < 16; i++) {
		*out++ = digits[uuid[i] >> 4];
		*out++ = digits[uuid[i] & 15];
		if (dash_after(i))
			*out++ = '-';
	}
	*out = '\0';
}
