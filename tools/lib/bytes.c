/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(void)
{
	fputs("protostar: out of memory\n", stderr);
	exit(1);
}

void *must_realloc(void *old, size_t count, size_t size)
{
	size_t total;
	void *p;

	if (__builtin_mul_overflow(count, size, &total))
		out_of_memory();
	p = realloc(old, total ? total : 1);
	if (!p)
		out_of_memory();
	return p;
}

void *must_alloc(size_t len)
{
	return must_realloc(NULL, 1, len);
}

char *must_dup(const char *text)
{
	size_t len = strlen(text) + 1;

	return memcpy(must_alloc(len), text, len);
}

char *must_format(const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		out_of_memory();
	va_end(args);
	return text;
}

static uint8_t *grow(struct bytes *b, size_t len)
{
	size_t need;

	if (__builtin_add_overflow(b->len, len, &need) || need > SIZE_MAX / 2)
		out_of_memory();
	if (need > b->capacity) {
		size_t capacity = b->capacity + b->capacity / 2;

		if (capacity < need)
			capacity = need;
		b->data = must_realloc(b->data, capacity, 1);
		b->capacity = capacity;
	}
	b->len = need;
	return b->data + need - len;
}

void bytes_add(struct bytes *b, const void *data, size_t len)
{
	if (len)
		memcpy(grow(b, len), data, len);
}

void bytes_add_text(struct bytes *b, const char *text)
{
	bytes_add(b, text, strlen(text));
}

void bytes_addf(struct bytes *b, const char *format, ...)
{
	char *text;
	int len;
	va_list args;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		out_of_memory();
	bytes_add(b, text, (size_t)len);
	free(text);
}

void bytes_zeros(struct bytes *b, size_t len)
{
	if (len)
		memset(grow(b, len), 0, len);
}

void bytes_align(struct bytes *b, size_t alignment)
{
	size_t over = b->len % alignment;

	if (over)
		bytes_zeros(b, alignment - over);
}

void bytes_free(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){0};
}
