/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A DHCPv4 client (RFC 2131) that does one thing: obtain an address with its prefix, MTU and routes
 * (options 1, 3, 26 and 121). What it learns is a transport hint; names and times that a server
 * offers are not asked for. The lease is not renewed here: the root file system's network manager
 * takes over within minutes.
 *
 * Packets are read and written whole, IPv4 and UDP included, since a machine without an address
 * cannot use the kernel's own. Reading is total: any bytes in, a sound reply or false. The client
 * never waits: one loop serves several of them, one an interface.
 */
#ifndef EARLY_NET_DHCP_H
#define EARLY_NET_DHCP_H

#include <stddef.h>
#include "efi/base/status.h"

#define DHCP_PACKET_MAX 1500u /* bytes of a packet that is read */
#define DHCP_QUERY_LEN	328u  /* bytes of a packet that is sent: 20 + 8 + 300 */

enum dhcp_type { DHCP_DISCOVER = 1, DHCP_OFFER = 2, DHCP_REQUEST = 3, DHCP_ACK = 5, DHCP_NAK = 6 };

/*
 * Addresses are four bytes in network order. Every IPv4 host must be able to take 576 bytes: a
 * smaller MTU is ignored.
 */
#define DHCP_MTU_MIN	576u
#define DHCP_ROUTES_MAX 512u /* bytes of option 121 */

struct dhcp_lease {
	uint8_t address[4];
	uint8_t router[4]; /* zero: none, or routes are given */
	uint8_t server[4]; /* the server's own name for itself; opaque */
	unsigned prefix;   /* bits, 1..32; 32 where the server gave no mask */
	unsigned mtu;	   /* bytes; 0: none */
	size_t routes_len;
	uint8_t routes[DHCP_ROUTES_MAX]; /* for dhcp_next_route() */
};

struct dhcp_route {
	uint8_t to[4]; /* bits behind the prefix are zero */
	unsigned prefix;
	uint8_t router[4]; /* zero: what it leads to is on the link */
};

struct dhcp_reply {
	enum dhcp_type type;	 /* OFFER, ACK or NAK */
	struct dhcp_lease lease; /* with OFFER and ACK */
};

struct dhcp_query {
	enum dhcp_type type; /* DISCOVER or REQUEST */
	uint32_t xid;
	uint8_t mac[6];
	uint16_t seconds;		/* since the client began */
	const struct dhcp_lease *offer; /* with REQUEST; borrowed */
};

/* Writes an IPv4 packet to the limited broadcast address. */
void dhcp_write(const struct dhcp_query *q, uint8_t out[DHCP_QUERY_LEN]);
/* False when the IPv4 packet is no reply to (xid, mac) or offers what no host can have. */
bool dhcp_read(const uint8_t *packet, size_t len, uint32_t xid, const uint8_t mac[6],
	struct dhcp_reply *out);

/* The route at *at, 0 at first, which moves on. False at the end, and at what is no route. */
bool dhcp_next_route(const struct dhcp_lease *l, size_t *at, struct dhcp_route *out);

/*
 * A client of one interface. Asks at growing, jittered intervals (1 to 16 s) until it is stopped.
 * Owned by the caller; -1 in fd is a client that does not run.
 */
struct dhcp_client {
	int fd; /* to be polled for POLLIN */
	int ifindex;
	uint64_t due;		 /* when it wants to go on without an answer (clock.h) */
	uint64_t start, round;	 /* when it began, and when it discovers again */
	unsigned wait, requests; /* ms between rounds; what was sent for one offer */
	unsigned discovers;	 /* rounds so far */
	struct dhcp_query query;
	struct dhcp_lease lease; /* the offer asked for, and in the end what was granted */
};

/* On an interface that is up. The caller stops it. E_DHCP_SOCKET, E_DHCP_BIND. */
struct status dhcp_client_start(
	struct dhcp_client *c, int ifindex, const uint8_t mac[6]) MUST_CHECK;
/* Reads what came and sends what is due. *out_granted: the lease holds. */
struct status dhcp_client_step(struct dhcp_client *c, bool *out_granted) MUST_CHECK;
void dhcp_client_stop(struct dhcp_client *c);

#endif
