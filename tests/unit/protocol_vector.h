/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The test vectors of PROTOCOL.md, read from the page itself: a line `    name:` and lines of hex
 * behind eight spaces.
 */
#ifndef TESTS_UNIT_PROTOCOL_VECTOR_H
#define TESTS_UNIT_PROTOCOL_VECTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/test.h"

static char *vector_document;

/* Reads the page; false when that fails. The test frees vector_document. */
static inline bool vector_open(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	vector_document = calloc(1, 1 << 20);
	if (!f || !vector_document)
		return false;
	n = fread(vector_document, 1, (1 << 20) - 1, f);
	fclose(f);
	return n > 0;
}

/* The bytes of the last vector with this name; their number, 0 when there is none. */
static inline size_t vector(const char *name, uint8_t *out, size_t size)
{
	char heading[64], *at = NULL, *next = vector_document;
	size_t len = 0;
	unsigned byte;

	snprintf(heading, sizeof(heading), "\n    %s:\n", name);
	while ((next = strstr(next, heading)))
		at = next += strlen(heading);
	while (at && len < size && sscanf(at, " %2x", &byte) == 1) {
		out[len++] = (uint8_t)byte;
		at += strspn(at, " ") + 2;
		/* Eight spaces go on with the value; anything else after a line ends it. */
		if (*at == '\n' && strncmp(++at, "        ", 8))
			break;
	}
	return len;
}

#define CHECK_VECTOR(name, got, len)                                \
	do {                                                        \
		uint8_t want_[512];                                 \
		CHECK(vector(name, want_, sizeof(want_)) == (len)); \
		CHECK_BYTES(got, want_, len);                       \
	} while (0)

/* The page's `20..3f`: bytes that count up. */
static inline void count_up(uint8_t *out, size_t len, uint8_t first)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(first + i);
}

#endif
