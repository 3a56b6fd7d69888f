/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bundle/gf256.h"

#define REDUCTION 0x1du /* of x^8 */

/* 0xff when the lowest bit of v is set, else 0. */
static uint8_t mask(unsigned v)
{
	return (uint8_t)(0u - (v & 1u));
}

uint8_t gf256_multiply(uint8_t a, uint8_t b)
{
	uint8_t product = 0;

	for (unsigned bit = 0; bit < 8; bit++) {
		uint8_t over = mask((unsigned)a >> 7);

		product = (uint8_t)(product ^ (a & mask((unsigned)b >> bit)));
		a = (uint8_t)((unsigned)a << 1 ^ (REDUCTION & over));
	}
	return product;
}

uint8_t gf256_invert(uint8_t a)
{
	uint8_t power = a, result = 1;

	/* a^254, as a^255 is 1: of the squares a^2, a^4, ... a^128 the product. */
	for (unsigned i = 1; i < 8; i++) {
		power = gf256_multiply(power, power);
		result = gf256_multiply(result, power);
	}
	return result;
}
