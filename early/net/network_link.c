/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/net/network_link.h"

#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include "early/contract/errors.h"
#include "early/net/netlink.h"

/* Bits of IFLA_INET6_FLAGS, for which the kernel exports no names. */
#define RA_RECEIVED 0x20u
#define RA_MANAGED  0x40u

static void ask_up(struct netlink_request *r, int index, bool up)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC,
		.ifi_index = index,
		.ifi_flags = up ? IFF_UP : 0,
		.ifi_change = IFF_UP};

	netlink_start(r, RTM_NEWLINK, 0, &info, sizeof(info));
}

struct status link_set_up(int fd, int index, bool up, int *out_error)
{
	struct netlink_request r;

	ask_up(&r, index, up);
	return netlink_ask(fd, &r, out_error);
}

struct status link_set_mtu(int fd, int index, uint32_t mtu)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = index};
	struct netlink_request r;

	netlink_start(&r, RTM_NEWLINK, 0, &info, sizeof(info));
	netlink_put(&r, IFLA_MTU, &mtu, sizeof(mtu));
	return netlink_call(fd, &r);
}

static uint32_t number(struct netlink_span value)
{
	uint32_t v;

	memcpy(&v, value.data, sizeof(v));
	return v;
}

/* What router advertisements have said on a link whose attributes these are. */
static uint32_t advertisement_flags(struct netlink_span attributes)
{
	struct netlink_span v;

	if (!netlink_get(attributes, IFLA_AF_SPEC, 0, &v) || !netlink_get(v, AF_INET6, 0, &v) ||
		!netlink_get(v, IFLA_INET6_FLAGS, sizeof(uint32_t), &v))
		return 0;
	return number(v);
}

struct list {
	struct link *links;
	size_t count, max;
	bool loopback_down;
};

static void look_at_link(void *context, struct netlink_span payload)
{
	struct list *list = context;
	struct netlink_span mac, name, mtu;
	struct ifinfomsg info;
	struct link l = {0};
	uint32_t flags;

	if (payload.len < sizeof(info))
		return;
	memcpy(&info, payload.data, sizeof(info));
	payload.data += sizeof(info);
	payload.len -= sizeof(info);
	if (info.ifi_index == LOOPBACK_INDEX)
		list->loopback_down = !(info.ifi_flags & IFF_UP);
	if (info.ifi_type != ARPHRD_ETHER || (info.ifi_flags & IFF_SLAVE) ||
		list->count == list->max || !netlink_get(payload, IFLA_ADDRESS, 6, &mac) ||
		!netlink_get(payload, IFLA_IFNAME, 2, &name) ||
		!netlink_get(payload, IFLA_MTU, sizeof(uint32_t), &mtu))
		return;
	flags = advertisement_flags(payload);
	l.index = info.ifi_index;
	l.mtu = number(mtu);
	l.up = info.ifi_flags & IFF_UP;
	l.carrier = l.up && (info.ifi_flags & IFF_RUNNING);
	l.advertised = flags & RA_RECEIVED;
	l.managed = flags & RA_MANAGED;
	memcpy(l.mac, mac.data, sizeof(l.mac));
	memcpy(l.name, name.data, name.len < IFNAMSIZ ? name.len : IFNAMSIZ - 1);
	list->links[list->count++] = l;
}

static struct status list_links(int fd, struct list *list)
{
	struct ifinfomsg all = {.ifi_family = AF_UNSPEC};
	struct netlink_request r;

	netlink_start(&r, RTM_GETLINK, 0, &all, sizeof(all));
	return netlink_dump(fd, &r, look_at_link, list);
}

struct status link_list(int fd, struct link *out, size_t max, size_t *out_count)
{
	struct list list = {.links = out, .max = max};

	TRY(list_links(fd, &list));
	*out_count = list.count;
	return OK;
}

struct status link_loopback_up(int fd, bool *out_changed)
{
	struct netlink_request r;
	struct list list = {0};

	TRY(list_links(fd, &list));
	*out_changed = list.loopback_down;
	if (!list.loopback_down)
		return OK;
	ask_up(&r, LOOPBACK_INDEX, true);
	return netlink_call(fd, &r);
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
	/* An address that was measured or assigned needs no duplicate address detection, which
	 * takes a second.
	 */
	info.ifa_flags = info.ifa_family == AF_INET6 ? IFA_F_NODAD : 0;
	netlink_start(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &info, sizeof(info));
	netlink_put(&r, IFA_LOCAL, bytes, len);
	netlink_put(&r, IFA_ADDRESS, bytes, len);
	return netlink_call(fd, &r);
}

static bool any_set(const uint8_t *bytes, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum |= bytes[i];
	return sum;
}

struct status link_add_route(int fd, const struct link *l, const struct route *route)
{
	struct rtmsg info = {
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_type = RTN_UNICAST,
		.rtm_dst_len = (uint8_t)route->prefix,
	};
	struct netlink_request r;
	uint32_t index = (uint32_t)l->index;
	const uint8_t *gateway, *to;
	size_t len;
	bool routed;

	to = plain(&route->to, &info.rtm_family, &len);
	gateway = plain(&route->gateway, &info.rtm_family, &len);
	routed = any_set(gateway, len);
	info.rtm_scope = routed ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	info.rtm_flags = routed ? RTNH_F_ONLINK : 0;
	netlink_start(&r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &info, sizeof(info));
	if (route->prefix)
		netlink_put(&r, RTA_DST, to, len);
	if (routed)
		netlink_put(&r, RTA_GATEWAY, gateway, len);
	netlink_put(&r, RTA_OIF, &index, sizeof(index));
	return netlink_call(fd, &r);
}

static void look_at_address(void *context, struct netlink_span payload)
{
	struct link_addresses *a = context;
	const unsigned unfit = IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED;
	struct ifaddrmsg info;
	struct netlink_span address;

	if (payload.len < sizeof(info))
		return;
	memcpy(&info, payload.data, sizeof(info));
	payload.data += sizeof(info);
	payload.len -= sizeof(info);
	if (info.ifa_family != AF_INET6 || info.ifa_index != a->index ||
		info.ifa_scope != RT_SCOPE_UNIVERSE ||
		!netlink_get(payload, IFA_ADDRESS, 16, &address))
		return;
	if (info.ifa_flags & unfit) {
		a->pending = a->pending || (info.ifa_flags & unfit) == IFA_F_TENTATIVE;
		return;
	}
	a->found = true;
	memcpy(&a->address, address.data, sizeof(a->address));
}

struct status link_find_addresses(int fd, struct link_addresses *a)
{
	struct ifaddrmsg all = {.ifa_family = AF_INET6};
	struct netlink_request r;

	a->found = a->pending = false;
	netlink_start(&r, RTM_GETADDR, 0, &all, sizeof(all));
	return netlink_dump(fd, &r, look_at_address, a);
}
