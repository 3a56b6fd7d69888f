/*
 * The network as the root file system finds it: as PID 1 found it. Links are down again, without
 * addresses and routes, with the MTU and the settings that they had. Whoever manages the network
 * then can rename links, which udev does only with those that are down, and owes nothing to what
 * the host said before. A link that was up already (the kernel's own ip=) stays up.
 *
 * What was changed stands in the record of network.h, but for settings of IPv6, which the kernel
 * changes by itself when a router says so: those are kept here.
 */
#ifndef EARLY_NET_NETWORK_LEAVE_H
#define EARLY_NET_NETWORK_LEAVE_H

#include "early/net/network.h"

/*
 * Keeps the settings of an interface, or of "default", before they change: the first call counts.
 * There is room for as many interfaces as the record holds, and "default".
 */
void network_keep_settings(const char *name);
/* Puts everything back and empties *record. An interface that is gone needs nothing. */
struct status network_leave(struct network_record *record) MUST_CHECK;

#endif
