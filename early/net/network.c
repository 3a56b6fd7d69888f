/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/net/network.h"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "early/boot.h"
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/config_text.h"
#include "early/contract/errors.h"
#include "early/files.h"
#include "early/net/netlink.h"
#include "early/net/network_ask.h"
#include "early/net/network_settings.h"

static const struct in6_addr ipv4_any = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

static struct in6_addr map_ipv4(const uint8_t a[4])
{
	struct in6_addr mapped = ipv4_any;

	memcpy(mapped.s6_addr + 12, a, 4);
	return mapped;
}

/* " gateway A", " route A/N" or " route A/N gateway A". */
static void route_text(const struct route *r, char *out, size_t size)
{
	char to[INET6_ADDRSTRLEN], gateway[INET6_ADDRSTRLEN];
	bool routed = memcmp(&r->gateway, &ipv4_any, sizeof(ipv4_any)) != 0;
	int len = 0;

	host_text(&r->to, to);
	host_text(&r->gateway, gateway);
	if (r->prefix || !routed)
		len = snprintf(out, size, " route %s/%u", to, r->prefix);
	if (routed && len >= 0 && (size_t)len < size)
		(void)snprintf(out + len, size - (size_t)len, " gateway %s", gateway);
}

/* What the network offers and the kernel refuses is only said: the join may succeed without it. */
static void add_route(const struct network *n, const struct link *l, const struct route *r)
{
	struct status s = link_add_route(n->fd, l, r);
	char text[2 * INET6_ADDRSTRLEN + 32];

	route_text(r, text, sizeof(text));
	if (failed(s))
		console_say("network %s refused%s: %s", l->name, text, console_detail_text());
	else
		console_say("network %s%s", l->name, text);
}

static void say_address(const struct link *l, const char *mode, const struct in6_addr *address,
	unsigned prefix, uint32_t mtu)
{
	char text[INET6_ADDRSTRLEN];

	host_text(address, text);
	console_say("network %s %s %s/%u mtu %u", l->name, mode, text, prefix, mtu);
}

static struct status set_static(struct network *n, const struct link *l)
{
	const struct config *c = n->config;
	struct route way_out = {.gateway = c->net_gateway};
	char text[INET6_ADDRSTRLEN];

	TRY(link_add_address(n->fd, l, &c->net_address, c->net_prefix));
	say_address(l, "static", &c->net_address, c->net_prefix, l->mtu);
	if (IN6_IS_ADDR_UNSPECIFIED(&c->net_gateway))
		return OK;
	if (IN6_IS_ADDR_V4MAPPED(&c->net_gateway))
		way_out.to = ipv4_any;
	TRY(link_add_route(n->fd, l, &way_out));
	host_text(&c->net_gateway, text);
	console_say("network %s gateway %s", l->name, text);
	return OK;
}

/* An MTU that the server names can only make the link's own smaller; returns the one in use. */
static uint32_t set_mtu(struct network *n, const struct link *l, uint32_t named)
{
	struct network_change *change = network_change(n->record, l->index);

	if (!named || named >= l->mtu || !change)
		return l->mtu;
	if (failed(link_set_mtu(n->fd, l->index, named))) {
		console_say("network %s refused mtu %u: %s", l->name, named, console_detail_text());
		return l->mtu;
	}
	change->former_mtu = l->mtu;
	return named;
}

static struct status set_dhcp(
	struct network *n, const struct link *l, const struct dhcp_lease *lease)
{
	static const uint8_t no_router[4];
	struct in6_addr address = map_ipv4(lease->address);
	uint32_t mtu = set_mtu(n, l, lease->mtu);
	struct dhcp_route given;
	size_t at = 0;

	TRY(link_add_address(n->fd, l, &address, lease->prefix));
	say_address(l, "dhcp", &address, lease->prefix, mtu);
	while (dhcp_next_route(lease, &at, &given))
		add_route(n, l,
			&(struct route){map_ipv4(given.to), given.prefix, map_ipv4(given.router)});
	if (memcmp(lease->router, no_router, sizeof(no_router)) != 0)
		add_route(n, l, &(struct route){ipv4_any, 0, map_ipv4(lease->router)});
	return OK;
}

/* The route is the router's advertisement, which the kernel has taken. */
static struct status set_dhcp6(
	struct network *n, const struct link *l, const struct in6_addr *address)
{
	TRY(link_add_address(n->fd, l, address, 128));
	say_address(l, "dhcp6", address, 128, l->mtu);
	return OK;
}

static struct status set_answer(struct network *n, const struct answer *a)
{
	const struct link *l = &a->nic->link;
	char text[INET6_ADDRSTRLEN];

	switch (a->kind) {
	case ANSWER_DHCP:
		return set_dhcp(n, l, &a->nic->dhcp.lease);
	case ANSWER_DHCP6:
		return set_dhcp6(n, l, &a->nic->dhcp6.offer.address);
	case ANSWER_RA:
		host_text(&a->address, text);
		console_say("network %s ra %s", l->name, text);
		return OK;
	case ANSWER_LINK:
	default:
		return set_static(n, l);
	}
}

/*
 * Of a path that drops large packets TCP learns by trying smaller ones. net_connect.c starts small
 * enough for every path that is as it must be; this is for one that carries less.
 */
static void probe_mtu(struct network_record *record)
{
	uint64_t former = 0;

	if (attribute_number(AT_FDCWD, NETWORK_MTU_PROBING, &former) && former == 0 &&
		file_write(NETWORK_MTU_PROBING, "1"))
		record->former_mtu_probing = '0';
}

/* The first answer that can be set up. With static settings there is only one. */
static struct status configure(struct network *n)
{
	for (;;) {
		struct answer a = {0};
		struct status s;

		TRY(network_ask(n, &a));
		s = set_answer(n, &a);
		if (!failed(s)) {
			n->record->chosen = a.nic->link.index;
			return OK;
		}
		if (a.kind == ANSWER_LINK)
			return s;
		network_set_aside(a.nic, s);
	}
}

static struct status bring_up(struct network *n)
{
	struct status s, stopped;
	bool changed = false;

	TRY(link_loopback_up(n->fd, &changed));
	if (changed)
		n->record->links[n->record->count++] = (struct network_change){
			.index = LOOPBACK_INDEX, .brought_up = true};
	probe_mtu(n->record);
	if (n->config->net == NET_RA)
		TRY(network_settings_accept("default", E_RA_SETTING));
	TRY(watch_open(NETLINK_ROUTE, RTMGRP_LINK | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_IFINFO,
		E_LINK_WATCH, &n->watch));
	s = configure(n);
	stopped = network_stop(n, n->record->chosen);
	close(n->watch);
	return failed(s) ? s : stopped;
}

struct status network_up(const struct config *c, uint64_t deadline, struct network_record *record)
{
	static struct network n; /* too large for a stack */
	struct status s;

	n = (struct network){.config = c, .record = record, .deadline = deadline};
	TRY(netlink_open(&n.fd));
	s = bring_up(&n);
	close(n.fd);
	return s;
}

struct status stage_network(struct boot *b)
{
	return network_up(
		&b->config, clock_ms() + (uint64_t)b->config.join_timeout_s * 1000u, &b->network);
}
