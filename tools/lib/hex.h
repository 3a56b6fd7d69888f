/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hexadecimal text and GUIDs. A GUID lies mixed-endian on disk (UEFI specification, appendix A);
 * its text has the order of the bytes of a UUID.
 */
#ifndef TOOLS_LIB_HEX_H
#define TOOLS_LIB_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUID_LEN  16u
#define GUID_TEXT 37u /* 36 characters and NUL */

/* Lower-case; out has room for 2 * len + 1 characters. */
void hex_encode(const uint8_t *data, size_t len, char *out);

/*
 * Exactly 2 * len hexadecimal digits and then NUL; false otherwise. Like hex_encode() it takes the
 * same time whatever the bytes are, so that keys can pass through.
 */
bool hex_decode(const char *text, uint8_t *out, size_t len);
/* The same for text_len characters without a terminator. out is undefined after a failure. */
bool hex_decode_text(const char *text, size_t text_len, uint8_t *out, size_t len);

/* The GUID, as on disk, whose text shows the 16 bytes at uuid in order. Its own inverse. */
void guid_from_uuid(const uint8_t uuid[16], uint8_t out[GUID_LEN]);

/* The text of a GUID that lies as on disk. */
void guid_text(const uint8_t guid[GUID_LEN], char out[GUID_TEXT]);

/* Reads "4f68bce3-e8cd-4db1-96e7-fbcaf984b709" into the form on disk. */
bool guid_parse(const char *text, uint8_t out[GUID_LEN]);

/* Whether the GUID that lies as on disk has this text. */
bool guid_is(const uint8_t guid[GUID_LEN], const char *text);

#endif
