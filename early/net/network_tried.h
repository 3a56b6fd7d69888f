/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the network stage tried on each interface, for whoever reads the console after it failed.
 */
#ifndef EARLY_NET_NETWORK_TRIED_H
#define EARLY_NET_NETWORK_TRIED_H

#include "early/net/nic.h"

/* The failure of a network that gave no answer in time; its detail names every interface. */
struct status network_timeout(const struct network *n) MUST_CHECK;

#endif
