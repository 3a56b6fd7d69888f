/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "early/net/backoff.h"
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/net/dhcp.h"

#define FIRST_WAIT_MS	   1000u
#define LONGEST_WAIT_MS	   16000u
#define REQUESTS_PER_OFFER 4u
#define PACKETS_PER_STEP   64u /* other interfaces want their turn */

struct status dhcp_client_start(struct dhcp_client *c, int ifindex, const uint8_t mac[6])
{
	struct sockaddr_ll self = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = ifindex,
	};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return system_failure("DHCP", errno, E_DHCP_SOCKET);
	if (bind(fd, (struct sockaddr *)&self, sizeof(self))) {
		struct status s = system_failure("DHCP", errno, E_DHCP_BIND);

		close(fd);
		return s;
	}
	*c = (struct dhcp_client){.fd = fd, .ifindex = ifindex, .wait = FIRST_WAIT_MS};
	c->start = c->due = c->round = clock_ms();
	memcpy(c->query.mac, mac, sizeof(c->query.mac));
	return OK;
}

void dhcp_client_stop(struct dhcp_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static struct status send_query(struct dhcp_client *c)
{
	struct sockaddr_ll all = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = c->ifindex,
		.sll_halen = 6,
		.sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	};
	uint64_t seconds = (clock_ms() - c->start) / 1000u;
	uint8_t packet[DHCP_QUERY_LEN];

	c->query.seconds = seconds < UINT16_MAX ? (uint16_t)seconds : UINT16_MAX;
	c->query.offer = &c->lease;
	dhcp_write(&c->query, packet);
	/* A queue that is full or a link that is down for a moment is as good as a lost packet. */
	if (sendto(c->fd, packet, sizeof(packet), MSG_NOSIGNAL, (struct sockaddr *)&all,
		    sizeof(all)) < 0 &&
		errno != ENOBUFS && errno != ENETDOWN && errno != EAGAIN && errno != EINTR)
		return system_failure("DHCP", errno, E_DHCP_SEND);
	return OK;
}

/* What a reply means; one that is out of turn means nothing. */
static void take_reply(struct dhcp_client *c, const struct dhcp_reply *r, bool *out_granted)
{
	if (c->query.type == DHCP_DISCOVER && r->type == DHCP_OFFER) {
		c->lease = r->lease;
		c->query.type = DHCP_REQUEST;
		c->requests = 0;
		c->due = clock_ms();
	} else if (c->query.type == DHCP_REQUEST && r->type == DHCP_ACK) {
		c->lease = r->lease;
		*out_granted = true;
	} else if (c->query.type == DHCP_REQUEST && r->type == DHCP_NAK) {
		/* The next round starts no earlier than planned, and until then nothing fits. */
		c->query.type = DHCP_DISCOVER;
		c->query.xid = backoff_chance();
		c->due = c->round;
	}
}

static struct status read_replies(struct dhcp_client *c, bool *out_granted)
{
	uint8_t packet[DHCP_PACKET_MAX];
	struct dhcp_reply reply;

	for (unsigned i = 0; i < PACKETS_PER_STEP && !*out_granted; i++) {
		ssize_t n = recv(c->fd, packet, sizeof(packet), 0);

		if (n < 0 && (errno == EAGAIN || errno == ENETDOWN || errno == EINTR))
			return OK;
		if (n < 0)
			return system_failure("DHCP", errno, E_DHCP_RECEIVE);
		if (dhcp_read(packet, (size_t)n, c->query.xid, c->query.mac, &reply))
			take_reply(c, &reply, out_granted);
	}
	return OK;
}

static struct status send_due(struct dhcp_client *c)
{
	if (c->query.type == DHCP_REQUEST && c->requests < REQUESTS_PER_OFFER) {
		c->due = backoff_until(FIRST_WAIT_MS << c->requests++);
		return send_query(c);
	}
	/* Silence to an offer that was asked for: the next round is due when it was planned. */
	c->query.type = DHCP_DISCOVER;
	if (clock_ms() < c->round) {
		c->due = c->round;
		return OK;
	}
	c->query.xid = backoff_chance();
	c->due = c->round = backoff_until(c->wait);
	c->wait = c->wait < LONGEST_WAIT_MS ? c->wait * 2 : LONGEST_WAIT_MS;
	c->discovers++;
	return send_query(c);
}

struct status dhcp_client_step(struct dhcp_client *c, bool *out_granted)
{
	*out_granted = false;
	TRY(read_replies(c, out_granted));
	/* An offer that has come is asked for at once. */
	return *out_granted || clock_ms() < c->due ? OK : send_due(c);
}
