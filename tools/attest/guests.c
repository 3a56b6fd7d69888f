/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/attest/guests.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tools/attest/endpoint.h"
#include "tools/attest/renewal.h"
#include "tools/lib/report.h"

enum phase { ABSENT, READS_REQUEST, SENDS, READS_RENEWAL };

struct guest {
	enum phase phase;
	int fd;
	int64_t deadline_ms; /* of what the phase waits for */
	uint8_t in[ATTEST_FRAME_HEADER_LEN + CERTIFICATE_MAX];
	size_t in_len;
	uint8_t *out; /* the answer, owned */
	size_t out_len, sent;
};

struct hall {
	const struct answerer *answerer;
	int listener;
	struct guest guests[GUESTS_MAX];
};

static void enter(struct guest *g, enum phase phase)
{
	g->phase = phase;
	g->in_len = 0;
	g->deadline_ms = endpoint_now_ms() + ENDPOINT_TIMEOUT_MS;
}

static void leave(struct guest *g)
{
	close(g->fd);
	free(g->out);
	*g = (struct guest){.phase = ABSENT};
}

/* What one guest does wrong ends its connection alone. */
static void leave_with(struct guest *g, struct failure f)
{
	if (f.happened)
		complain("attest: %s", f.text);
	leave(g);
}

/* Whom to send away before the other: who is waited for, and of those whose time ends first. */
static bool goes_first(const struct guest *a, const struct guest *b)
{
	if ((a->phase == SENDS) != (b->phase == SENDS))
		return b->phase == SENDS;
	return a->deadline_ms < b->deadline_ms;
}

/* A free place, or that of a guest who goes for it. */
static struct guest *make_room(struct hall *h)
{
	struct guest *first = &h->guests[0];

	for (size_t i = 0; i < GUESTS_MAX; i++) {
		struct guest *g = &h->guests[i];

		if (g->phase == ABSENT)
			return g;
		if (goes_first(g, first))
			first = g;
	}
	leave_with(first, refuse("a silent peer made room for another one"));
	return first;
}

/* The listener itself is at fault, and not a peer that is gone again, or a machine that is full. */
static bool is_broken(int cause)
{
	return cause == EBADF || cause == EINVAL || cause == ENOTSOCK || cause == EOPNOTSUPP;
}

static struct failure welcome(struct hall *h)
{
	static const struct timespec pause = {0, 100000000};
	int fd = accept4(h->listener, NULL, NULL, SOCK_CLOEXEC);
	struct guest *g;

	if (fd < 0 && is_broken(errno))
		return refuse("accepting connections: %s", strerror(errno));
	if (fd < 0) {
		/* The peer waits until there is memory, and this loop does not spin. */
		if (errno != EINTR && errno != EAGAIN && errno != ECONNABORTED)
			(void)nanosleep(&pause, NULL);
		return failure_none();
	}
	g = make_room(h);
	g->fd = fd;
	enter(g, READS_REQUEST);
	return failure_none();
}

static void answer(const struct hall *h, struct guest *g, struct span body)
{
	struct failure f = answer_request(h->answerer, body, &g->out, &g->out_len);

	if (f.happened)
		leave_with(g, f);
	else
		enter(g, SENDS);
}

static void take_frame(const struct hall *h, struct guest *g, uint8_t type, struct span body)
{
	if (g->phase == READS_REQUEST && type == ATTEST_REQUEST)
		answer(h, g, body);
	else if (g->phase == READS_RENEWAL && type == ATTEST_RENEWAL)
		leave_with(g, answer_renewal(h->answerer, body));
	else
		leave_with(g, refuse("the peer sent a message out of order"));
}

/* Bytes of the frame that has begun; 0: it is none that may come now. */
static size_t frame_len(const struct guest *g, uint8_t *out_type)
{
	size_t most = g->phase == READS_REQUEST ? ATTEST_REQUEST_MAX : sizeof(g->in);
	size_t body_len;

	if (g->in_len < ATTEST_FRAME_HEADER_LEN)
		return ATTEST_FRAME_HEADER_LEN;
	if (!attest_frame_header(g->in, out_type, &body_len) ||
		body_len > most - ATTEST_FRAME_HEADER_LEN)
		return 0;
	return ATTEST_FRAME_HEADER_LEN + body_len;
}

static void receive(const struct hall *h, struct guest *g)
{
	uint8_t type = 0;
	size_t wanted = frame_len(g, &type);
	ssize_t n = recv(g->fd, g->in + g->in_len, wanted - g->in_len, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		leave_with(g, n < 0	  ? refuse("the connection: %s", strerror(errno))
			      : g->in_len ? refuse("the peer closed in the middle of a message")
					  : failure_none());
		return;
	}
	g->in_len += (size_t)n;
	wanted = frame_len(g, &type);
	if (!wanted)
		leave_with(g, refuse("the peer does not speak this protocol"));
	else if (g->in_len == wanted && type)
		take_frame(h, g, type,
			(struct span){
				g->in + ATTEST_FRAME_HEADER_LEN, wanted - ATTEST_FRAME_HEADER_LEN});
}

static void send_on(struct guest *g)
{
	ssize_t n = send(
		g->fd, g->out + g->sent, g->out_len - g->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		leave_with(g, refuse("the connection: %s", strerror(errno)));
		return;
	}
	g->sent += n > 0 ? (size_t)n : 0;
	if (g->sent == g->out_len)
		enter(g, READS_RENEWAL);
}

/* What to wait for, the listener last; the time until the first deadline, -1: none. */
static int64_t plan(const struct hall *h, struct pollfd fds[GUESTS_MAX + 1])
{
	int64_t first = INT64_MAX, now_ms = endpoint_now_ms();

	for (size_t i = 0; i < GUESTS_MAX; i++) {
		const struct guest *g = &h->guests[i];

		fds[i] = (struct pollfd){.fd = g->phase == ABSENT ? -1 : g->fd,
			.events = g->phase == SENDS ? POLLOUT : POLLIN};
		if (g->phase != ABSENT && g->deadline_ms < first)
			first = g->deadline_ms;
	}
	fds[GUESTS_MAX] = (struct pollfd){.fd = h->listener, .events = POLLIN};
	if (first == INT64_MAX)
		return -1;
	return first > now_ms ? first - now_ms : 0;
}

/* now_ms is of when they were looked at: the time that answers took is nobody's fault. */
static void serve_guests(struct hall *h, const struct pollfd *fds, int64_t now_ms)
{
	for (size_t i = 0; i < GUESTS_MAX; i++) {
		struct guest *g = &h->guests[i];

		if (g->phase == ABSENT)
			continue;
		if (fds[i].revents && g->phase == SENDS)
			send_on(g);
		else if (fds[i].revents)
			receive(h, g);
		else if (now_ms >= g->deadline_ms)
			leave_with(g, refuse("a peer was silent for too long"));
	}
}

static struct failure one_round(struct hall *h, const sigset_t *waiting)
{
	struct pollfd fds[GUESTS_MAX + 1];
	int64_t left_ms = plan(h, fds);
	struct timespec left = {left_ms / 1000, left_ms % 1000 * 1000000};
	int n = ppoll(fds, GUESTS_MAX + 1, left_ms < 0 ? NULL : &left, waiting);

	if (n < 0)
		return errno == EINTR ? failure_none() : refuse("poll: %s", strerror(errno));
	serve_guests(h, fds, endpoint_now_ms());
	return fds[GUESTS_MAX].revents ? welcome(h) : failure_none();
}

struct failure guests_serve(const struct answerer *a, int listener, const sigset_t *waiting,
	const volatile sig_atomic_t *stopped)
{
	struct hall *h = calloc(1, sizeof(*h));
	struct failure f = failure_none();

	if (!h)
		return refuse("out of memory");
	h->answerer = a;
	h->listener = listener;
	while (!*stopped && !f.happened)
		f = one_round(h, waiting);
	for (size_t i = 0; i < GUESTS_MAX; i++)
		if (h->guests[i].phase != ABSENT)
			leave(&h->guests[i]);
	free(h);
	return f;
}
