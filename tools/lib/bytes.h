/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growable run of bytes, for host tools only: running out of memory ends the program with a
 * message. A zeroed struct is an empty one; release with bytes_free().
 */
#ifndef TOOLS_LIB_BYTES_H
#define TOOLS_LIB_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *data;
	size_t len, capacity; /* bytes */
};

void bytes_add(struct bytes *b, const void *data, size_t len);
void bytes_add_text(struct bytes *b, const char *text);
void bytes_addf(struct bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bytes_zeros(struct bytes *b, size_t len);
/* Adds zeros until the length is a multiple of alignment (> 0). */
void bytes_align(struct bytes *b, size_t alignment);
void bytes_free(struct bytes *b);

/* malloc, realloc and strdup that end the program when memory runs out. */
void *must_alloc(size_t len) __attribute__((returns_nonnull));
void *must_realloc(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
char *must_dup(const char *text) __attribute__((returns_nonnull));
char *must_format(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

/* Little-endian numbers at any alignment. */
static inline uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t le32(const uint8_t *p)
{
	return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}
static inline uint64_t le64(const uint8_t *p)
{
	return (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;
}
static inline void put_le16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}
static inline void put_le32(uint8_t *p, uint32_t v)
{
	put_le16(p, (uint16_t)v);
	put_le16(p + 2, (uint16_t)(v >> 16));
}
static inline void put_le64(uint8_t *p, uint64_t v)
{
	put_le32(p, (uint32_t)v);
	put_le32(p + 4, (uint32_t)(v >> 32));
}

/* The same, big-endian. */
static inline uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}
static inline uint64_t be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}
static inline void put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}
static inline void put_be32(uint8_t *p, uint32_t v)
{
	put_be16(p, (uint16_t)(v >> 16));
	put_be16(p + 2, (uint16_t)v);
}
static inline void put_be64(uint8_t *p, uint64_t v)
{
	put_be32(p, (uint32_t)(v >> 32));
	put_be32(p + 4, (uint32_t)v);
}

#endif
