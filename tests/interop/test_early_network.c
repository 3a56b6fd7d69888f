/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network stage against real servers: PID 1's own code brings up a veth in a network namespace
 * of its own; on the other end answers dnsmasq, or a server of ours that misbehaves. Needs root,
 * ip and dnsmasq; fails where they are missing.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <sys/socket.h>
#include <unistd.h>
#include "early/clock.h"
#include "early/contract/errors.h"
#include "early/net/network.h"
#include "tests/interop/network_scene.h"
#include "tests/unit/early/dhcp_packet.h"
#include "tests/unit/test.h"

static void dnsmasq_with_router(void)
{
	DNSMASQ("--dhcp-range=10.9.0.50,10.9.0.50,255.255.255.0,1h");
}

static void dnsmasq_without_router(void)
{
	DNSMASQ("--dhcp-range=10.9.0.51,10.9.0.51,255.255.255.128,1h", "--dhcp-option=3");
}

static void dnsmasq_advertising(void)
{
	DNSMASQ("--dhcp-range=fd00:9::,ra-only", "--enable-ra");
}

static uint16_t up(enum net_mode mode, unsigned seconds)
{
	struct config c = {.net = mode};
	struct network_record record = {0};

	return network_up(&c, clock_ms() + seconds * 1000u, &record).code;
}

static bool node_dhcp(void)
{
	REQUIRE_TRUE(up(NET_DHCP, 20) == 0);
	CHECK(scene_shows("ip -4 addr show dev eth0", "10.9.0.50/24"));
	CHECK(scene_shows("ip -4 route", "default via 10.9.0.1 dev eth0"));
	CHECK(scene_shows("ip link show dev lo", "UP"));
	CHECK(scene_reaches("::ffff:10.9.0.1"));
	return true;
}

static void test_dhcp(void)
{
	CHECK(PLAY(.server = dnsmasq_with_router, .node = node_dhcp));
}

static void test_dhcp_late(void)
{
	CHECK(PLAY(.server = dnsmasq_with_router, .link_delay_ms = 700, .node = node_dhcp));
	CHECK(PLAY(.server = dnsmasq_with_router, .server_delay_ms = 1500, .node = node_dhcp));
}

static bool node_no_router(void)
{
	REQUIRE_TRUE(up(NET_DHCP, 20) == 0);
	CHECK(scene_shows("ip -4 addr show dev eth0", "10.9.0.51/25"));
	CHECK(scene_shows("ip -4 route | grep -c default || true", "0"));
	return true;
}

static void test_dhcp_without_router(void)
{
	CHECK(PLAY(.server = dnsmasq_without_router, .node = node_no_router));
}

static bool node_timeout(void)
{
	uint64_t start = clock_ms();

	CHECK(up(NET_DHCP, 2) == E_DHCP_TIMEOUT);
	CHECK(clock_ms() - start < 60000);
	CHECK(up(NET_RA, 2) == E_RA_TIMEOUT);
	return true;
}

static void test_no_server(void)
{
	CHECK(PLAY(.node = node_timeout));
}

static bool node_no_link(void)
{
	uint64_t start = clock_ms();

	CHECK(up(NET_DHCP, 2) == E_LINK_MISSING);
	CHECK(clock_ms() - start >= 2000 && clock_ms() - start < 60000);
	return true;
}

static void test_no_link(void)
{
	CHECK(PLAY(.no_link = true, .node = node_no_link));
}

static bool node_static(void)
{
	struct config c = {.net = NET_STATIC, .net_prefix = 32};
	struct network_record record = {0};

	(void)inet_pton(AF_INET6, "::ffff:10.9.0.77", &c.net_address);
	(void)inet_pton(AF_INET6, "::ffff:10.9.0.1", &c.net_gateway);
	CHECK(network_up(&c, clock_ms() + 5000, &record).code == 0);
	CHECK(scene_shows("ip -4 addr show dev eth0", "10.9.0.77/32"));
	CHECK(scene_reaches("::ffff:10.9.0.1"));
	c.net_prefix = 64;
	(void)inet_pton(AF_INET6, "fd00:9::77", &c.net_address);
	(void)inet_pton(AF_INET6, "fd00:9::1", &c.net_gateway);
	CHECK(network_up(&c, clock_ms() + 5000, &record).code == 0);
	CHECK(scene_shows("ip -6 route", "default via fd00:9::1 dev eth0"));
	CHECK(scene_reaches("fd00:9::1"));
	return true;
}

static void test_static(void)
{
	CHECK(PLAY(.node = node_static));
}

static bool node_advertised(void)
{
	REQUIRE_TRUE(up(NET_RA, 30) == 0);
	CHECK(scene_shows("ip -6 addr show dev eth0 scope global", "fd00:9:"));
	CHECK(scene_reaches("fd00:9::1"));
	return true;
}

static void test_router_advertisement(void)
{
	CHECK(PLAY(.server = dnsmasq_advertising, .node = node_advertised));
}

/* The hostile server's answers to the n-th query of a kind. */
static const uint8_t offer[] = {53, 1, 2, 54, 4, 10, 9, 0, 1, 1, 4, 255, 255, 255, 0, 255};
static const uint8_t ack[] = {53, 1, 5, 54, 4, 10, 9, 0, 1, 1, 4, 255, 255, 255, 0, 255};
static const uint8_t nak[] = {53, 1, 6, 54, 4, 10, 9, 0, 1, 255};

static void answer(int fd, const struct sockaddr_ll *to, uint32_t xid, const uint8_t *mac,
	const uint8_t *options, size_t len)
{
	uint8_t packet[REPLY_MAX];
	size_t n = reply_make(packet, xid, mac, options, len);

	if (sendto(fd, packet, n, 0, (const struct sockaddr *)to, sizeof(*to)) != (ssize_t)n)
		_exit(1);
}

/*
 * Noise, another's offer, a bad offer and an ACK out of turn before each offer; silence after the
 * first offer, a NAK after the second, noise and an ACK after the third.
 */
static void hostile_server(void)
{
	struct sockaddr_ll link = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)if_nametoindex("v0"),
		.sll_halen = 6,
		.sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	unsigned round = 0;
	uint8_t q[REPLY_MAX];

	if (fd < 0 || bind(fd, (struct sockaddr *)&link, sizeof(link)))
		_exit(1);
	for (;;) {
		ssize_t n = recv(fd, q, sizeof(q), 0);
		const uint8_t *mac = q + 56;
		uint32_t xid;

		if (n < 300 || q[23] != 67)
			continue;
		xid = (uint32_t)q[32] << 24 | (uint32_t)q[33] << 16 | (uint32_t)q[34] << 8 | q[35];
		if (q[REPLY_OPTIONS + 2] == 1) {
			round++;
			(void)!sendto(fd, "noise", 5, 0, (struct sockaddr *)&link, sizeof(link));
			answer(fd, &link, xid + 1, mac, offer, sizeof(offer));
			answer(fd, &link, xid, mac, offer, sizeof(offer) - 1);
			answer(fd, &link, xid, mac, ack, sizeof(ack));
			answer(fd, &link, xid, mac, offer, sizeof(offer));
		} else if (round == 2) {
			answer(fd, &link, xid, mac, nak, sizeof(nak));
		} else if (round > 2) {
			answer(fd, &link, xid, mac, offer, sizeof(offer));
			answer(fd, &link, xid, mac, ack, sizeof(ack));
		}
	}
}

static bool node_hostile(void)
{
	REQUIRE_TRUE(up(NET_DHCP, 60) == 0);
	CHECK(scene_shows("ip -4 addr show dev eth0", "10.0.2.15/24"));
	return true;
}

static void test_hostile_server(void)
{
	CHECK(PLAY(.server = hostile_server, .node = node_hostile));
}

int main(void)
{
	scene_namespace();
	RUN(test_static);
	RUN(test_dhcp);
	RUN(test_dhcp_late);
	RUN(test_dhcp_without_router);
	RUN(test_no_server);
	RUN(test_no_link);
	RUN(test_router_advertisement);
	RUN(test_hostile_server);
	return test_summary();
}
