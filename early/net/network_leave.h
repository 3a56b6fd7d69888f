/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network as the root file system finds it: as PID 1 found it. Links are down again, without
 * addresses and routes, with the MTU and the settings that they had. Whoever manages the network
 * then can rename links, which udev does only with those that are down, and starts without anything
 * that the host said before. A link that was up already (the kernel's own ip=) stays up.
 *
 * What was changed stands in the record, but for settings of IPv6, which the kernel changes by
 * itself when a router says so: network_settings.h keeps those.
 */
#ifndef EARLY_NET_NETWORK_LEAVE_H
#define EARLY_NET_NETWORK_LEAVE_H

#include "efi/base/status.h"
#include "early/net/network_record.h"

/* Puts everything back and empties *record. An interface that is gone needs nothing. */
struct status network_leave(struct network_record *record) MUST_CHECK;

#endif
