/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interfaces while they are being asked: plain data that network_ask.h fills in. */
#ifndef EARLY_NET_NIC_H
#define EARLY_NET_NIC_H

#include "early/contract/config.h"
#include "early/net/dhcp.h"
#include "early/net/dhcp6.h"
#include "early/net/network_link.h"
#include "early/net/network_record.h"

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

#endif
