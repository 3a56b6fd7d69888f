/*
 * A DHCPv4 client (RFC 2131) that does one thing: obtain an address, a prefix and a router. What
 * it learns is a transport hint; names, times and routes that a server offers are not asked for.
 * The lease is not renewed here: the root file system's network manager takes over within minutes.
 *
 * Packets are read and written whole, IPv4 and UDP included, since a machine without an address
 * cannot use the kernel's own. Reading is total: any bytes in, a sound reply or false.
 */
#ifndef EARLY_DHCP_H
#define EARLY_DHCP_H

#include <stddef.h>
#include "crypto/status.h"

#define DHCP_PACKET_MAX 1500u /* bytes of a packet that is read */
#define DHCP_QUERY_LEN	328u  /* bytes of a packet that is sent: 20 + 8 + 300 */

enum dhcp_type { DHCP_DISCOVER = 1, DHCP_OFFER = 2, DHCP_REQUEST = 3, DHCP_ACK = 5, DHCP_NAK = 6 };

/* Addresses are four bytes in network order. */
struct dhcp_lease {
	uint8_t address[4];
	uint8_t router[4]; /* zero: none */
	uint8_t server[4]; /* the server's own name for itself; opaque */
	unsigned prefix;   /* bits, 1..32; 32 where the server gave no mask */
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
	const struct dhcp_lease *offer; /* with REQUEST */
};

/* Writes an IPv4 packet to the limited broadcast address. */
void dhcp_write(const struct dhcp_query *q, uint8_t out[DHCP_QUERY_LEN]);
/* False when the IPv4 packet is no reply to (xid, mac) or offers what no host can have. */
bool dhcp_read(const uint8_t *packet, size_t len, uint32_t xid, const uint8_t mac[6],
	struct dhcp_reply *out);

/*
 * Obtains a lease on an interface that is up, asking again at growing, jittered intervals (1 to
 * 16 s) until the deadline (clock.h): E_DHCP_TIMEOUT.
 */
struct status dhcp_obtain(
	int ifindex, const uint8_t mac[6], uint64_t deadline, struct dhcp_lease *out) MUST_CHECK;

#endif
