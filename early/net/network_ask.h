/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All interfaces at once: looks which there are, brings them up, asks on each, and says which
 * answered first. An interface that refuses something is set aside for a few seconds with a line on
 * the console, one that goes away is forgotten, one that comes late is asked as it comes.
 *
 * The caller zeroes a struct network, fills in the upper part, and in the end calls network_stop().
 */
#ifndef EARLY_NET_NETWORK_ASK_H
#define EARLY_NET_NETWORK_ASK_H

#include "early/net/nic.h"

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
