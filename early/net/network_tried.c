/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/net/network_tried.h"

#include <stdio.h>
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/config_text.h"
#include "early/contract/errors.h"

#define NO_ADDRESS_LEFT 2u /* RFC 8415: NoAddrsAvail */

static void dhcp_tried(const struct nic *nic, char out[NIC_WHY_MAX])
{
	if (nic->dhcp.query.type == DHCP_REQUEST)
		(void)snprintf(out, NIC_WHY_MAX, "DHCP offer, but no grant");
	else
		(void)snprintf(out, NIC_WHY_MAX, "no DHCP answer to %u requests%s",
			nic->dhcp.discovers,
			nic->link.advertised ? ", but an IPv6 router: protostar.net=ra?" : "");
}

static void router_tried(const struct nic *nic, char out[NIC_WHY_MAX])
{
	const char *text = "no router advertisement";

	if (nic->dhcp6.refusal == NO_ADDRESS_LEFT)
		text = "the DHCPv6 server has no address for it";
	else if (nic->dhcp6.refusal)
		text = "the DHCPv6 server refused";
	else if (nic->link.managed)
		text = "no DHCPv6 answer";
	else if (nic->link.advertised)
		text = "a router advertisement without a prefix for addresses";
	(void)snprintf(out, NIC_WHY_MAX, "%s", text);
}

static void nic_tried(const struct network *n, const struct nic *nic, char out[NIC_WHY_MAX])
{
	char mac[MAC_TEXT_MAX];

	mac_text(nic->link.mac, mac);
	if (nic->excluded)
		(void)snprintf(out, NIC_WHY_MAX, "%s not the one", mac);
	else if (nic->why[0] && (!nic->link.carrier || clock_ms() < nic->aside_until))
		(void)snprintf(out, NIC_WHY_MAX, "%s", nic->why);
	else if (!nic->link.carrier)
		(void)snprintf(out, NIC_WHY_MAX, "no carrier");
	else if (n->config->net == NET_DHCP)
		dhcp_tried(nic, out);
	else
		router_tried(nic, out);
}

/* All interfaces in one line; one that does not fit is cut. */
static void say_tried(const struct network *n)
{
	char text[CONSOLE_DETAIL_MAX] = "no Ethernet interface: is its driver in the image?";
	size_t len = 0;

	for (size_t i = 0; i < n->count && len < sizeof(text) - 1; i++) {
		char tried[NIC_WHY_MAX];
		int more;

		nic_tried(n, &n->nics[i], tried);
		more = snprintf(text + len, sizeof(text) - len, "%s%s %s", len ? "; " : "",
			n->nics[i].link.name, tried);
		len += more > 0 ? (size_t)more : 0;
	}
	console_detail("%s", text);
}

struct status network_timeout(const struct network *n)
{
	bool ours = false, carrier = false, managed = false;

	for (size_t i = 0; i < n->count; i++) {
		const struct nic *nic = &n->nics[i];

		ours = ours || !nic->excluded;
		carrier = carrier || (!nic->excluded && nic->link.carrier);
		managed = managed || (!nic->excluded && nic->link.managed);
	}
	say_tried(n);
	if (n->config->net_interface.given && !ours)
		return fail(E_LINK_NOT_NAMED);
	if (!carrier)
		return fail(E_LINK_MISSING);
	if (n->config->net == NET_DHCP)
		return fail(E_DHCP_TIMEOUT);
	return fail(managed ? E_DHCP6_TIMEOUT : E_RA_TIMEOUT);
}
