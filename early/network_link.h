/*
 * What the network stage asks of the kernel: links, addresses, routes. Every function takes a
 * socket of netlink_open().
 */
#ifndef EARLY_NETWORK_LINK_H
#define EARLY_NETWORK_LINK_H

#include <net/if.h>
#include <netinet/in.h>
#include "crypto/status.h"

struct link {
	int index;
	char name[IFNAMSIZ];
	uint8_t mac[6];
};

/* Brings up the loopback interface. */
struct status link_loopback_up(int fd) MUST_CHECK;
/*
 * Brings up every Ethernet interface, those that appear while it waits included, and returns the
 * one with the lowest index of those that have a carrier. E_LINK_MISSING at the deadline (clock.h).
 */
struct status link_wait(int fd, uint64_t deadline, struct link *out) MUST_CHECK;

/* Gives the link an address (IPv4 as v4-mapped IPv6) of `prefix` bits. */
struct status link_add_address(
	int fd, const struct link *l, const struct in6_addr *address, unsigned prefix) MUST_CHECK;
/* Adds the default route; the gateway may lie outside the address's prefix. */
struct status link_add_gateway(
	int fd, const struct link *l, const struct in6_addr *gateway) MUST_CHECK;
/*
 * Waits for an IPv6 address of global scope that has passed duplicate address detection, as a
 * router advertisement brings it. E_RA_TIMEOUT at the deadline.
 */
struct status link_wait_router_advertisement(
	int fd, const struct link *l, uint64_t deadline, struct in6_addr *out) MUST_CHECK;

#endif
