/*
 * Shows bytes that a log claims: printable ASCII, everything else escaped, never more than max
 * characters, so that no log writes to somebody's terminal.
 */
#ifndef TOOLS_MEASURE_COMPARE_LOGGED_TEXT_H
#define TOOLS_MEASURE_COMPARE_LOGGED_TEXT_H

#include <stdbool.h>
#include "tools/lib/bytes.h"

#define LOGGED_TEXT_MAX 2048u

/* In quotes; \xNN for what is not printable. */
void show_ascii(struct bytes *out, const uint8_t *data, size_t len, size_t max);
/* UTF-16LE up to its NUL, in quotes; \u{N} for what is not printable ASCII. */
void show_utf16(struct bytes *out, const uint8_t *data, size_t len, size_t max);
void show_hex(struct bytes *out, const uint8_t *data, size_t len, size_t max);
/* A UEFI device path (UEFI specification 2.10, 10.3). */
void show_device_path(struct bytes *out, const uint8_t *data, size_t len);
/* Whether it reads as UTF-16LE with a NUL at its end. */
bool shows_as_utf16(const uint8_t *data, size_t len);

#endif
