/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network stage and what a path carries: the MTU and the routes that a DHCP server names, and
 * paths that drop large packets without a word. PID 1's own code in a network namespace, dnsmasq
 * at the other end.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "early/clock.h"
#include "early/net/net_connect.h"
#include "early/net/network.h"
#include "tests/interop/network_scene.h"
#include "tests/unit/test.h"

static struct network_record record;

static uint16_t up_dhcp(unsigned seconds)
{
	struct config c = {.net = NET_DHCP};

	memset(&record, 0, sizeof(record));
	return network_up(&c, clock_ms() + seconds * 1000u, &record).code;
}

/* The configured interface's MTU before; 0: it is as it was. */
static uint32_t former_mtu(void)
{
	for (size_t i = 0; i < record.count; i++)
		if (record.links[i].index == record.chosen)
			return record.links[i].former_mtu;
	return 0;
}

static void one_address(void)
{
	DNSMASQ("--dhcp-range=10.9.0.50,10.9.0.50,255.255.255.0,1h");
}

/* An MTU that the server names is obeyed when it is smaller than the link's own, and not absurd. */
static void mtu_1400(void)
{
	DNSMASQ("--dhcp-range=10.9.0.50,10.9.0.50,255.255.255.0,1h", "--dhcp-option-force=26,1400");
}

static void mtu_9000(void)
{
	DNSMASQ("--dhcp-range=10.9.0.50,10.9.0.50,255.255.255.0,1h", "--dhcp-option-force=26,9000");
}

static void mtu_68(void)
{
	DNSMASQ("--dhcp-range=10.9.0.50,10.9.0.50,255.255.255.0,1h", "--dhcp-option-force=26,68");
}

static bool node_smaller_mtu(void)
{
	REQUIRE_TRUE(up_dhcp(20) == 0);
	CHECK(scene_shows("ip link show dev eth0", "mtu 1400"));
	CHECK(former_mtu() == 1500);
	CHECK(scene_reaches("::ffff:10.9.0.1"));
	return true;
}

static bool node_same_mtu(void)
{
	REQUIRE_TRUE(up_dhcp(20) == 0);
	CHECK(scene_shows("ip link show dev eth0", "mtu 1500"));
	CHECK(former_mtu() == 0);
	return true;
}

static void test_mtu(void)
{
	CHECK(PLAY(.server = mtu_1400, .node = node_smaller_mtu));
	CHECK(PLAY(.server = mtu_9000, .node = node_same_mtu));
	CHECK(PLAY(.server = mtu_68, .node = node_same_mtu));
}

/* As GCP has it: a /32, the router by a route on the link, all else by the router. */
static void routes_gcp(void)
{
	DNSMASQ("--dhcp-range=10.9.0.50,10.9.0.50,255.255.255.0,1h",
		"--dhcp-option-force=1,255.255.255.255", "--dhcp-option-force=3,10.9.0.99",
		"--dhcp-option-force=121,10.9.0.1/32,0.0.0.0,0.0.0.0/0,10.9.0.1");
}

static bool node_routes(void)
{
	REQUIRE_TRUE(up_dhcp(20) == 0);
	CHECK(scene_shows("ip -4 addr show dev eth0", "10.9.0.50/32"));
	CHECK(scene_shows("ip -4 route", "default via 10.9.0.1 dev eth0"));
	CHECK(scene_shows("ip -4 route", "10.9.0.1 dev eth0"));
	CHECK(scene_shows("ip -4 route get 192.0.2.1", "via 10.9.0.1"));
	CHECK(scene_reaches("::ffff:10.9.0.1"));
	return true;
}

/* Routes in place of a default one; one that the kernel refuses is passed over. */
static void routes_other(void)
{
	DNSMASQ("--dhcp-range=10.9.0.50,10.9.0.50,255.255.255.0,1h",
		"--dhcp-option-force=121,192.0.2.0/24,10.9.0.50,198.51.100.0/25,10.9.0.1");
}

static bool node_other_routes(void)
{
	REQUIRE_TRUE(up_dhcp(20) == 0);
	CHECK(scene_shows("ip -4 route", "198.51.100.0/25 via 10.9.0.1 dev eth0"));
	CHECK(scene_shows("ip -4 route | grep -c default || true", "0"));
	CHECK(scene_reaches("::ffff:10.9.0.1"));
	return true;
}

static void test_routes(void)
{
	CHECK(PLAY(.server = routes_gcp, .node = node_routes));
	CHECK(PLAY(.server = routes_other, .node = node_other_routes));
}

#define BULK	  200000u /* bytes */
#define BULK_PORT 7000
#define PATIENCE  60000 /* ms; a path that drops all ends the test by it */

static unsigned path_mtu;

/*
 * Beside dnsmasq one that takes a connection, has the path drop what is larger than path_mtu from
 * then on, says so with one byte, and with another that it has read everything.
 */
static void bulk_server(void)
{
	struct sockaddr_in self = {.sin_family = AF_INET, .sin_port = htons(BULK_PORT)};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0), peer;
	static char buf[65536];
	size_t got = 0;

	if (fork() == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		one_address();
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&self, sizeof(self)) || listen(fd, 1))
		_exit(1);
	peer = accept(fd, NULL, NULL);
	scene_run("ip link set q2 mtu %u", path_mtu);
	(void)!write(peer, "1", 1);
	while (got < BULK) {
		ssize_t n = read(peer, buf, sizeof(buf));

		if (n <= 0)
			_exit(1);
		got += (size_t)n;
	}
	(void)!write(peer, "1", 1);
	(void)pause();
}

static bool hears(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char byte = 0;

	return poll(&p, 1, PATIENCE) == 1 && read(fd, &byte, 1) == 1 && byte == '1';
}

static bool sends_bulk(void)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(BULK_PORT)};
	struct pollfd p = {.fd = -1, .events = POLLOUT};
	static char bulk[BULK];
	size_t sent = 0;

	(void)inet_pton(AF_INET6, "::ffff:10.9.0.1", &to.sin6_addr);
	if (net_connect_start(&to, &p.fd).code || poll(&p, 1, PATIENCE) != 1 ||
		net_connect_finish(p.fd).code || !hears(p.fd))
		return false;
	while (sent < BULK && poll(&p, 1, PATIENCE) == 1) {
		ssize_t n = write(p.fd, bulk + sent, BULK - sent);

		if (n <= 0)
			return false;
		sent += (size_t)n;
	}
	return hears(p.fd);
}

/*
 * A bridge between node and server, whose port to the server, q2, will be the narrow place: it
 * drops what does not fit, and nobody hears of it. Segmentation by the device would pass it whole,
 * and the bridge itself must not answer for v0's address.
 */
static void bridged(pid_t node)
{
	scene_run("ip link add q0 type bridge");
	scene_run("ip link add q1 type veth peer name eth0 gso_max_segs 1 netns %d", (int)node);
	scene_run("ip link add q2 type veth peer name v0");
	scene_run("ip link set q1 master q0 up && ip link set q2 master q0 up");
	scene_run("ip addr add 10.9.0.1/24 dev v0");
	scene_run("ip link set v0 up && ip link set q0 arp off up");
}

static bool node_bulk(void)
{
	REQUIRE_TRUE(up_dhcp(20) == 0);
	CHECK(record.former_mtu_probing == '0');
	CHECK(scene_shows("cat /proc/sys/net/ipv4/tcp_mtu_probing", "1"));
	CHECK(sends_bulk());
	return true;
}

/* What every path must carry gets through at once, less after TCP has found out. */
static void test_path_drops_large_packets(void)
{
	static const unsigned mtus[] = {1300, 600, 400};

	for (size_t i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
		path_mtu = mtus[i];
		CHECK(PLAY(.links = bridged, .server = bulk_server, .node = node_bulk));
	}
}

int main(void)
{
	scene_namespace();
	RUN(test_mtu);
	RUN(test_routes);
	RUN(test_path_drops_large_packets);
	return test_summary();
}
