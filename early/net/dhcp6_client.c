/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "early/net/backoff.h"
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/net/dhcp6.h"

#define CLIENT_PORT	   546
#define SERVER_PORT	   547
#define FIRST_WAIT_MS	   1000u
#define LONGEST_WAIT_MS	   16000u
#define REQUESTS_PER_OFFER 4u
#define MESSAGES_PER_STEP  64u /* other interfaces want their turn */

static struct status prepare(int fd, const char name[IFNAMSIZ])
{
	struct sockaddr_in6 self = {.sin6_family = AF_INET6, .sin6_port = htons(CLIENT_PORT)};
	int one = 1;

	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) ||
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name) + 1) ||
		bind(fd, (struct sockaddr *)&self, sizeof(self)))
		return system_failure("DHCPv6", errno, E_DHCP6_BIND);
	return OK;
}

struct status dhcp6_client_start(
	struct dhcp6_client *c, int ifindex, const char name[IFNAMSIZ], const uint8_t mac[6])
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct status s;

	if (fd < 0)
		return system_failure("DHCPv6", errno, E_DHCP6_SOCKET);
	s = prepare(fd, name);
	if (failed(s)) {
		close(fd);
		return s;
	}
	*c = (struct dhcp6_client){.fd = fd, .ifindex = ifindex, .wait = FIRST_WAIT_MS};
	c->start = c->due = clock_ms();
	c->query.type = DHCP6_SOLICIT;
	c->query.xid = backoff_chance() & 0xffffff;
	memcpy(c->query.mac, mac, sizeof(c->query.mac));
	return OK;
}

void dhcp6_client_stop(struct dhcp6_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static struct status send_query(struct dhcp6_client *c)
{
	struct sockaddr_in6 servers = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(SERVER_PORT),
		.sin6_scope_id = (uint32_t)c->ifindex,
		/* All_DHCP_Relay_Agents_and_Servers, ff02::1:2. */
		.sin6_addr.s6_addr = {0xff, 0x02, [13] = 1, [15] = 2},
	};
	uint64_t hundredths = (clock_ms() - c->start) / 10u;
	uint8_t message[DHCP6_QUERY_MAX];
	size_t len;

	c->query.hundredths = hundredths < UINT16_MAX ? (uint16_t)hundredths : UINT16_MAX;
	c->query.offer = &c->offer;
	len = dhcp6_write(&c->query, message);
	/* As good as lost, as is a message before the link-local address has been found unique. */
	if (sendto(c->fd, message, len, MSG_NOSIGNAL, (struct sockaddr *)&servers,
		    sizeof(servers)) < 0 &&
		errno != ENOBUFS && errno != ENETDOWN && errno != EAGAIN && errno != EINTR &&
		errno != EADDRNOTAVAIL && errno != ENETUNREACH)
		return system_failure("DHCPv6", errno, E_DHCP6_SEND);
	return OK;
}

/* What a reply means; one that is out of turn means nothing. */
static void take_reply(struct dhcp6_client *c, const struct dhcp6_reply *r, bool *out_granted)
{
	bool soliciting = c->query.type == DHCP6_SOLICIT;

	if (r->status) {
		c->refusal = r->status;
		/* A refused request begins anew with the next message, when that was planned. */
		if (!soliciting && r->type == DHCP6_REPLY)
			c->requests = REQUESTS_PER_OFFER;
		return;
	}
	if (r->type == DHCP6_REPLY && (!soliciting || r->rapid)) {
		c->offer = r->offer;
		*out_granted = true;
	} else if (r->type == DHCP6_ADVERTISE && soliciting) {
		c->offer = r->offer;
		c->query.type = DHCP6_REQUEST;
		c->query.xid = backoff_chance() & 0xffffff;
		c->requests = 0;
		c->due = clock_ms();
	}
}

static struct status read_replies(struct dhcp6_client *c, bool *out_granted)
{
	uint8_t message[DHCP6_MESSAGE_MAX];
	struct dhcp6_reply reply;

	for (unsigned i = 0; i < MESSAGES_PER_STEP && !*out_granted; i++) {
		struct sockaddr_in6 from = {0};
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(
			c->fd, message, sizeof(message), 0, (struct sockaddr *)&from, &from_len);

		if (n < 0 && (errno == EAGAIN || errno == ENETDOWN || errno == EINTR))
			return OK;
		if (n < 0)
			return system_failure("DHCPv6", errno, E_DHCP6_RECEIVE);
		if (IN6_IS_ADDR_LINKLOCAL(&from.sin6_addr) &&
			dhcp6_read(message, (size_t)n, &c->query, &reply))
			take_reply(c, &reply, out_granted);
	}
	return OK;
}

static struct status send_due(struct dhcp6_client *c)
{
	if (c->query.type == DHCP6_REQUEST && c->requests < REQUESTS_PER_OFFER) {
		c->due = backoff_until(FIRST_WAIT_MS << c->requests++);
		return send_query(c);
	}
	c->query.type = DHCP6_SOLICIT;
	c->query.xid = backoff_chance() & 0xffffff;
	c->due = backoff_until(c->wait);
	c->wait = c->wait < LONGEST_WAIT_MS ? c->wait * 2 : LONGEST_WAIT_MS;
	return send_query(c);
}

struct status dhcp6_client_step(struct dhcp6_client *c, bool *out_granted)
{
	*out_granted = false;
	TRY(read_replies(c, out_granted));
	return *out_granted || clock_ms() < c->due ? OK : send_due(c);
}
