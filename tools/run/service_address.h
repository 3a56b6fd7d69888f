/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the guest comes to a join service on this machine. A guest on QEMU's user network sees this
 * machine's 127.0.0.1 at one address of that network, 10.0.2.2 unless told; so either the image was
 * built for that address, or the network is laid around the address that it was built for.
 */
#ifndef TOOLS_RUN_SERVICE_ADDRESS_H
#define TOOLS_RUN_SERVICE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include "early/contract/config.h"
#include "tools/run/machine.h"

/*
 * wanted is "127.0.0.1:PORT", or NULL, which leaves the network as QEMU has it.
 * *out_port becomes the port of this machine's 127.0.0.1 where the guest will look for its service;
 * 0: it looks elsewhere. False, after a complaint that says how the image would have to be built,
 * when the guest cannot come there.
 */
bool service_locate(const struct config *config, const char *wanted, struct guest_network *out,
	uint16_t *out_port);

/* Says so when nobody listens on that port of 127.0.0.1: the guest would wait and then give up. */
void service_warn_if_silent(uint16_t port);

#endif
