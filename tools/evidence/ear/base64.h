/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base64 in the form of URLs (RFC 4648 section 5), as JWTs and CMWs have it: without padding. */
#ifndef TOOLS_EVIDENCE_EAR_BASE64_H
#define TOOLS_EVIDENCE_EAR_BASE64_H

#include "early/contract/wire.h"
#include "efi/base/status.h"
#include "tools/lib/bytes.h"

/* Bytes that so many characters can stand for, rounded up. */
#define BASE64_BYTES(characters) ((characters) / 4u * 3u + 3u)

/* Appends the text of these bytes. */
void base64url_add(struct bytes *out, struct span data);

/*
 * Reads the text into out; *out_len becomes the number of bytes. False when it has a character
 * beside the alphabet (padding and white space are such), a length that no bytes have, bits set
 * behind the last byte (a second spelling of the same bytes), or more than cap bytes.
 */
bool base64url_read(struct span text, uint8_t *out, size_t cap, size_t *out_len) MUST_CHECK;

/*
 * The same, and also with padding and in the other alphabet ('+', '/'): some services write a
 * nonce so. For values that are compared as bytes only.
 */
bool base64_read_any(struct span text, uint8_t *out, size_t cap, size_t *out_len) MUST_CHECK;

#endif
