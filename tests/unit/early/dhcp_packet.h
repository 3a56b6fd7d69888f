/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A DHCP server's packets, written by the tests after RFC 2131 and RFC 791.
 */
#ifndef TESTS_UNIT_EARLY_DHCP_PACKET_H
#define TESTS_UNIT_EARLY_DHCP_PACKET_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define REPLY_MAX     1500u
#define REPLY_BOOTP   28u
#define REPLY_OPTIONS (REPLY_BOOTP + 240u)

static inline void reply_checksum(uint8_t *p, size_t head)
{
	uint32_t sum = 0;

	p[10] = p[11] = 0;
	for (size_t i = 0; i < head; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	p[10] = (uint8_t)(~sum >> 8);
	p[11] = (uint8_t)~sum;
}

static inline void reply_lengths(uint8_t *p, size_t len)
{
	p[2] = (uint8_t)(len >> 8);
	p[3] = (uint8_t)len;
	p[24] = (uint8_t)((len - 20) >> 8);
	p[25] = (uint8_t)(len - 20);
	reply_checksum(p, 20);
}

/* A reply to (xid, mac) offering 10.0.2.15, with the given options; returns its length. */
static inline size_t reply_make(
	uint8_t *p, uint32_t xid, const uint8_t mac[6], const uint8_t *options, size_t options_len)
{
	static const uint8_t address[4] = {10, 0, 2, 15}, magic[4] = {99, 130, 83, 99};
	uint8_t *b = p + REPLY_BOOTP;

	memset(p, 0, REPLY_OPTIONS);
	p[0] = 0x45;
	p[8] = 64;
	p[9] = 17;
	memset(p + 16, 0xff, 4);
	p[21] = 67;
	p[23] = 68;
	b[0] = 2;
	b[1] = 1;
	b[2] = 6;
	for (int i = 0; i < 4; i++)
		b[4 + i] = (uint8_t)(xid >> (24 - 8 * i));
	memcpy(b + 16, address, 4);
	memcpy(b + 28, mac, 6);
	memcpy(b + 236, magic, 4);
	memcpy(p + REPLY_OPTIONS, options, options_len);
	reply_lengths(p, REPLY_OPTIONS + options_len);
	return REPLY_OPTIONS + options_len;
}

#endif
