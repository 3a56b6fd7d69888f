/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a DHCPv6 message, once as they are, once as the options of a message to us, and once
 * as those of its identity association. What passes with an address names a host that can be.
 */
#include <stdlib.h>
#include "early/net/dhcp6.h"
#include "tests/unit/early/dhcp6_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const uint8_t *message, size_t len)
{
	struct dhcp6_query q = {.type = DHCP6_SOLICIT, .xid = 1};
	uint8_t *exact = malloc(len ? len : 1);
	struct dhcp6_reply r;

	if (!exact)
		abort();
	memcpy(q.mac, client_mac, sizeof(q.mac));
	memcpy(exact, message, len);
	if (dhcp6_read(exact, len, &q, &r)) {
		const struct in6_addr *a = &r.offer.address;

		if (r.offer.server_len < 3 || r.offer.server_len > DHCP6_DUID_MAX)
			abort();
		if (!r.status && (IN6_IS_ADDR_MULTICAST(a) || IN6_IS_ADDR_LINKLOCAL(a) ||
					 IN6_IS_ADDR_UNSPECIFIED(a) || IN6_IS_ADDR_LOOPBACK(a)))
			abort();
	}
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message m, inside = {.len = 0};

	judge(data, size);
	if (size > 1024)
		size = 1024;
	start(&m, 7, 1);
	add_ids(&m);
	add(&m, data, size);
	judge(m.data, m.len);
	add(&inside, data, size);
	start(&m, 2, 1);
	add_ids(&m);
	add_ia(&m, &inside);
	judge(m.data, m.len);
	return 0;
}
