/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as an IPv4 packet, once as they are and once as the options of a sound reply. What
 * passes names a host that can be, and routes that end where they should.
 */
#include <stdlib.h>
#include "early/net/dhcp.h"
#include "tests/unit/early/dhcp_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};

static void judge_routes(const struct dhcp_lease *l)
{
	struct dhcp_route route;
	size_t at = 0;

	while (dhcp_next_route(l, &at, &route))
		if (route.prefix > 32 || (!route.router[0] && route.router[3]) ||
			route.router[0] >= 224)
			abort();
	if (at != l->routes_len || (l->mtu && l->mtu < DHCP_MTU_MIN) ||
		(l->routes_len && l->router[0]))
		abort();
}

static void judge(const uint8_t *packet, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	struct dhcp_reply r;

	if (!exact)
		abort();
	memcpy(exact, packet, len);
	if (dhcp_read(exact, len, 1, mac, &r) && r.type != DHCP_NAK) {
		if (r.lease.prefix < 1 || r.lease.prefix > 32 || !r.lease.address[0] ||
			r.lease.address[0] >= 224)
			abort();
		judge_routes(&r.lease);
	}
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t packet[REPLY_MAX];
	size_t room = sizeof(packet) - REPLY_OPTIONS;

	judge(data, size);
	judge(packet, reply_make(packet, 1, mac, data, size < room ? size : room));
	return 0;
}
