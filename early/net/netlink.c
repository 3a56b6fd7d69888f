/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/net/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "early/clock.h"
#include "early/console.h"
#include "early/contract/errors.h"

#define ANSWER_MAX     32768u /* bytes; the kernel's own dump size */
#define ANSWER_WAIT_MS 5000u
#define WATCH_WAIT_MS  1000

static uint32_t sequence;

static size_t aligned(size_t len)
{
	return (len + 3u) & ~(size_t)3u;
}

static void *reserve(struct netlink_request *r, size_t len)
{
	void *at = r->data + r->len;

	/* Requests are of a few fields, which are known to fit. */
	if (aligned(len) > sizeof(r->data) - r->len)
		__builtin_trap();
	r->len += aligned(len);
	return at;
}

void netlink_start(struct netlink_request *r, uint16_t type, uint16_t flags, const void *fixed,
	size_t fixed_len)
{
	struct nlmsghdr head = {
		.nlmsg_type = type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
		.nlmsg_seq = ++sequence,
	};

	memset(r, 0, sizeof(*r));
	memcpy(reserve(r, sizeof(head)), &head, sizeof(head));
	memcpy(reserve(r, fixed_len), fixed, fixed_len);
}

void netlink_put(struct netlink_request *r, uint16_t attribute, const void *value, size_t len)
{
	struct rtattr head = {
		.rta_type = attribute,
		.rta_len = (uint16_t)(sizeof(head) + len),
	};
	uint8_t *at = reserve(r, head.rta_len);

	memcpy(at, &head, sizeof(head));
	memcpy(at + sizeof(head), value, len);
}

bool netlink_get(struct netlink_span in, uint16_t attribute, size_t min, struct netlink_span *out)
{
	struct rtattr head;

	while (in.len >= sizeof(head)) {
		memcpy(&head, in.data, sizeof(head));
		if (head.rta_len < sizeof(head) || head.rta_len > in.len)
			return false;
		if ((head.rta_type & NLA_TYPE_MASK) == attribute) {
			if (head.rta_len - sizeof(head) < min)
				return false;
			*out = (struct netlink_span){
				in.data + sizeof(head), head.rta_len - sizeof(head)};
			return true;
		}
		if (aligned(head.rta_len) >= in.len)
			return false;
		in.data += aligned(head.rta_len);
		in.len -= aligned(head.rta_len);
	}
	return false;
}

static struct status send_request(
	int fd, struct netlink_request *r, uint16_t flags, uint32_t *out_sequence)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct nlmsghdr head;

	memcpy(&head, r->data, sizeof(head));
	head.nlmsg_len = (uint32_t)r->len;
	head.nlmsg_flags = (uint16_t)(head.nlmsg_flags | flags);
	memcpy(r->data, &head, sizeof(head));
	if (sendto(fd, r->data, r->len, MSG_NOSIGNAL, (struct sockaddr *)&kernel, sizeof(kernel)) !=
		(ssize_t)r->len)
		return system_failure("netlink", errno, E_NETLINK_SEND);
	*out_sequence = head.nlmsg_seq;
	return OK;
}

/* One datagram from the kernel. */
static struct status receive(int fd, uint64_t deadline, uint8_t *buf, size_t size, size_t *out_len)
{
	struct sockaddr_nl from;
	ssize_t n;

	do {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		socklen_t from_len = sizeof(from);

		if (poll(&p, 1, clock_left(deadline, (int)ANSWER_WAIT_MS)) <= 0) {
			return system_failure("netlink", ETIMEDOUT, E_NETLINK_TIMEOUT);
		}
		memset(&from, 0, sizeof(from));
		n = recvfrom(fd, buf, size, 0, (struct sockaddr *)&from, &from_len);
		if (n < 0)
			return system_failure("netlink", errno, E_NETLINK_RECEIVE);
	} while (from.nl_pid != 0);
	*out_len = (size_t)n;
	return OK;
}

struct answer {
	uint32_t sequence;
	void (*each)(void *context, struct netlink_span payload);
	void *context;
	bool done;
	int error; /* the kernel's verdict: an errno value, or 0 */
};

/* The kernel's verdict: a negative errno, or 0. */
static struct status verdict(struct answer *a, struct netlink_span payload)
{
	int32_t error = 0;

	if (payload.len < sizeof(error))
		return fail(E_NETLINK_VERDICT);
	memcpy(&error, payload.data, sizeof(error));
	a->done = true;
	/* A value that is no errno must not become 0, success, when its sign is changed. */
	a->error = error > -4096 && error < 0 ? -error : error ? EPROTO : 0;
	return OK;
}

static struct status take_datagram(struct answer *a, const uint8_t *data, size_t len)
{
	struct nlmsghdr head;

	while (len && !a->done) {
		struct netlink_span payload;

		if (len < sizeof(head))
			return fail(E_NETLINK_HEAD);
		memcpy(&head, data, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > len)
			return fail(E_NETLINK_REPLY);
		payload = (struct netlink_span){data + sizeof(head), head.nlmsg_len - sizeof(head)};
		if (head.nlmsg_seq == a->sequence) {
			if (head.nlmsg_type == NLMSG_ERROR)
				TRY(verdict(a, payload));
			else if (head.nlmsg_type == NLMSG_DONE)
				a->done = true;
			else if (a->each && head.nlmsg_type >= NLMSG_MIN_TYPE)
				a->each(a->context, payload);
		}
		if (aligned(head.nlmsg_len) >= len)
			return OK;
		data += aligned(head.nlmsg_len);
		len -= aligned(head.nlmsg_len);
	}
	return OK;
}

static struct status exchange(int fd, struct netlink_request *r, uint16_t flags, struct answer *a)
{
	static _Alignas(8) uint8_t buf[ANSWER_MAX];
	uint64_t deadline = clock_ms() + ANSWER_WAIT_MS;
	size_t len;

	TRY(send_request(fd, r, flags, &a->sequence));
	while (!a->done) {
		TRY(receive(fd, deadline, buf, sizeof(buf), &len));
		TRY(take_datagram(a, buf, len));
	}
	return OK;
}

struct status netlink_ask(int fd, struct netlink_request *r, int *out_error)
{
	struct answer a = {0};

	TRY(exchange(fd, r, NLM_F_ACK, &a));
	*out_error = a.error;
	return OK;
}

static struct status accepted(int error)
{
	return error ? system_failure("netlink", error, E_NETLINK_REFUSED) : OK;
}

struct status netlink_call(int fd, struct netlink_request *r)
{
	int error = 0;

	TRY(netlink_ask(fd, r, &error));
	return accepted(error);
}

struct status netlink_dump(int fd, struct netlink_request *r,
	void (*each)(void *context, struct netlink_span payload), void *context)
{
	struct answer a = {.each = each, .context = context};

	TRY(exchange(fd, r, NLM_F_DUMP, &a));
	return accepted(a.error);
}

struct status netlink_open(int *out_fd)
{
	return watch_open(NETLINK_ROUTE, 0, E_NETLINK_OPEN, out_fd);
}

struct status watch_open(int protocol, uint32_t groups, uint16_t code, int *out_fd)
{
	struct sockaddr_nl self = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return system_failure("netlink", errno, code);
	if (bind(fd, (struct sockaddr *)&self, sizeof(self))) {
		struct status s = system_failure("netlink", errno, code);

		close(fd);
		return s;
	}
	*out_fd = fd;
	return OK;
}

void watch_take(int fd)
{
	uint8_t dropped[1];

	/* ENOBUFS says that announcements were lost; looking again makes up for that, too. */
	while (recv(fd, dropped, sizeof(dropped), MSG_DONTWAIT) >= 0 || errno == ENOBUFS)
		continue;
}

struct status watch_wait(int fd, uint64_t deadline, uint16_t code)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (poll(&p, 1, clock_left(deadline, WATCH_WAIT_MS)) < 0 && errno != EINTR)
		return system_failure("netlink", errno, code);
	watch_take(fd);
	return OK;
}
