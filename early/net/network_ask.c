/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/net/network_ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/config_text.h"
#include "early/contract/errors.h"
#include "early/net/netlink.h"
#include "early/net/network_settings.h"
#include "early/net/network_tried.h"

#define ASIDE_MS 5000u
#define LOOK_MS	 1000

static void stop_clients(struct nic *nic)
{
	dhcp_client_stop(&nic->dhcp);
	dhcp6_client_stop(&nic->dhcp6);
}

/* Says why once, not at every attempt. */
static void set_aside(struct nic *nic, const char *why)
{
	stop_clients(nic);
	nic->aside_until = clock_ms() + ASIDE_MS;
	if (strncmp(nic->why, why, sizeof(nic->why) - 1) == 0)
		return;
	(void)snprintf(nic->why, sizeof(nic->why), "%s", why);
	console_say("network %s is set aside: %s", nic->link.name, nic->why);
}

void network_set_aside(struct nic *nic, struct status cause)
{
	char why[NIC_WHY_MAX];

	(void)snprintf(why, sizeof(why), "E%u %s", cause.code, console_detail_text());
	set_aside(nic, why);
}

struct network_change *network_change(struct network_record *record, int index)
{
	for (size_t i = 0; i < record->count; i++)
		if (record->links[i].index == index)
			return &record->links[i];
	if (record->count == NETWORK_LINKS_MAX)
		return NULL;
	record->links[record->count] = (struct network_change){.index = index};
	return &record->links[record->count++];
}

static bool is_chosen(const struct interface_choice *choice, const struct link *l)
{
	if (!choice->given)
		return true;
	return choice->name[0] ? strcmp(choice->name, l->name) == 0
			       : memcmp(choice->mac, l->mac, sizeof(l->mac)) == 0;
}

static struct nic *find_nic(struct network *n, int index)
{
	for (size_t i = 0; i < n->count; i++)
		if (n->nics[i].link.index == index)
			return &n->nics[i];
	return NULL;
}

static void take_link(struct network *n, const struct link *l)
{
	struct nic *nic = find_nic(n, l->index);

	if (!nic) {
		if (n->count == NETWORK_LINKS_MAX)
			return;
		nic = &n->nics[n->count++];
		*nic = (struct nic){.dhcp.fd = -1, .dhcp6.fd = -1};
	}
	nic->link = *l;
	nic->excluded = !is_chosen(&n->config->net_interface, l);
}

/* Interfaces that have gone. */
static void forget(struct network *n, const struct link *links, size_t count)
{
	for (size_t i = 0; i < n->count;) {
		bool there = false;

		for (size_t j = 0; j < count; j++)
			there = there || links[j].index == n->nics[i].link.index;
		if (there) {
			i++;
			continue;
		}
		stop_clients(&n->nics[i]);
		n->nics[i] = n->nics[--n->count];
	}
}

static struct status bring_up(struct network *n, struct nic *nic)
{
	struct network_change *change = network_change(n->record, nic->link.index);
	char why[NIC_WHY_MAX];
	int error = 0;

	if (!change) {
		set_aside(nic, "there were too many interfaces before it");
		return OK;
	}
	network_settings_keep(nic->link.name);
	TRY(link_set_up(n->fd, nic->link.index, true, &error));
	if (!error) {
		change->brought_up = true;
	} else if (error != ENODEV) { /* which is one that has gone since the look */
		(void)snprintf(why, sizeof(why), "it does not come up: %s", strerror(error));
		set_aside(nic, why);
	}
	return OK;
}

/* One look at all interfaces; those that are down are brought up, and seen at the next look. */
static struct status look(struct network *n)
{
	struct link links[NETWORK_LINKS_MAX];
	size_t count = 0;

	TRY(link_list(n->fd, links, NETWORK_LINKS_MAX, &count));
	forget(n, links, count);
	for (size_t i = 0; i < count; i++)
		take_link(n, &links[i]);
	for (size_t i = 0; i < n->count; i++) {
		struct nic *nic = &n->nics[i];

		if (!nic->excluded && !nic->link.up && clock_ms() >= nic->aside_until)
			TRY(bring_up(n, nic));
	}
	return OK;
}

static struct status ask_dhcp(struct nic *nic, struct answer *a, bool *out_won)
{
	a->kind = ANSWER_DHCP;
	if (nic->dhcp.fd < 0)
		TRY(dhcp_client_start(&nic->dhcp, nic->link.index, nic->link.mac));
	return dhcp_client_step(&nic->dhcp, out_won);
}

static struct status ask_dhcp6(struct nic *nic, struct answer *a, bool *out_won)
{
	const struct link *l = &nic->link;

	a->kind = ANSWER_DHCP6;
	if (nic->dhcp6.fd < 0) {
		TRY(dhcp6_client_start(&nic->dhcp6, l->index, l->name, l->mac));
		console_say(
			"network %s asks for an address by DHCPv6, as its router says", l->name);
	}
	return dhcp6_client_step(&nic->dhcp6, out_won);
}

/* An address made of an advertised prefix; where none is in the making, DHCPv6 if a router says so.
 */
static struct status ask_router(struct network *n, struct nic *nic, struct answer *a, bool *out_won)
{
	struct link_addresses addresses = {.index = (unsigned)nic->link.index};

	if (!nic->accepting)
		TRY(network_settings_accept(nic->link.name, E_RA_SETTING_LINK));
	nic->accepting = true;
	TRY(link_find_addresses(n->fd, &addresses));
	if (addresses.found) {
		a->kind = ANSWER_RA;
		a->address = addresses.address;
		*out_won = true;
		return OK;
	}
	if (nic->link.managed && !addresses.pending)
		return ask_dhcp6(nic, a, out_won);
	return OK;
}

static struct status ask(struct network *n, struct nic *nic, struct answer *a, bool *out_won)
{
	a->nic = nic;
	switch (n->config->net) {
	case NET_STATIC:
		a->kind = ANSWER_LINK;
		*out_won = true;
		return OK;
	case NET_RA:
		return ask_router(n, nic, a, out_won);
	case NET_DHCP:
	default:
		return ask_dhcp(nic, a, out_won);
	}
}

/* Each interface's turn. Of those that have an answer the one with the lowest index wins. */
static struct status ask_all(struct network *n, struct answer *out, bool *out_won)
{
	*out_won = false;
	for (size_t i = 0; i < n->count; i++) {
		struct nic *nic = &n->nics[i];
		struct answer a = {0};
		bool won = false;
		struct status s;

		if (nic->excluded || !nic->link.carrier || clock_ms() < nic->aside_until) {
			stop_clients(nic);
			continue;
		}
		s = ask(n, nic, &a, &won);
		if (s.code == E_DHCP_SOCKET) /* as it is with every other */
			return s;
		if (failed(s))
			network_set_aside(nic, s);
		if (won && (!*out_won || nic->link.index < out->nic->link.index)) {
			*out = a;
			*out_won = true;
		}
	}
	return OK;
}

/* Until something is announced or received, a client wants to go on, or a look is due. */
static struct status wait_for_news(struct network *n)
{
	struct pollfd polled[1 + 2 * NETWORK_LINKS_MAX] = {{.fd = n->watch, .events = POLLIN}};
	int left = clock_left(n->deadline, LOOK_MS);
	nfds_t count = 1;

	for (size_t i = 0; i < n->count; i++) {
		struct nic *nic = &n->nics[i];

		if (nic->dhcp.fd >= 0)
			left = clock_left(nic->dhcp.due, left);
		if (nic->dhcp6.fd >= 0)
			left = clock_left(nic->dhcp6.due, left);
		/* poll(2) passes over what is negative. */
		polled[count++] = (struct pollfd){.fd = nic->dhcp.fd, .events = POLLIN};
		polled[count++] = (struct pollfd){.fd = nic->dhcp6.fd, .events = POLLIN};
	}
	if (poll(polled, count, left) < 0 && errno != EINTR)
		return system_failure("poll", errno, E_LINK_WAIT);
	watch_take(n->watch);
	return OK;
}

struct status network_ask(struct network *n, struct answer *out)
{
	bool won = false;

	for (;;) {
		TRY(look(n));
		TRY(ask_all(n, out, &won));
		if (won)
			return OK;
		if (!clock_left(n->deadline, 1))
			return network_timeout(n);
		TRY(wait_for_news(n));
	}
}

struct status network_stop(struct network *n, int chosen)
{
	int error;

	for (size_t i = 0; i < n->count; i++) {
		int index = n->nics[i].link.index;
		struct network_change *change = network_change(n->record, index);

		stop_clients(&n->nics[i]);
		if (!change || !change->brought_up || index == chosen)
			continue;
		TRY(link_set_up(n->fd, index, false, &error));
		change->brought_up = error != 0;
	}
	return OK;
}
