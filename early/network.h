/*
 * One interface with one way out, so that the join service can be reached: the first Ethernet
 * interface with a carrier, configured as the measured command line says. All that the network
 * itself says (DHCP, router advertisements) is a transport hint. The configuration stays in the
 * kernel for the root file system, whose network manager replaces it; a DHCP lease is not renewed
 * here.
 */
#ifndef EARLY_NETWORK_H
#define EARLY_NETWORK_H

#include "early/contract/config.h"

/* Needs /proc/sys with NET_RA. deadline as in clock.h. */
struct status network_up(const struct config *c, uint64_t deadline) MUST_CHECK;

#endif
