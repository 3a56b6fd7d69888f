/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network as the root file system finds it, after PID 1 has used it: what it was before, in all
 * that a network manager looks at. Needs root, ip and dnsmasq.
 */
#include <stdio.h>
#include <string.h>
#include "early/boot.h"
#include "early/clock.h"
#include "early/contract/errors.h"
#include "early/net/network.h"
#include "early/net/network_leave.h"
#include "tests/interop/network_scene.h"
#include "tests/unit/test.h"

#define FOUND                                                                         \
	"for l in lo eth0; do ip -o link show $l | sed 's/qdisc [a-z]*//'; done;"     \
	"ip -o addr show dev lo; ip -o addr show dev eth0;"                           \
	"ip route show table all; ip -6 route show table all;"                        \
	"cd /proc/sys/net; grep . ipv4/tcp_mtu_probing ipv6/conf/default/accept_ra;"  \
	"cd ipv6; grep . conf/eth0/accept_ra conf/eth0/autoconf conf/eth0/hop_limit;" \
	"grep . conf/eth0/mtu neigh/eth0/base_reachable_time_ms;"                     \
	"grep . neigh/eth0/retrans_time_ms"

static struct network_record record; /* of the last up() */

static void dnsmasq_small_mtu(void)
{
	DNSMASQ("--dhcp-range=10.9.0.52,10.9.0.52,255.255.255.0,1h", "--dhcp-option=26,1300");
}

static void dnsmasq_advertising_small_mtu(void)
{
	DNSMASQ("--dhcp-range=fd00:9::,ra-only", "--enable-ra", "--ra-param=v0,mtu:1300,0,0");
}

static uint16_t up(enum net_mode mode)
{
	struct config c = {.net = mode};

	record = (struct network_record){0};
	return network_up(&c, clock_ms() + 30000, &record).code;
}

static void describe(char out[4096])
{
	FILE *f = popen(FOUND, "r");
	size_t n = f ? fread(out, 1, 4095, f) : 0;

	out[n] = '\0';
	if (f)
		pclose(f);
	CHECK(n > 100);
}

static bool leaves_as_found(enum net_mode mode)
{
	static char before[4096], after[4096];

	scene_run(
		"cd /proc/sys/net/ipv6/conf; for l in eth0 default; do echo 0 >$l/accept_ra; done");
	scene_run("ip link set eth0 mtu 1480");
	describe(before);
	REQUIRE_TRUE(up(mode) == 0);
	describe(after);
	CHECK(strcmp(before, after) != 0);
	/* As a router's word on its neighbours does. */
	scene_run("ip route add 10.77.0.0/16 dev eth0");
	scene_run("ip addr add 10.9.0.99/24 dev eth0");
	scene_run("echo 7 >/proc/sys/net/ipv6/conf/eth0/hop_limit");
	scene_run("echo 99 >/proc/sys/net/ipv6/neigh/eth0/retrans_time_ms");
	REQUIRE_TRUE(network_leave(&record).code == 0);
	describe(after);
	CHECK(strcmp(before, after) == 0);
	if (strcmp(before, after) != 0)
		fprintf(stderr, "--- before\n%s--- after\n%s", before, after);
	return true;
}

static bool node_dhcp(void)
{
	return leaves_as_found(NET_DHCP);
}

static bool node_advertised(void)
{
	return leaves_as_found(NET_RA);
}

static void test_as_found(void)
{
	CHECK(PLAY(.server = dnsmasq_small_mtu, .node = node_dhcp));
	CHECK(PLAY(.server = dnsmasq_advertising_small_mtu, .node = node_advertised));
}

/* A link that was up is no business of PID 1's, nor is one that it has never seen. */
static bool node_others(void)
{
	scene_run("ip tuntap add kept mode tap; ip link set kept up");
	scene_run("ip addr add 10.8.0.1/24 dev kept");
	REQUIRE_TRUE(up(NET_DHCP) == 0);
	scene_run("ip tuntap add late mode tap; ip link set late up");
	scene_run("ip addr add 10.7.0.1/24 dev late");
	REQUIRE_TRUE(network_leave(&record).code == 0);
	CHECK(scene_shows("ip -4 addr show dev kept", "10.8.0.1/24"));
	CHECK(scene_shows("ip -4 addr show dev late", "10.7.0.1/24"));
	CHECK(scene_shows("ip link show dev eth0", "state DOWN"));
	return true;
}

/* One that has gone since is not missed. */
static bool node_gone(void)
{
	REQUIRE_TRUE(up(NET_DHCP) == 0);
	scene_run("ip link del eth0");
	CHECK(network_leave(&record).code == 0);
	CHECK(record.count == 0);
	return true;
}

/* The stage does what the measured command line says. */
static bool node_keep(void)
{
	static struct boot b;

	REQUIRE_TRUE(network_up(&b.config, clock_ms() + 30000, &b.network).code == 0);
	b.config.net_keep = true;
	CHECK(stage_leave(&b).code == 0);
	CHECK(scene_shows("ip -4 addr show dev eth0", "10.9.0.52/24"));
	CHECK(scene_reaches("::ffff:10.9.0.1"));
	b.config.net_keep = false;
	CHECK(stage_leave(&b).code == 0);
	CHECK(scene_shows("ip link show dev eth0", "state DOWN"));
	return true;
}

static void test_keep(void)
{
	CHECK(PLAY(.server = dnsmasq_small_mtu, .node = node_keep));
}

static void test_others(void)
{
	CHECK(PLAY(.server = dnsmasq_small_mtu, .node = node_others));
	CHECK(PLAY(.server = dnsmasq_small_mtu, .node = node_gone));
}

int main(void)
{
	scene_namespace();
	RUN(test_as_found);
	RUN(test_others);
	RUN(test_keep);
	return test_summary();
}
