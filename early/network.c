#include "early/network.h"

#include <string.h>
#include <unistd.h>
#include "early/boot.h"
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/config_text.h"
#include "early/dhcp.h"
#include "early/netlink.h"
#include "early/network_link.h"

static void say_network(const struct link *l, const char *mode, const struct in6_addr *address,
	unsigned prefix, const struct in6_addr *gateway)
{
	char own[INET6_ADDRSTRLEN], router[INET6_ADDRSTRLEN] = "none";

	host_text(address, own);
	if (!IN6_IS_ADDR_UNSPECIFIED(gateway))
		host_text(gateway, router);
	console_say("network %s %s %s/%u gateway %s", l->name, mode, own, prefix, router);
}

/* Address and, where there is one, gateway. */
static struct status set_fixed(int fd, const struct link *l, const char *mode,
	const struct in6_addr *address, unsigned prefix, const struct in6_addr *gateway)
{
	TRY(link_add_address(fd, l, address, prefix));
	if (!IN6_IS_ADDR_UNSPECIFIED(gateway))
		TRY(link_add_gateway(fd, l, gateway));
	say_network(l, mode, address, prefix, gateway);
	return OK;
}

static struct in6_addr map_ipv4(const uint8_t a[4])
{
	struct in6_addr mapped = {0};

	memset(mapped.s6_addr + 10, 0xff, 2);
	memcpy(mapped.s6_addr + 12, a, 4);
	return mapped;
}

static struct status set_dhcp(int fd, const struct link *l, uint64_t deadline)
{
	static const uint8_t no_router[4];
	struct in6_addr address, gateway = IN6ADDR_ANY_INIT;
	struct dhcp_lease lease;

	TRY(dhcp_obtain(l->index, l->mac, deadline, &lease));
	address = map_ipv4(lease.address);
	if (memcmp(lease.router, no_router, sizeof(no_router)) != 0)
		gateway = map_ipv4(lease.router);
	return set_fixed(fd, l, "dhcp", &address, lease.prefix, &gateway);
}

static struct status set_advertised(int fd, const struct link *l, uint64_t deadline)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	TRY(link_wait_router_advertisement(fd, l, deadline, &address));
	host_text(&address, text);
	console_say("network %s ra %s", l->name, text);
	return OK;
}

static struct status configure(int fd, const struct config *c, uint64_t deadline)
{
	struct link l;

	TRY(link_loopback_up(fd));
	TRY(link_wait(fd, deadline, &l));
	switch (c->net) {
	case NET_STATIC:
		return set_fixed(fd, &l, "static", &c->net_address, c->net_prefix, &c->net_gateway);
	case NET_RA:
		return set_advertised(fd, &l, deadline);
	case NET_DHCP:
	default:
		return set_dhcp(fd, &l, deadline);
	}
}

struct status network_up(const struct config *c, uint64_t deadline, struct network_record *record)
{
	struct status s;
	int fd;

	record->chosen = 0;
	TRY(netlink_open(&fd));
	s = configure(fd, c, deadline);
	close(fd);
	return s;
}

struct status stage_network(struct boot *b)
{
	return network_up(
		&b->config, clock_ms() + (uint64_t)b->config.join_timeout_s * 1000u, &b->network);
}
