/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of IPv6 that PID 1 changes, or the kernel by itself when a router says so: kept before
 * they change, put back when the network is left. One set, owned by this file.
 */
#ifndef EARLY_NET_NETWORK_SETTINGS_H
#define EARLY_NET_NETWORK_SETTINGS_H

#include "efi/base/status.h"

/*
 * Keeps the settings of an interface, or of "default", before they change: the first call counts.
 * There is room for as many interfaces as the record holds, and "default".
 */
void network_settings_keep(const char *name);
/*
 * Keeps them, then tells the kernel to take router advertisements: on this interface, or with
 * "default" on those to come. `code` is the failure's.
 */
struct status network_settings_accept(const char *name, uint16_t code) MUST_CHECK;
/* Puts back all that was kept, and forgets it. An interface that is gone needs nothing. */
struct status network_settings_put_back(void) MUST_CHECK;

#endif
