/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What PID 1 changed of the network, for who undoes it: plain data. */
#ifndef EARLY_NET_NETWORK_RECORD_H
#define EARLY_NET_NETWORK_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETWORK_LINKS_MAX   32u
#define NETWORK_MTU_PROBING "/proc/sys/net/ipv4/tcp_mtu_probing"

/* Of one interface. */
struct network_change {
	int index;
	bool brought_up;     /* it was down before */
	uint32_t former_mtu; /* bytes; 0: the MTU is as it was */
};

/* All that the network stage changed, the loopback interface included. */
struct network_record {
	struct network_change links[NETWORK_LINKS_MAX];
	size_t count;
	int chosen;		 /* index of the interface that was configured; 0: none */
	char former_mtu_probing; /* digit in net.ipv4.tcp_mtu_probing; 0: as it was */
};

#endif
