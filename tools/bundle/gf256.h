/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The field of 256 elements, modulo x^8 + x^4 + x^3 + x^2 + 1 (0x11d, as in libgfshare; addition is
 * XOR). In constant time: no branch and no address depends on a value.
 */
#ifndef TOOLS_BUNDLE_GF256_H
#define TOOLS_BUNDLE_GF256_H

#include <stdint.h>

uint8_t gf256_multiply(uint8_t a, uint8_t b);
/* 1/a; 0 of 0. */
uint8_t gf256_invert(uint8_t a);

#endif
