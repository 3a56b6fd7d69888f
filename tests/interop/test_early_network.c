/*
 * The network stage against real servers: PID 1's own code brings up a veth in a network namespace
 * of its own; on the other end answers dnsmasq, or a server of ours that misbehaves. Needs root,
 * ip and dnsmasq; fails where they are missing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "early/clock.h"
#include "early/contract/errors.h"
#include "early/network.h"
#include "tests/unit/early/dhcp_packet.h"
#include "tests/unit/test.h"

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A command that must succeed: without it there is no test. */
static void run(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command)) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

/* Whether the output of a command contains a text. */
static bool shows(const char *command, const char *text)
{
	char output[4096];
	FILE *f = popen(command, "r");
	size_t n;

	if (!f)
		return false;
	n = fread(output, 1, sizeof(output) - 1, f);
	output[n] = '\0';
	pclose(f);
	if (!strstr(output, text))
		fprintf(stderr, "%s: no \"%s\" in:\n%s", command, text, output);
	return strstr(output, text) != NULL;
}

static pid_t start_server(void (*body)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		body();
		_exit(1);
	}
	return pid;
}

static void stop_server(pid_t pid)
{
	if (pid > 0) {
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
	}
}

struct scene {
	void (*server)(void);	/* run on the other end; NULL for none */
	unsigned link_delay_ms; /* before the link is there */
	unsigned server_delay_ms;
	bool no_link;
	bool (*node)(void); /* in the node's namespace */
};

static void make_link(pid_t node)
{
	run("ip link add v0 type veth peer name eth0 netns %d", (int)node);
	run("ip addr add 10.9.0.1/24 dev v0");
	run("ip -6 addr add fd00:9::1/64 dev v0 nodad");
	run("ip link set v0 up");
}

static void delay(unsigned ms)
{
	(void)poll(NULL, 0, (int)ms);
}

/* True when the node's function, in a namespace of its own, returned true. */
static bool play(const struct scene *s)
{
	int ready[2], go[2], status = -1;
	pid_t node, server = -1;
	char byte = 0;

	if (pipe(ready) || pipe(go))
		return false;
	node = fork();
	if (node == 0) {
		if (unshare(CLONE_NEWNET) || write(ready[1], &byte, 1) != 1 ||
			read(go[0], &byte, 1) != 1)
			_exit(2);
		test_failures = 0;
		_exit(s->node() && !test_failures ? 0 : 1);
	}
	if (read(ready[0], &byte, 1) != 1)
		return false;
	if (!s->no_link && !s->link_delay_ms)
		make_link(node);
	if (s->server && !s->server_delay_ms && !s->link_delay_ms)
		server = start_server(s->server);
	if (write(go[1], &byte, 1) != 1)
		return false;
	if (s->link_delay_ms) {
		delay(s->link_delay_ms);
		make_link(node);
	}
	if (s->server_delay_ms || s->link_delay_ms) {
		delay(s->server_delay_ms);
		server = start_server(s->server);
	}
	waitpid(node, &status, 0);
	stop_server(server);
	(void)!system("ip link del v0 2>/dev/null");
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(go[i]);
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#define DNSMASQ                                                                          \
	"dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--interface=v0", \
		"--bind-interfaces", "--user=root", "--leasefile-ro", "--no-ping",       \
		"--log-facility=-"

static void quiet(void)
{
	if (!freopen("/dev/null", "w", stderr))
		_exit(1);
}

static void dnsmasq_with_router(void)
{
	quiet();
	execlp("dnsmasq", DNSMASQ, "--dhcp-range=10.9.0.50,10.9.0.50,255.255.255.0,1h", NULL);
}

static void dnsmasq_without_router(void)
{
	quiet();
	execlp("dnsmasq", DNSMASQ, "--dhcp-range=10.9.0.51,10.9.0.51,255.255.255.128,1h",
		"--dhcp-option=3", NULL);
}

static void dnsmasq_advertising(void)
{
	quiet();
	execlp("dnsmasq", DNSMASQ, "--dhcp-range=fd00:9::,ra-only", "--enable-ra", NULL);
}

/* Whether packets go there and back: the other end refuses a connection to a port without a server.
 */
static bool reaches(const char *address)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(1)};
	struct timeval limit = {.tv_sec = 3};
	int fd = socket(AF_INET6, SOCK_STREAM, 0), r;

	(void)inet_pton(AF_INET6, address, &to.sin6_addr);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	r = connect(fd, (struct sockaddr *)&to, sizeof(to));
	close(fd);
	return r < 0 && errno == ECONNREFUSED;
}

#define REQUIRE_TRUE(cond)            \
	do {                          \
		CHECK(cond);          \
		if (test_failures)    \
			return false; \
	} while (0)

static uint16_t up(enum net_mode mode, unsigned seconds)
{
	struct config c = {.net = mode};
	struct network_record record = {0};

	return network_up(&c, clock_ms() + seconds * 1000u, &record).code;
}

static bool node_dhcp(void)
{
	REQUIRE_TRUE(up(NET_DHCP, 20) == 0);
	CHECK(shows("ip -4 addr show dev eth0", "10.9.0.50/24"));
	CHECK(shows("ip -4 route", "default via 10.9.0.1 dev eth0"));
	CHECK(shows("ip link show dev lo", "UP"));
	CHECK(reaches("::ffff:10.9.0.1"));
	return true;
}

static void test_dhcp(void)
{
	CHECK(play(&(struct scene){.server = dnsmasq_with_router, .node = node_dhcp}));
}

static void test_dhcp_late(void)
{
	CHECK(play(&(struct scene){
		.server = dnsmasq_with_router, .link_delay_ms = 700, .node = node_dhcp}));
	CHECK(play(&(struct scene){
		.server = dnsmasq_with_router, .server_delay_ms = 1500, .node = node_dhcp}));
}

static bool node_no_router(void)
{
	REQUIRE_TRUE(up(NET_DHCP, 20) == 0);
	CHECK(shows("ip -4 addr show dev eth0", "10.9.0.51/25"));
	CHECK(shows("ip -4 route | grep -c default || true", "0"));
	return true;
}

static void test_dhcp_without_router(void)
{
	CHECK(play(&(struct scene){.server = dnsmasq_without_router, .node = node_no_router}));
}

static bool node_timeout(void)
{
	uint64_t start = clock_ms();

	CHECK(up(NET_DHCP, 2) == E_DHCP_TIMEOUT);
	CHECK(clock_ms() - start < 4000);
	CHECK(up(NET_RA, 2) == E_RA_TIMEOUT);
	return true;
}

static void test_no_server(void)
{
	CHECK(play(&(struct scene){.node = node_timeout}));
}

static bool node_no_link(void)
{
	uint64_t start = clock_ms();

	CHECK(up(NET_DHCP, 2) == E_LINK_MISSING);
	CHECK(clock_ms() - start >= 2000 && clock_ms() - start < 4000);
	return true;
}

static void test_no_link(void)
{
	CHECK(play(&(struct scene){.no_link = true, .node = node_no_link}));
}

static bool node_static(void)
{
	struct config c = {.net = NET_STATIC, .net_prefix = 32};
	struct network_record record = {0};

	(void)inet_pton(AF_INET6, "::ffff:10.9.0.77", &c.net_address);
	(void)inet_pton(AF_INET6, "::ffff:10.9.0.1", &c.net_gateway);
	CHECK(network_up(&c, clock_ms() + 5000, &record).code == 0);
	CHECK(shows("ip -4 addr show dev eth0", "10.9.0.77/32"));
	CHECK(reaches("::ffff:10.9.0.1"));
	c.net_prefix = 64;
	(void)inet_pton(AF_INET6, "fd00:9::77", &c.net_address);
	(void)inet_pton(AF_INET6, "fd00:9::1", &c.net_gateway);
	CHECK(network_up(&c, clock_ms() + 5000, &record).code == 0);
	CHECK(shows("ip -6 route", "default via fd00:9::1 dev eth0"));
	CHECK(reaches("fd00:9::1"));
	return true;
}

static void test_static(void)
{
	CHECK(play(&(struct scene){.node = node_static}));
}

static bool node_advertised(void)
{
	REQUIRE_TRUE(up(NET_RA, 30) == 0);
	CHECK(shows("ip -6 addr show dev eth0 scope global", "fd00:9:"));
	CHECK(reaches("fd00:9::1"));
	return true;
}

static void test_router_advertisement(void)
{
	CHECK(play(&(struct scene){.server = dnsmasq_advertising, .node = node_advertised}));
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
	CHECK(shows("ip -4 addr show dev eth0", "10.0.2.15/24"));
	return true;
}

static void test_hostile_server(void)
{
	CHECK(play(&(struct scene){.server = hostile_server, .node = node_hostile}));
}

int main(void)
{
	if (unshare(CLONE_NEWNET)) {
		perror("a network namespace of our own");
		return 1;
	}
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
