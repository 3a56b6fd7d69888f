#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/dhcp.h"

#define FIRST_WAIT_MS	   1000u
#define LONGEST_WAIT_MS	   16000u
#define REQUESTS_PER_OFFER 4u

struct client {
	int fd, ifindex;
	uint64_t start, deadline;
	struct dhcp_query query;
	struct dhcp_lease offer; /* the query's, and in the end what was granted */
};

static struct status open_socket(struct client *c)
{
	struct sockaddr_ll self = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = c->ifindex,
	};

	c->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return system_failure("DHCP", errno, E_DHCP_SOCKET);
	if (bind(c->fd, (struct sockaddr *)&self, sizeof(self))) {
		struct status s = system_failure("DHCP", errno, E_DHCP_BIND);

		close(c->fd);
		return s;
	}
	return OK;
}

/* Only against chance: an answer is matched by it, nothing is trusted because of it. */
static uint32_t chance(void)
{
	uint32_t v = (uint32_t)clock_ms();

	if (getrandom(&v, sizeof(v), GRND_NONBLOCK) != (ssize_t)sizeof(v))
		v *= 2654435761u;
	return v;
}

static struct status send_query(struct client *c, enum dhcp_type type)
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

	c->query.type = type;
	c->query.seconds = seconds < UINT16_MAX ? (uint16_t)seconds : UINT16_MAX;
	dhcp_write(&c->query, packet);
	/* A queue that is full or a link that is down for a moment is as good as a lost packet. */
	if (sendto(c->fd, packet, sizeof(packet), MSG_NOSIGNAL, (struct sockaddr *)&all,
		    sizeof(all)) < 0 &&
		errno != ENOBUFS && errno != ENETDOWN && errno != EAGAIN && errno != EINTR)
		return system_failure("DHCP", errno, E_DHCP_SEND);
	return OK;
}

/* Waits for a reply to the query until `until`; *out_got says whether one came. */
static struct status await_reply(
	struct client *c, uint64_t until, struct dhcp_reply *out, bool *out_got)
{
	uint8_t packet[DHCP_PACKET_MAX];
	int left;

	*out_got = false;
	if (until > c->deadline)
		until = c->deadline;
	while (!*out_got && (left = clock_left(until, (int)LONGEST_WAIT_MS)) > 0) {
		struct pollfd p = {.fd = c->fd, .events = POLLIN};
		int ready = poll(&p, 1, left);
		ssize_t n = ready > 0 ? recv(c->fd, packet, sizeof(packet), 0) : 0;

		if ((ready < 0 || n < 0) && errno != EINTR && errno != ENETDOWN && errno != EAGAIN)
			return system_failure("DHCP", errno, E_DHCP_RECEIVE);
		*out_got = ready > 0 && n > 0 &&
			   dhcp_read(packet, (size_t)n, c->query.xid, c->query.mac, out);
	}
	return OK;
}

/* Between wait_ms and half as much again. */
static uint64_t wait_until(unsigned wait_ms)
{
	return clock_ms() + wait_ms + chance() % (wait_ms / 2);
}

/* Asks the server that offered for its offer; *out_got says whether it granted it. */
static struct status request(struct client *c, bool *out_got)
{
	unsigned wait = FIRST_WAIT_MS;

	*out_got = false;
	for (unsigned i = 0; i < REQUESTS_PER_OFFER && clock_ms() < c->deadline; i++, wait *= 2) {
		uint64_t until = wait_until(wait);
		struct dhcp_reply reply;
		bool got;

		TRY(send_query(c, DHCP_REQUEST));
		do {
			TRY(await_reply(c, until, &reply, &got));
		} while (got && reply.type == DHCP_OFFER);
		if (!got)
			continue;
		*out_got = reply.type == DHCP_ACK;
		if (*out_got)
			c->offer = reply.lease;
		return OK;
	}
	return OK;
}

static struct status obtain(struct client *c)
{
	unsigned wait = FIRST_WAIT_MS;
	struct dhcp_reply reply;

	while (clock_ms() < c->deadline) {
		uint64_t until = wait_until(wait);
		bool got;

		c->query.xid = chance();
		TRY(send_query(c, DHCP_DISCOVER));
		do {
			TRY(await_reply(c, until, &reply, &got));
		} while (got && reply.type != DHCP_OFFER);
		if (got) {
			c->offer = reply.lease;
			TRY(request(c, &got));
			if (got)
				return OK;
			/* Refused, or silence: the next round starts no earlier than planned. */
			(void)poll(NULL, 0, clock_left(until, (int)LONGEST_WAIT_MS));
		}
		wait = wait < LONGEST_WAIT_MS ? wait * 2 : LONGEST_WAIT_MS;
	}
	return fail(E_DHCP_TIMEOUT);
}

struct status dhcp_obtain(
	int ifindex, const uint8_t mac[6], uint64_t deadline, struct dhcp_lease *out)
{
	struct client c = {.ifindex = ifindex, .start = clock_ms(), .deadline = deadline};
	struct status s;

	memcpy(c.query.mac, mac, sizeof(c.query.mac));
	c.query.offer = &c.offer;
	TRY(open_socket(&c));
	s = obtain(&c);
	close(c.fd);
	if (!failed(s))
		*out = c.offer;
	return s;
}
