/*
 * All interfaces at once: looks which there are, brings them up, asks on each, and says which
 * answered first. An interface that refuses something is set aside for a few seconds with a line on
 * the console, one that goes away is forgotten, one that comes late is asked as it comes.
 *
 * The caller zeroes a struct network, fills in the upper part, and in the end calls network_stop().
 */
#ifndef EARLY_NET_NETWORK_ASK_H
#define EARLY_NET_NETWORK_ASK_H

#include "early/net/dhcp.h"
#include "early/net/dhcp6.h"
#include "early/net/network.h"
#include "early/net/network_link.h"

#define NIC_WHY_MAX 96u /* bytes, NUL included */

/* An interface and how it is asked. */
struct nic {
	struct link link;      /* as at the last look */
	bool excluded;	       /* not the one that the command line names: left alone */
	bool accepting;	       /* of router advertisements */
	uint64_t aside_until;  /* clock.h */
	char why[NIC_WHY_MAX]; /* what it refused last; empty: nothing */
	struct dhcp_client dhcp;
	struct dhcp6_client dhcp6;
};

/* How an answer came, and where it stands. */
enum answer_kind { ANSWER_LINK, ANSWER_DHCP, ANSWER_RA, ANSWER_DHCP6 };

struct answer {
	enum answer_kind kind; /* ANSWER_LINK: a carrier, which is all that static asks for */
	struct nic *nic;
	struct in6_addr address; /* with ANSWER_RA; else in the nic's client */
};

struct network {
	const struct config *config;
	struct network_record *record;
	int fd;		   /* of netlink_open() */
	int watch;	   /* announcements of links and IPv6 addresses, of watch_open() */
	uint64_t deadline; /* clock.h */

	struct nic nics[NETWORK_LINKS_MAX];
	size_t count;
};

/*
 * Waits for the first answer. At the deadline E_LINK_MISSING, E_LINK_NOT_NAMED, E_DHCP_TIMEOUT,
 * E_RA_TIMEOUT or E_DHCP6_TIMEOUT, with what was tried on each interface as the detail.
 */
struct status network_ask(struct network *n, struct answer *out) MUST_CHECK;
/* Sets an interface aside because of a failure with it, and says so. */
void network_set_aside(struct nic *nic, struct status cause);
/* The record's row of an interface, a new one if need be. NULL: the record is full. */
struct network_change *network_change(struct network_record *record, int index);
/* Stops every client; takes down what was brought up, but for the interface `chosen` (0: all). */
struct status network_stop(struct network *n, int chosen) MUST_CHECK;

#endif
