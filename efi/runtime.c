/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "efi/runtime.h"

#include <stdint.h>

/* Copies words where both sides are aligned: kernel and initrd are tens of MiB. */
typedef uint64_t __attribute__((may_alias)) word;

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
	uint8_t *d = to;
	const uint8_t *s = from;

	if (!(((uintptr_t)d | (uintptr_t)s) % sizeof(word))) {
		for (; len >= sizeof(word); len -= sizeof(word)) {
			*(word *)(void *)d = *(const word *)(const void *)s;
			d += sizeof(word);
			s += sizeof(word);
		}
	}
	while (len--)
		*d++ = *s++;
	return to;
}

void *memset(void *to, int byte, size_t len)
{
	uint8_t *d = to;

	while (len--)
		*d++ = (uint8_t)byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;

	for (; len--; x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}
