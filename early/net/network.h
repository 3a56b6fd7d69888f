/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One interface with one way out, so that the join service can be reached, configured as the
 * measured command line says. Every Ethernet interface (or the one that protostar.net.interface
 * names) is brought up and asked at once; the first valid answer wins, and the others are taken
 * down again. One that refuses is set aside with a line on the console. DHCP and router
 * advertisements only say where packets are sent; nothing else depends on them. Leases are not
 * renewed here, and network_leave.h takes everything back before the root file system's init runs.
 */
#ifndef EARLY_NET_NETWORK_H
#define EARLY_NET_NETWORK_H

#include "early/contract/config.h"
#include "early/net/network_record.h"

/*
 * Needs /proc/sys. deadline as in clock.h. *record is filled in as things change, so that it holds
 * after a failure as well; the caller has zeroed it.
 */
struct status network_up(
	const struct config *c, uint64_t deadline, struct network_record *record) MUST_CHECK;

#endif
