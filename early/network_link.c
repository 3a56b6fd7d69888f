#include "early/network_link.h"

#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/files.h"
#include "early/netlink.h"

#define LINKS_MAX 32u

static struct status set_up(int fd, int index)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC,
		.ifi_index = index,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP};
	struct netlink_request r;

	netlink_start(&r, RTM_NEWLINK, 0, &info, sizeof(info));
	return netlink_call(fd, &r);
}

struct status link_loopback_up(int fd)
{
	/* The first interface of every network namespace. */
	return set_up(fd, 1);
}

struct survey {
	int down[LINKS_MAX]; /* Ethernet interfaces that are not up */
	size_t down_count;
	bool found;
	struct link best;
};

static void look_at_link(void *context, const uint8_t *payload, size_t len)
{
	struct survey *s = context;
	struct ifinfomsg info;
	const uint8_t *attributes, *mac, *name;
	size_t attributes_len;

	if (len < sizeof(info))
		return;
	memcpy(&info, payload, sizeof(info));
	attributes = payload + sizeof(info);
	attributes_len = len - sizeof(info);
	if (info.ifi_type != ARPHRD_ETHER || (info.ifi_flags & IFF_SLAVE))
		return;
	if (!(info.ifi_flags & IFF_UP)) {
		if (s->down_count < LINKS_MAX)
			s->down[s->down_count++] = info.ifi_index;
		return;
	}
	if (!(info.ifi_flags & IFF_RUNNING) || (s->found && s->best.index < info.ifi_index) ||
		!netlink_get(attributes, attributes_len, IFLA_ADDRESS, 6, &mac) ||
		!netlink_get(attributes, attributes_len, IFLA_IFNAME, 2, &name))
		return;
	s->found = true;
	s->best.index = info.ifi_index;
	memcpy(s->best.mac, mac, 6);
	(void)snprintf(
		s->best.name, sizeof(s->best.name), "%.*s", IFNAMSIZ - 1, (const char *)name);
}

/* One look at all interfaces; those that are down are brought up, and seen at the next look. */
static struct status survey_links(int fd, struct survey *s)
{
	struct ifinfomsg all = {.ifi_family = AF_UNSPEC};
	struct netlink_request r;

	memset(s, 0, sizeof(*s));
	netlink_start(&r, RTM_GETLINK, 0, &all, sizeof(all));
	TRY(netlink_dump(fd, &r, look_at_link, s));
	for (size_t i = 0; i < s->down_count; i++)
		TRY(set_up(fd, s->down[i]));
	return OK;
}

static struct status survey_until(int fd, int watch, uint64_t deadline, struct link *out)
{
	struct survey s;

	for (;;) {
		TRY(survey_links(fd, &s));
		if (s.found) {
			*out = s.best;
			return OK;
		}
		if (!clock_left(deadline, 1))
			return fail(E_LINK_MISSING);
		TRY(watch_wait(watch, deadline, E_LINK_WAIT));
	}
}

struct status link_wait(int fd, uint64_t deadline, struct link *out)
{
	struct status s;
	int watch;

	TRY(watch_open(NETLINK_ROUTE, RTMGRP_LINK, E_LINK_WATCH, &watch));
	s = survey_until(fd, watch, deadline, out);
	close(watch);
	return s;
}

/* The kernel's form of an address of either family: where its bytes start, and how many. */
static const uint8_t *plain(const struct in6_addr *a, uint8_t *family, size_t *len)
{
	bool v4 = IN6_IS_ADDR_V4MAPPED(a);

	*family = v4 ? AF_INET : AF_INET6;
	*len = v4 ? 4 : 16;
	return a->s6_addr + (v4 ? 12 : 0);
}

struct status link_add_address(
	int fd, const struct link *l, const struct in6_addr *address, unsigned prefix)
{
	struct ifaddrmsg info = {.ifa_index = (unsigned)l->index};
	struct netlink_request r;
	const uint8_t *bytes;
	size_t len;

	bytes = plain(address, &info.ifa_family, &len);
	info.ifa_prefixlen = (uint8_t)prefix;
	/* An address that was measured needs no duplicate address detection, which takes a second.
	 */
	info.ifa_flags = info.ifa_family == AF_INET6 ? IFA_F_NODAD : 0;
	netlink_start(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &info, sizeof(info));
	netlink_put(&r, IFA_LOCAL, bytes, len);
	netlink_put(&r, IFA_ADDRESS, bytes, len);
	return netlink_call(fd, &r);
}

struct status link_add_gateway(int fd, const struct link *l, const struct in6_addr *gateway)
{
	struct rtmsg info = {
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
		.rtm_flags = RTNH_F_ONLINK,
	};
	struct netlink_request r;
	uint32_t index = (uint32_t)l->index;
	const uint8_t *bytes;
	size_t len;

	bytes = plain(gateway, &info.rtm_family, &len);
	netlink_start(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &info, sizeof(info));
	netlink_put(&r, RTA_GATEWAY, bytes, len);
	netlink_put(&r, RTA_OIF, &index, sizeof(index));
	return netlink_call(fd, &r);
}

struct address_search {
	unsigned index;
	bool found;
	struct in6_addr address;
};

static void look_at_address(void *context, const uint8_t *payload, size_t len)
{
	struct address_search *s = context;
	const unsigned unfit = IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED;
	struct ifaddrmsg info;
	const uint8_t *bytes;

	if (len < sizeof(info))
		return;
	memcpy(&info, payload, sizeof(info));
	if (info.ifa_family != AF_INET6 || info.ifa_index != s->index ||
		info.ifa_scope != RT_SCOPE_UNIVERSE || (info.ifa_flags & unfit) ||
		!netlink_get(payload + sizeof(info), len - sizeof(info), IFA_ADDRESS, 16, &bytes))
		return;
	s->found = true;
	memcpy(&s->address, bytes, sizeof(s->address));
}

static struct status search_until(int fd, int watch, struct address_search *s, uint64_t deadline)
{
	for (;;) {
		struct ifaddrmsg all = {.ifa_family = AF_INET6};
		struct netlink_request r;

		netlink_start(&r, RTM_GETADDR, 0, &all, sizeof(all));
		TRY(netlink_dump(fd, &r, look_at_address, s));
		if (s->found)
			return OK;
		if (!clock_left(deadline, 1))
			return fail(E_RA_TIMEOUT);
		TRY(watch_wait(watch, deadline, E_RA_WAIT));
	}
}

/* The kernel's defaults, made certain. */
static struct status accept_advertisements(const struct link *l)
{
	static const char *const settings[] = {"accept_ra", "autoconf"};
	char path[64 + IFNAMSIZ];

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(
			path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", l->name, settings[i]);
		if (!file_write(path, "1")) {
			console_detail("%s", path);
			return fail(E_RA_SETTING);
		}
	}
	return OK;
}

struct status link_wait_router_advertisement(
	int fd, const struct link *l, uint64_t deadline, struct in6_addr *out)
{
	struct address_search search = {.index = (unsigned)l->index};
	struct status s;
	int watch;

	TRY(accept_advertisements(l));
	TRY(watch_open(NETLINK_ROUTE, RTMGRP_IPV6_IFADDR, E_RA_WATCH, &watch));
	s = search_until(fd, watch, &search, deadline);
	close(watch);
	if (!failed(s))
		*out = search.address;
	return s;
}
