/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bounded cursors over a message: how every byte of the join protocol is read and written.
 *
 * Both cursors are caller-owned, allocate nothing and keep a sticky `failed` flag: after the first
 * read past the end or write past the capacity every further call does nothing (readers get zeros
 * and empty spans), so a codec is a straight list of fields with one check at its end. Integers
 * are big-endian. A variable-length field is a 32-bit length in bytes and then the bytes; its
 * largest length is given at each call and a longer one fails the cursor before any byte is used.
 */
#ifndef EARLY_CONTRACT_WIRE_H
#define EARLY_CONTRACT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "efi/base/cursor.h"

/* Bytes that belong to somebody else; valid as long as the buffer read from. */
struct span {
	const uint8_t *data;
	size_t len; /* bytes */
};

struct wire_writer {
	uint8_t *data;
	size_t cap; /* bytes that fit */
	size_t len; /* bytes written */
	bool failed;
};

void wire_read_start(struct cursor *r, const uint8_t *data, size_t len);
uint8_t wire_get_u8(struct cursor *r);
uint16_t wire_get_u16(struct cursor *r);
uint32_t wire_get_u32(struct cursor *r);
uint64_t wire_get_u64(struct cursor *r);
/* Copies exactly len bytes to out; zeros when the cursor has failed. */
void wire_get_bytes(struct cursor *r, uint8_t *out, size_t len);
/* A length-prefixed field of at least min and at most max bytes; borrowed, not copied. */
struct span wire_get_field(struct cursor *r, size_t min, size_t max);
/* Passes over len bytes. */
void wire_skip(struct cursor *r, size_t len);
/* True when nothing failed and every byte was consumed. */
bool wire_read_done(const struct cursor *r);

void wire_write_start(struct wire_writer *w, uint8_t *data, size_t cap);
void wire_put_u8(struct wire_writer *w, uint8_t v);
void wire_put_u16(struct wire_writer *w, uint16_t v);
void wire_put_u32(struct wire_writer *w, uint32_t v);
void wire_put_u64(struct wire_writer *w, uint64_t v);
void wire_put_bytes(struct wire_writer *w, const uint8_t *data, size_t len);
/* Length prefix and bytes; a field that has not min..max bytes fails the cursor. */
void wire_put_field(struct wire_writer *w, struct span field, size_t min, size_t max);

#endif
