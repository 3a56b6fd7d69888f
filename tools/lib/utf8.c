/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/utf8.h"

/* Unicode 15, table 3-7: what the first two bytes may be; those after them are 0x80 to 0xbf. */
static const struct {
	uint8_t first_min, first_max, second_min, second_max, len;
} forms[] = {
	{0xc2, 0xdf, 0x80, 0xbf, 2},
	{0xe0, 0xe0, 0xa0, 0xbf, 3},
	{0xe1, 0xec, 0x80, 0xbf, 3},
	{0xed, 0xed, 0x80, 0x9f, 3},
	{0xee, 0xef, 0x80, 0xbf, 3},
	{0xf0, 0xf0, 0x90, 0xbf, 4},
	{0xf1, 0xf3, 0x80, 0xbf, 4},
	{0xf4, 0xf4, 0x80, 0x8f, 4},
};

size_t utf8_sequence(const uint8_t *s, size_t len)
{
	if (!len)
		return 0;
	if (s[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (s[0] < forms[i].first_min || s[0] > forms[i].first_max)
			continue;
		if (len < forms[i].len || s[1] < forms[i].second_min || s[1] > forms[i].second_max)
			return 0;
		for (size_t n = 2; n < forms[i].len; n++)
			if ((s[n] & 0xc0) != 0x80)
				return 0;
		return forms[i].len;
	}
	return 0;
}
