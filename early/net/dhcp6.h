/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A DHCPv6 client (RFC 8415) that does one thing: obtain one address (IA_NA), where a router says
 * that addresses come by DHCPv6 and advertises no prefix to make one of. The route is the router's
 * own word, which the kernel takes. Nothing else is asked for, and nothing is renewed here.
 *
 * Messages travel by the kernel's UDP over link-local addresses. Reading is total: any bytes in, a
 * sound reply or false. The client never waits: one loop serves several of them.
 */
#ifndef EARLY_NET_DHCP6_H
#define EARLY_NET_DHCP6_H

#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include "efi/base/status.h"

#define DHCP6_MESSAGE_MAX 1500u /* bytes of a message that is read */
#define DHCP6_QUERY_MAX	  256u	/* bytes of a message that is sent */
#define DHCP6_DUID_MAX	  130u	/* bytes of a server's name for itself */

enum dhcp6_type { DHCP6_SOLICIT = 1, DHCP6_ADVERTISE = 2, DHCP6_REQUEST = 3, DHCP6_REPLY = 7 };

struct dhcp6_offer {
	struct in6_addr address;
	uint8_t server[DHCP6_DUID_MAX]; /* opaque */
	size_t server_len;
};

struct dhcp6_reply {
	enum dhcp6_type type; /* ADVERTISE or REPLY */
	bool rapid;	      /* the REPLY answers a SOLICIT */
	uint16_t status;      /* 0: there is an offer; else why not, RFC 8415 section 21.13 */
	struct dhcp6_offer offer;
};

struct dhcp6_query {
	enum dhcp6_type type;		 /* SOLICIT or REQUEST */
	uint32_t xid;			 /* 24 bits */
	uint8_t mac[6];			 /* the client's DUID is made of it */
	uint16_t hundredths;		 /* of a second since the client began */
	const struct dhcp6_offer *offer; /* with REQUEST; borrowed */
};

/* Returns the length of the message. */
size_t dhcp6_write(const struct dhcp6_query *q, uint8_t out[DHCP6_QUERY_MAX]);
/* False when the message is no reply to the query's client and number, or is malformed. */
bool dhcp6_read(
	const uint8_t *message, size_t len, const struct dhcp6_query *q, struct dhcp6_reply *out);

/* A client of one interface, as struct dhcp_client (dhcp.h). */
struct dhcp6_client {
	int fd; /* to be polled for POLLIN; -1: it does not run */
	int ifindex;
	uint64_t due; /* when it wants to go on without an answer (clock.h) */
	uint64_t start;
	unsigned wait, requests;
	uint16_t refusal; /* the last status that a server gave in place of an address; 0: none */
	struct dhcp6_query query;
	struct dhcp6_offer offer; /* the one asked for, and in the end what was granted */
};

/* On an interface that has a link-local address. The caller stops it. E_DHCP6_SOCKET, _BIND. */
struct status dhcp6_client_start(struct dhcp6_client *c, int ifindex, const char name[IFNAMSIZ],
	const uint8_t mac[6]) MUST_CHECK;
/* Reads what came and sends what is due. *out_granted: the offer's address is ours. */
struct status dhcp6_client_step(struct dhcp6_client *c, bool *out_granted) MUST_CHECK;
void dhcp6_client_stop(struct dhcp6_client *c);

#endif
