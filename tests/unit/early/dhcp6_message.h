/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A DHCPv6 server's messages, written by the tests after RFC 8415.
 */
#ifndef TESTS_UNIT_EARLY_DHCP6_MESSAGE_H
#define TESTS_UNIT_EARLY_DHCP6_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MESSAGE_MAX 1500u

static const uint8_t client_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

/* A message under construction. */
struct message {
	uint8_t data[MESSAGE_MAX];
	size_t len;
};

static inline void add(struct message *m, const void *bytes, size_t len)
{
	if (len)
		memcpy(m->data + m->len, bytes, len);
	m->len += len;
}

static inline void add_option(struct message *m, unsigned option, const void *value, size_t len)
{
	const uint8_t head[4] = {
		(uint8_t)(option >> 8), (uint8_t)option, (uint8_t)(len >> 8), (uint8_t)len};

	add(m, head, sizeof(head));
	add(m, value, len);
}

static inline void start(struct message *m, uint8_t type, uint32_t xid)
{
	const uint8_t head[4] = {type, (uint8_t)(xid >> 16), (uint8_t)(xid >> 8), (uint8_t)xid};

	m->len = 0;
	add(m, head, sizeof(head));
}

/* The client's DUID, and a server's. */
static inline void add_ids(struct message *m)
{
	uint8_t client[10] = {0, 3, 0, 1};
	static const uint8_t server[14] = {0, 1, 0, 1, 1, 2, 3, 4, 2, 0, 0, 0, 0, 9};

	memcpy(client + 4, client_mac, 6);
	add_option(m, 1, client, sizeof(client));
	add_option(m, 2, server, sizeof(server));
}

/* fd00:9::1ab, preferred for an hour, valid for two. */
static const uint8_t good_address[24] = {
	0xfd, 0x00, 0x00, 0x09, [14] = 0x01, 0xab, 0x00, 0x00, 0x0e, 0x10, 0x00, 0x00, 0x1c, 0x20};

/* An identity association of the client with these options inside. */
static inline void add_ia(struct message *m, const struct message *inside)
{
	uint8_t ia[12] = {0};
	struct message whole = {.len = 0};

	memcpy(ia, client_mac + 2, 4);
	add(&whole, ia, sizeof(ia));
	add(&whole, inside->data, inside->len);
	add_option(m, 3, whole.data, whole.len);
}

/* A sound answer that gives the good address. */
static inline void make_answer(struct message *m, uint8_t type, uint32_t xid)
{
	struct message inside = {.len = 0};

	add_option(&inside, 5, good_address, sizeof(good_address));
	start(m, type, xid);
	add_ids(m);
	add_ia(m, &inside);
}

#endif
