/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

bool number_read(const char *text, int base, uint64_t min, uint64_t max, uint64_t *out)
{
	unsigned char first = (unsigned char)*text;
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, base);
	if (errno || *end || !(base == 16 ? isxdigit(first) : isdigit(first)) || n < min || n > max)
		return false;
	*out = n;
	return true;
}
