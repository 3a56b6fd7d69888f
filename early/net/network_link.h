/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the network stage asks of the kernel: links, addresses, routes. `fd` is a socket of
 * netlink_open(). What the kernel refuses is E_NETLINK_REFUSED, with its reason as the detail.
 */
#ifndef EARLY_NET_NETWORK_LINK_H
#define EARLY_NET_NETWORK_LINK_H

#include <net/if.h>
#include <netinet/in.h>
#include "efi/base/status.h"

#define LOOPBACK_INDEX 1 /* the first interface of every network namespace */

/* An Ethernet interface as it was at one look. */
struct link {
	int index;
	char name[IFNAMSIZ];
	uint8_t mac[6];
	uint32_t mtu;
	bool up, carrier;
	bool advertised; /* a router advertisement has come */
	bool managed;	 /* and said that addresses come by DHCPv6 */
};

/* Brings up the loopback interface. *out_changed: it was down. */
struct status link_loopback_up(int fd, bool *out_changed) MUST_CHECK;
/* The Ethernet interfaces that are no other's slave, at most max of them. */
struct status link_list(int fd, struct link *out, size_t max, size_t *out_count) MUST_CHECK;
/* Here a refusal is no failure: *out_error is the kernel's errno value, or 0. */
struct status link_set_up(int fd, int index, bool up, int *out_error) MUST_CHECK;
struct status link_set_mtu(int fd, int index, uint32_t mtu) MUST_CHECK;

/* Gives the link an address (IPv4 as v4-mapped IPv6) of `prefix` bits. */
struct status link_add_address(
	int fd, const struct link *l, const struct in6_addr *address, unsigned prefix) MUST_CHECK;

/* A route of either family, IPv4 as v4-mapped IPv6. */
struct route {
	struct in6_addr to;	 /* zero behind the prefix */
	unsigned prefix;	 /* bits of its own family; 0: the default route */
	struct in6_addr gateway; /* may lie outside every prefix; v4-mapped or IPv6 zero: none */
};

/* Adds a route over the link, in place of one to the same addresses. */
struct status link_add_route(int fd, const struct link *l, const struct route *r) MUST_CHECK;

/* IPv6 addresses of global scope that the kernel made of router advertisements. */
struct link_addresses {
	unsigned index;	     /* of the link */
	bool found, pending; /* one is there; one is being checked for duplicates */
	struct in6_addr address;
};

/* Fills in all of *a but index, which the caller gives. */
struct status link_find_addresses(int fd, struct link_addresses *a) MUST_CHECK;

#endif
