/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict DER (X.690): a bounded reader for the few structures this room knows. One encoding per
 * value: definite lengths in their shortest form, at most 65535 bytes, one-byte tags, minimal
 * non-negative integers. The reader borrows its input and never reads past it. Private to this
 * room.
 */
#ifndef CRYPTO_DER_H
#define CRYPTO_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DER_INTEGER    0x02u
#define DER_BIT_STRING 0x03u
#define DER_SEQUENCE   0x30u
#define DER_CONTEXT_0  0xA0u /* [0], constructed */

/* What is still to be read. */
struct der {
	const uint8_t *at;
	size_t left;
};

/*
 * Takes the next element when it has this tag: *out_content gets its contents, `in` goes past it.
 * False, with `in` unchanged, when the tag or the length is not as it must be.
 */
bool der_take(struct der *in, uint8_t tag, struct der *out_content);
/* Takes a non-negative INTEGER of at most len bytes into out, big-endian, zeros in front. */
bool der_take_uint(struct der *in, uint8_t *out, size_t len);

#endif
