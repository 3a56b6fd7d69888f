/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in network order, as the messages of DHCP have them. */
#ifndef EARLY_NET_BYTES_H
#define EARLY_NET_BYTES_H

#include <stdint.h>

static inline unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* Returns where the next byte goes. */
static inline uint8_t *put16(uint8_t *p, unsigned v)
{
	*p++ = (uint8_t)(v >> 8);
	*p++ = (uint8_t)v;
	return p;
}

#endif
