/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/join/listen.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "early/clock.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/net/net_connect.h"

/*
 * Connections that wait in the kernel in the order in which they came, so that a crowd delays the
 * operator and does not keep him out; and the bytes of each that it keeps, half of what it counts.
 * All that wait together take some 20 MiB at most.
 */
#define BACKLOG	      2048
#define RECEIVE_BYTES 4096

#define PAUSE_MS      100  /* after accept(2) failed: what it lacks does not come back at once */
#define OPEN_AGAIN_MS 5000 /* after the socket could not be had */
#define LINES_MAX     8u   /* on the console, whoever connects how often */

void listen_start(struct listener *l, uint64_t from_ms)
{
	l->fd = -1;
	l->next_ms = from_ms;
	l->said = 0;
}

void listen_put_off(struct listener *l, uint64_t from_ms)
{
	if (l->fd < 0)
		l->next_ms = from_ms;
}

/* An IPv6 socket takes both families; a kernel without IPv6 has the other. */
static int new_socket(struct sockaddr_storage *address, socklen_t *len, uint16_t port)
{
	const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	int zero = 0, fd = socket(AF_INET6, type, 0);

	if (fd >= 0) {
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
		memcpy(address, &six, sizeof(six));
		*len = sizeof(six);
		return fd;
	}
	memcpy(address, &four, sizeof(four));
	*len = sizeof(four);
	return socket(AF_INET, type, 0);
}

/* What a connection gets of the socket that it came by. */
static void set_options(int fd)
{
	int one = 1, bytes = RECEIVE_BYTES, segment = SEGMENT_MAX_IPV4;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

static struct status open_socket(struct listener *l, const struct config *config)
{
	struct sockaddr_storage address = {0};
	struct status s = OK;
	socklen_t len;
	int fd = new_socket(&address, &len, (uint16_t)config->listen_port);

	if (fd < 0)
		return system_failure("socket", errno, E_LISTEN_SOCKET);
	set_options(fd);
	if (bind(fd, (struct sockaddr *)&address, len))
		s = system_failure("bind", errno, E_LISTEN_BIND);
	else if (listen(fd, BACKLOG))
		s = system_failure("listen", errno, E_LISTEN);
	if (failed(s)) {
		close(fd);
		return s;
	}
	l->fd = fd;
	console_say("listening for the operator on port %u", config->listen_port);
	return OK;
}

/*
 * The place for a newcomer: an idle one, else that of the handshake that has been silent for
 * longest. LISTEN_PLACES: there is none.
 */
static size_t choose_place(const struct listener *l)
{
	size_t best = LISTEN_PLACES;

	for (size_t i = 0; i < LISTEN_PLACES; i++) {
		const struct peer *p = &l->places[i];

		if (p->state == PEER_IDLE)
			return i;
		if (p->state == PEER_HANDSHAKE &&
			(best == LISTEN_PLACES || p->heard_ms < l->places[best].heard_ms))
			best = i;
	}
	return best;
}

/* When the next newcomer may be taken. */
static uint64_t open_from(const struct listener *l)
{
	size_t i = choose_place(l);
	uint64_t free_ms = 0;

	if (i == LISTEN_PLACES)
		return UINT64_MAX;
	if (l->places[i].state != PEER_IDLE)
		free_ms = l->places[i].heard_ms + LISTEN_SILENT_MS;
	return free_ms > l->next_ms ? free_ms : l->next_ms;
}

static void take_newcomer(struct listener *l, const struct config *config)
{
	struct peer *place = &l->places[choose_place(l)];
	int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0)
		peer_close(place);
	if (fd < 0 ? errno != EAGAIN : failed(peer_accept(place, config, fd)))
		l->next_ms = clock_ms() + PAUSE_MS;
}

/* Moves one on; what it ends with is its own matter. True: it has a whole message. */
static bool step_one(struct listener *l, struct peer *p)
{
	struct span body;
	struct status s;
	uint8_t type;

	if (p->state == PEER_IDLE)
		return false;
	console_detail("%s", "");
	s = peer_step(p);
	if (!failed(s))
		return peer_frame(p, &type, &body);
	peer_close(p);
	if (l->said++ < LINES_MAX)
		console_say("not the operator: E%u %s%s", s.code, error_text(s.code),
			console_detail_note());
	return false;
}

nfds_t listen_poll(const struct listener *l, struct pollfd *out, uint64_t *deadline_ms)
{
	uint64_t from = open_from(l), now = clock_ms();
	nfds_t n = 0;

	if (l->fd >= 0 && now >= from)
		out[n++] = (struct pollfd){.fd = l->fd, .events = POLLIN};
	else if (from < *deadline_ms)
		*deadline_ms = from;
	for (size_t i = 0; i < LISTEN_PLACES; i++) {
		const struct peer *p = &l->places[i];

		if (p->state != PEER_IDLE)
			out[n++] = peer_poll(p, deadline_ms);
	}
	return n;
}

static void open_or_say(struct listener *l, const struct config *config)
{
	struct status s = open_socket(l, config);

	if (!failed(s))
		return;
	console_say("operator E%u %s%s", s.code, error_text(s.code), console_detail_note());
	l->next_ms = clock_ms() + OPEN_AGAIN_MS;
}

struct peer *listen_step(struct listener *l, const struct config *config)
{
	if (clock_ms() >= open_from(l)) {
		if (l->fd < 0)
			open_or_say(l, config);
		else
			take_newcomer(l, config);
	}
	for (size_t i = 0; i < LISTEN_PLACES; i++) {
		if (step_one(l, &l->places[i]))
			return &l->places[i];
	}
	return NULL;
}

void listen_drop(struct listener *l, const struct peer *keep)
{
	for (size_t i = 0; i < LISTEN_PLACES; i++) {
		if (&l->places[i] != keep)
			peer_close(&l->places[i]);
	}
}

void listen_close(struct listener *l)
{
	listen_drop(l, NULL);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}
