/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv6-only networks whose router says that addresses come by DHCPv6: PID 1's own code in a network
 * namespace, at the other end dnsmasq, or a router and server of ours that misbehaves.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/net/network.h"
#include "tests/interop/network_scene.h"
#include "tests/unit/early/dhcp6_message.h"
#include "tests/unit/test.h"

#define ADVERTISEMENT_MS 300

static uint16_t up(unsigned seconds)
{
	struct config c = {.net = NET_RA};
	struct network_record record = {0};

	return network_up(&c, clock_ms() + seconds * 1000u, &record).code;
}

static bool detail_is(const char *text)
{
	bool is = strcmp(console_detail_text(), text) == 0;

	if (!is)
		fprintf(stderr, "the detail is: %s\n", console_detail_text());
	return is;
}

static void dnsmasq_managed(void)
{
	DNSMASQ("--dhcp-range=fd00:9::100,fd00:9::1ff,64,1h", "--enable-ra");
}

static bool node_managed(void)
{
	REQUIRE_TRUE(up(60) == 0);
	CHECK(scene_shows("ip -6 addr show dev eth0 scope global", "inet6 fd00:9::1"));
	CHECK(scene_shows("ip -6 addr show dev eth0 scope global", "/128"));
	CHECK(scene_shows("ip -6 route", "default via fe80:"));
	CHECK(scene_reaches("fd00:9::1"));
	return true;
}

static void silent_first(pid_t node)
{
	scene_run("ip link add q0 type veth peer name eth1 netns %d", (int)node);
	scene_run("ip link set q0 up");
	scene_link(node, "eth0");
}

static void test_dnsmasq(void)
{
	CHECK(PLAY(.server = dnsmasq_managed, .node = node_managed));
	CHECK(PLAY(.links = silent_first, .server = dnsmasq_managed, .server_delay_ms = 1500,
		.node = node_managed));
}

/* What our server does with each message. */
enum manners { SILENT, NO_ADDRESSES, RAPID, HOSTILE };

static enum manners manners;
static uint8_t advertisement_flags; /* 0x80: addresses come by DHCPv6 */

static void send_to(int fd, const struct sockaddr_in6 *to, const struct message *m)
{
	(void)!sendto(fd, m->data, m->len, 0, (const struct sockaddr *)to, sizeof(*to));
}

static void answer_address(int fd, const struct sockaddr_in6 *to, uint8_t type, uint32_t xid)
{
	struct message m;

	make_answer(&m, type, xid);
	send_to(fd, to, &m);
}

static void answer_status(int fd, const struct sockaddr_in6 *to, uint8_t type, uint32_t xid)
{
	struct message m, inside = {.len = 0};

	start(&m, type, xid);
	add_ids(&m);
	add_option(&inside, 13, (const uint8_t[]){0, 2}, 2);
	add_ia(&m, &inside);
	send_to(fd, to, &m);
}

/* Noise, answers to others, one out of turn and one of no use before each that is sound. */
static void answer_hostile(int fd, const struct sockaddr_in6 *to, bool solicit, uint32_t xid)
{
	static unsigned requests;
	struct message noise = {.len = 3};

	send_to(fd, to, &noise);
	answer_address(fd, to, solicit ? 2 : 7, xid ^ 1);
	make_answer(&noise, solicit ? 2 : 7, xid);
	noise.len--;
	send_to(fd, to, &noise);
	answer_address(fd, to, solicit ? 7 : 2, xid);
	answer_status(fd, to, 2, xid);
	if (solicit)
		answer_address(fd, to, 2, xid);
	else if (++requests == 1)
		answer_status(fd, to, 7, xid);
	else
		answer_address(fd, to, 7, xid);
}

static void answer(int fd, const struct sockaddr_in6 *to, const uint8_t *query)
{
	uint32_t xid = (uint32_t)query[1] << 16 | (uint32_t)query[2] << 8 | query[3];
	bool solicit = query[0] == 1;
	struct message m;

	switch (manners) {
	case NO_ADDRESSES:
		answer_status(fd, to, 2, xid);
		break;
	case RAPID:
		make_answer(&m, 7, xid);
		add_option(&m, 14, NULL, 0);
		send_to(fd, to, &m);
		break;
	case HOSTILE:
		answer_hostile(fd, to, solicit, xid);
		break;
	case SILENT:
	default:
		break;
	}
}

static void advertise(int fd, uint32_t scope)
{
	const uint8_t message[16] = {134, [4] = 64, advertisement_flags, 0x07, 0x08};
	struct sockaddr_in6 all = {.sin6_family = AF_INET6,
		.sin6_scope_id = scope,
		.sin6_addr.s6_addr = {0xff, 0x02, [15] = 1}};

	/* It fails for as long as the link-local address is new. */
	(void)!sendto(fd, message, sizeof(message), 0, (struct sockaddr *)&all, sizeof(all));
}

static int server_socket(uint32_t scope)
{
	struct sockaddr_in6 self = {.sin6_family = AF_INET6, .sin6_port = htons(547)};
	struct ipv6_mreq group = {.ipv6mr_interface = scope,
		.ipv6mr_multiaddr.s6_addr = {0xff, 0x02, [13] = 1, [15] = 2}};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof(group)))
		_exit(1);
	return fd;
}

static void our_server(void)
{
	uint32_t scope = if_nametoindex("v0");
	int hops = 255, router = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	struct pollfd p = {.fd = server_socket(scope), .events = POLLIN};
	uint8_t query[MESSAGE_MAX];

	if (router < 0 ||
		setsockopt(router, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)))
		_exit(1);
	for (;;) {
		struct sockaddr_in6 from = {0};
		socklen_t len = sizeof(from);

		advertise(router, scope);
		if (poll(&p, 1, ADVERTISEMENT_MS) == 1 &&
			recvfrom(p.fd, query, sizeof(query), 0, (struct sockaddr *)&from, &len) > 4)
			answer(p.fd, &from, query);
	}
}

/* The answers are made for this client. */
static void link_with_mac(pid_t node)
{
	scene_link(node, "eth0");
	scene_run("nsenter --net=/proc/%d/ns/net ip link set eth0 address 52:54:00:12:34:56",
		(int)node);
}

static bool play_ours(enum manners how, uint8_t flags, bool (*node)(void))
{
	manners = how;
	advertisement_flags = flags;
	return PLAY(.links = link_with_mac, .server = our_server, .node = node);
}

static bool node_has_address(void)
{
	REQUIRE_TRUE(up(60) == 0);
	CHECK(scene_shows("ip -6 addr show dev eth0 scope global", "inet6 fd00:9::1ab/128"));
	CHECK(scene_reaches("fd00:9::1"));
	return true;
}

static void test_rapid_commit(void)
{
	CHECK(play_ours(RAPID, 0x80, node_has_address));
}

static void test_hostile_server(void)
{
	CHECK(play_ours(HOSTILE, 0x80, node_has_address));
}

static bool node_silent(void)
{
	CHECK(up(10) == E_DHCP6_TIMEOUT);
	CHECK(detail_is("eth0 no DHCPv6 answer"));
	return true;
}

static bool node_no_addresses(void)
{
	CHECK(up(10) == E_DHCP6_TIMEOUT);
	CHECK(detail_is("eth0 the DHCPv6 server has no address for it"));
	return true;
}

static bool node_no_prefix(void)
{
	CHECK(up(10) == E_RA_TIMEOUT);
	CHECK(detail_is("eth0 a router advertisement without a prefix for addresses"));
	return true;
}

/* A node that was told to ask by DHCPv4 learns what kind of network it is in. */
static bool node_asks_in_vain(void)
{
	struct config c = {.net = NET_DHCP};
	struct network_record record = {0};

	CHECK(network_up(&c, clock_ms() + 10000, &record).code == E_DHCP_TIMEOUT);
	CHECK(strstr(console_detail_text(), "but an IPv6 router: protostar.net=ra?"));
	return true;
}

static void test_no_address(void)
{
	CHECK(play_ours(SILENT, 0, node_asks_in_vain));
	CHECK(play_ours(SILENT, 0x80, node_silent));
	CHECK(play_ours(NO_ADDRESSES, 0x80, node_no_addresses));
	CHECK(play_ours(SILENT, 0, node_no_prefix));
}

int main(void)
{
	scene_namespace();
	RUN(test_dnsmasq);
	RUN(test_rapid_commit);
	RUN(test_hostile_server);
	RUN(test_no_address);
	return test_summary();
}
