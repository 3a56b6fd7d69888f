/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host can do to a LUKS2 header: put any JSON into both copies, with checksums that are
 * right (LUKS2 On-Disk Format, section 2). Needs no key.
 */
#ifndef TESTS_UNIT_JOIN_LUKS_EDIT_H
#define TESTS_UNIT_JOIN_LUKS_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDIT_COPY_LEN 16384u /* of each copy: binary header and JSON area */
#define EDIT_JSON_MAX (EDIT_COPY_LEN - 4096u)

/* The JSON of the first copy; ends within its area in every header that was written here. */
const char *edit_json(const uint8_t *header);
/* Puts a JSON text into both copies; false when it does not fit. */
bool edit_put_json(uint8_t *header, const char *json, size_t len);
/* Replaces the one place where `from` stands in the JSON; false when there is none or it grows too
 * long. */
bool edit_replace(uint8_t *header, const char *from, const char *to);
/* Makes the two binary headers of an empty LUKS2 disk. */
void edit_new(uint8_t *header);

#endif
