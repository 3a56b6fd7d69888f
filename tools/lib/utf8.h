/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8 as Unicode defines it: nothing overlong, no surrogates, nothing beyond U+10FFFF. */
#ifndef TOOLS_LIB_UTF8_H
#define TOOLS_LIB_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the well-formed sequence that the len bytes at s begin with; 0 when there is none. */
size_t utf8_sequence(const uint8_t *s, size_t len);

#endif
