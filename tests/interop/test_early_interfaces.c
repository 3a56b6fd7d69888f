/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network stage on machines with several interfaces: PID 1's own code in a network namespace,
 * dnsmasq at the other end. q0 is the other end of an interface on a network without a server.
 */
#include <stdlib.h>
#include <sys/types.h>
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/net/network.h"
#include "tests/interop/network_scene.h"
#include "tests/unit/test.h"

#define MAC0 "52:54:00:00:00:10"
#define MAC1 "52:54:00:00:00:11"

static struct network_record record;

static uint16_t up(const struct config *c, unsigned seconds)
{
	memset(&record, 0, sizeof(record));
	return network_up(c, clock_ms() + seconds * 1000u, &record).code;
}

static uint16_t up_dhcp(unsigned seconds)
{
	return up(&(struct config){.net = NET_DHCP}, seconds);
}

static bool detail_has(const char *text)
{
	bool has = strstr(console_detail_text(), text) != NULL;

	if (!has)
		fprintf(stderr, "no \"%s\" in the detail: %s\n", text, console_detail_text());
	return has;
}

/* What the record says of the interface that the kernel gave this index; all zero: nothing. */
static struct network_change changed(int index)
{
	for (size_t i = 0; i < record.count; i++)
		if (record.links[i].index == index)
			return record.links[i];
	return (struct network_change){0};
}

static int index_of(const char *name)
{
	char path[64];
	int index = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "ip -o link show %s", name);
	f = popen(path, "r");
	if (!f || fscanf(f, "%d:", &index) != 1)
		index = 0;
	if (f)
		pclose(f);
	return index;
}

static void one_address(void)
{
	DNSMASQ("--dhcp-range=10.9.0.50,10.9.0.50,255.255.255.0,1h");
}

static void silent_link(pid_t node, const char *name)
{
	scene_run("ip link add q0 type veth peer name %s netns %d", name, (int)node);
	scene_run("ip link set q0 up");
}

/* The first interface has a carrier, and nobody answers there. */
static void silent_first(pid_t node)
{
	silent_link(node, "eth0");
	scene_link(node, "eth1");
}

static bool node_second(void)
{
	REQUIRE_TRUE(up_dhcp(20) == 0);
	CHECK(scene_shows("ip -4 addr show dev eth1", "10.9.0.50/24"));
	CHECK(scene_reaches("::ffff:10.9.0.1"));
	CHECK(record.chosen == index_of("eth1"));
	CHECK(changed(index_of("eth1")).brought_up);
	/* The other one is left as it was found. */
	CHECK(scene_shows("ip link show dev eth0", "state DOWN"));
	CHECK(!changed(index_of("eth0")).brought_up);
	CHECK(changed(index_of("lo")).brought_up);
	return true;
}

static void test_second_answers(void)
{
	CHECK(PLAY(.links = silent_first, .server = one_address, .node = node_second));
	CHECK(PLAY(.links = silent_first, .server = one_address, .link_delay_ms = 700,
		.node = node_second));
	CHECK(PLAY(.links = silent_first, .server = one_address, .server_delay_ms = 2500,
		.node = node_second));
}

/* Of two macvlans with one address the kernel brings up one; the other is the node's. */
static void refusing_first(pid_t node)
{
	scene_run("ip link add q0 type veth peer name q1");
	scene_run("ip link set q0 up");
	scene_run("ip link add link q0 name m0 address " MAC0 " type macvlan");
	scene_run("ip link set m0 up");
	scene_run("ip link add link q0 name bad0 address " MAC0 " type macvlan");
	scene_run("ip link set bad0 netns %d", (int)node);
	scene_link(node, "eth1");
}

static bool node_refused(void)
{
	REQUIRE_TRUE(up_dhcp(20) == 0);
	CHECK(scene_shows("ip -4 addr show dev eth1", "10.9.0.50/24"));
	return true;
}

static bool node_all_refuse(void)
{
	CHECK(up_dhcp(2) == E_DHCP_TIMEOUT);
	CHECK(detail_has("bad0 it does not come up: "));
	CHECK(detail_has("eth1 no DHCP answer to "));
	return true;
}

static void test_refuses_to_come_up(void)
{
	CHECK(PLAY(.links = refusing_first, .server = one_address, .node = node_refused));
	CHECK(PLAY(.links = refusing_first, .node = node_all_refuse));
}

/* Two interfaces on one network, which a bridge makes. */
static void both_answer(pid_t node)
{
	scene_run("ip link add v0 type bridge");
	scene_run("ip link add q0 type veth peer name eth0 address " MAC0 " netns %d", (int)node);
	scene_run("ip link add q1 type veth peer name eth1 address " MAC1 " netns %d", (int)node);
	scene_run("ip link set q0 master v0 up && ip link set q1 master v0 up");
	scene_run("ip addr add 10.9.0.1/24 dev v0 && ip link set v0 up");
}

static void several_addresses(void)
{
	DNSMASQ("--dhcp-range=10.9.0.50,10.9.0.60,255.255.255.0,1h");
}

static bool chooses(const struct config *c, const char *chosen, const char *other)
{
	char command[64];

	REQUIRE_TRUE(up(c, 20) == 0);
	(void)snprintf(command, sizeof(command), "ip -4 addr show dev %s", chosen);
	CHECK(scene_shows(command, "10.9.0."));
	(void)snprintf(command, sizeof(command), "ip link show dev %s", other);
	CHECK(scene_shows(command, "state DOWN"));
	return true;
}

static bool node_chooses_by_mac(void)
{
	static const struct config c = {
		.net_interface = {.given = true, .mac = {0x52, 0x54, 0, 0, 0, 0x11}}};

	return chooses(&c, "eth1", "eth0");
}

static bool node_chooses_by_name(void)
{
	static const struct config c = {.net_interface = {.given = true, .name = "eth0"}};

	return chooses(&c, "eth0", "eth1");
}

static bool node_chooses_none(void)
{
	static const struct config c = {.net_interface = {.given = true, .name = "eth7"}};

	CHECK(up(&c, 2) == E_LINK_NOT_NAMED);
	CHECK(detail_has("eth0 " MAC0 " not the one; eth1 " MAC1 " not the one"));
	CHECK(scene_shows("ip link show dev eth0", "state DOWN"));
	return true;
}

static void test_chosen_interface(void)
{
	static bool (*const nodes[])(void) = {
		node_chooses_by_mac, node_chooses_by_name, node_chooses_none};

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		CHECK(PLAY(.links = both_answer, .server = several_addresses, .node = nodes[i]));
}

static void no_carrier(pid_t node)
{
	scene_run("ip link add q0 type veth peer name eth0 netns %d", (int)node);
}

static bool node_no_carrier(void)
{
	CHECK(up_dhcp(2) == E_LINK_MISSING);
	CHECK(detail_has("eth0 no carrier"));
	return true;
}

static bool node_no_interface(void)
{
	CHECK(up_dhcp(1) == E_LINK_MISSING);
	CHECK(detail_has("no Ethernet interface: is its driver in the image?"));
	return true;
}

static bool node_silent(void)
{
	CHECK(up_dhcp(3) == E_DHCP_TIMEOUT);
	CHECK(detail_has("eth0 no DHCP answer to ") && detail_has("; eth1 no DHCP answer to "));
	CHECK(up(&(struct config){.net = NET_RA}, 2) == E_RA_TIMEOUT);
	CHECK(detail_has("eth0 no router advertisement; eth1 no router advertisement"));
	return true;
}

static void test_failures_name_interfaces(void)
{
	CHECK(PLAY(.links = no_carrier, .node = node_no_carrier));
	CHECK(PLAY(.no_link = true, .node = node_no_interface));
	CHECK(PLAY(.links = silent_first, .node = node_silent));
}

/* Pulls the silent interface out while it is asked, some time before the server comes. */
static void pull_and_answer(void)
{
	scene_run("ip link del q0");
	scene_delay(500);
	one_address();
}

static void test_interface_goes_away(void)
{
	CHECK(PLAY(.links = silent_first, .server = pull_and_answer, .server_delay_ms = 1500,
		.node = node_refused));
}

int main(void)
{
	scene_namespace();
	RUN(test_second_answers);
	RUN(test_refuses_to_come_up);
	RUN(test_chosen_interface);
	RUN(test_failures_name_interfaces);
	RUN(test_interface_goes_away);
	return test_summary();
}
