/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of signatures at the end of a PE file (PE/COFF 4.7, UEFI 2.10 32.5.3.3): entries of a
 * header and a PKCS#7 each, from multiples of 8 on. It is no part of what is signed, so entries can
 * be taken off and put on.
 */
#ifndef TOOLS_BUILD_SIGN_TABLE_H
#define TOOLS_BUILD_SIGN_TABLE_H

#include <stdbool.h>
#include "tools/lib/bytes.h"

/*
 * Takes the table, if there is one, off the image and appends it to out; the image is then as
 * before its first signature. Complains and returns false, with both unchanged, when the image is
 * malformed, or the table is and that matters.
 */
bool sign_table_take(struct bytes *image, bool must_be_sound, struct bytes *out);

/*
 * Puts the entries of `before` in front of those that the signed image has, and makes its checksum
 * anew. An entry that is in both stays once. Complains when the image or its table is malformed.
 */
bool sign_table_put_before(const struct bytes *before, struct bytes *image);

#endif
