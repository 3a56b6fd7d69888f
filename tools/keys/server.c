/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/server.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "tools/lib/report.h"

#define ACCEPT_PAUSE_MS 100  /* what accept4() lacks does not come back at once */
#define SLOW_MS		5000 /* that a request may take to come, and an answer to be taken */

struct client {
	int fd;		  /* -1: the place is free */
	int64_t since_ms; /* the last byte went either way, in the clock of now_ms() */
	uint64_t turn;	  /* the same, in the order of all connections */
	uint8_t *in;	  /* KEYS_REQUEST_MAX bytes of locked memory: join material passes */
	size_t in_len;
	uint8_t out[KEYS_REPLY_MAX]; /* sealed, or no secret */
	size_t out_len, out_done;
};

struct keys_server {
	struct kek_engine *engine;
	const struct keys_users *users;
	const struct keys_tenants *tenants;
	int listener;
	bool one; /* ends with its one connection */
	uint64_t turns;
	uint8_t *locked;
	struct client clients[KEYS_CLIENTS_MAX];
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool waiting(const struct client *c)
{
	return c->in_len || c->out_len;
}

static void end_client(struct client *c)
{
	close(c->fd);
	wipe(c->in, c->in_len);
	c->fd = -1;
	c->in_len = c->out_len = c->out_done = 0;
}

/* Whoever is at the other end was one of the users when it connected. */
static bool may_ask(const struct keys_server *s, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) || len != sizeof(peer))
		return false;
	for (size_t i = 0; i < s->users->count; i++)
		if (s->users->ids[i] == peer.uid)
			return true;
	complain("user %u connected, who may not: --allow-user lets others ask", peer.uid);
	return false;
}

/* A free place, or that of who has been silent for longest and has asked nothing. */
static struct client *place(struct keys_server *s)
{
	struct client *oldest = NULL;

	for (size_t i = 0; i < KEYS_CLIENTS_MAX; i++) {
		struct client *c = &s->clients[i];

		if (c->fd < 0)
			return c;
		if (!waiting(c) && (!oldest || c->turn < oldest->turn))
			oldest = c;
	}
	if (oldest)
		end_client(oldest);
	return oldest;
}

static void take(struct keys_server *s, int fd)
{
	struct client *c = may_ask(s, fd) ? place(s) : NULL;

	if (!c) {
		close(fd);
		return;
	}
	c->fd = fd;
	c->since_ms = now_ms();
	c->turn = ++s->turns;
}

/* Writes what is left of the answer. False when the connection is over. */
static bool write_out(struct client *c)
{
	ssize_t n = send(
		c->fd, c->out + c->out_done, c->out_len - c->out_done, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->since_ms = now_ms();
	c->out_done += (size_t)n;
	if (c->out_done == c->out_len)
		c->out_len = c->out_done = 0;
	return true;
}

/* Answers the requests that have come whole, as long as their answers are taken. */
static bool answer(struct keys_server *s, struct client *c)
{
	struct keys_frame frame;
	struct wire_writer w;

	while (!c->out_len) {
		long len = keys_frame_get(
			(struct span){c->in, c->in_len}, KEYS_REQUEST_MAX, &frame);

		if (len <= 0)
			return len == 0;
		wire_write_start(&w, c->out, sizeof(c->out));
		if (!keys_handle(s->engine, s->tenants, &frame, &w))
			return false;
		c->out_len = w.len;
		memmove(c->in, c->in + len, c->in_len - (size_t)len);
		wipe(c->in + c->in_len - (size_t)len, (size_t)len);
		c->in_len -= (size_t)len;
		if (!write_out(c))
			return false;
	}
	return true;
}

/* False when the connection is over: its other end closed it, or does not speak as it should. */
static bool read_in(struct keys_server *s, struct client *c)
{
	ssize_t n = recv(c->fd, c->in + c->in_len, KEYS_REQUEST_MAX - c->in_len, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!n)
		return false;
	if (!c->in_len)
		c->since_ms = now_ms();
	c->turn = ++s->turns;
	c->in_len += (size_t)n;
	return answer(s, c);
}

/* Does what can be done on it now; false when it is over. */
static bool step(struct keys_server *s, struct client *c, short events, int64_t now)
{
	if (events & (POLLERR | POLLNVAL))
		return false;
	if (events & POLLOUT)
		return write_out(c) && answer(s, c);
	if (events & (POLLIN | POLLHUP))
		return read_in(s, c);
	return !waiting(c) || now - c->since_ms < SLOW_MS;
}

static void look(struct keys_server *s)
{
	struct pollfd fds[KEYS_CLIENTS_MAX + 1];
	int timeout = -1;
	int64_t now;

	for (size_t i = 0; i < KEYS_CLIENTS_MAX; i++) {
		const struct client *c = &s->clients[i];

		fds[i] = (struct pollfd){.fd = c->fd, .events = c->out_len ? POLLOUT : POLLIN};
		if (c->fd >= 0 && waiting(c))
			timeout = SLOW_MS;
	}
	fds[KEYS_CLIENTS_MAX] = (struct pollfd){.fd = s->listener, .events = POLLIN};
	if (poll(fds, KEYS_CLIENTS_MAX + 1, timeout) < 0)
		return;
	now = now_ms();
	for (size_t i = 0; i < KEYS_CLIENTS_MAX; i++)
		if (s->clients[i].fd >= 0 && !step(s, &s->clients[i], fds[i].revents, now))
			end_client(&s->clients[i]);
	if (fds[KEYS_CLIENTS_MAX].revents) {
		int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0)
			take(s, fd);
		else if (errno != EAGAIN)
			(void)poll(NULL, 0, ACCEPT_PAUSE_MS);
	}
}

struct failure keys_server_open(struct kek_engine *e, const struct keys_users *users,
	const struct keys_tenants *tenants, int listener, int connected, struct keys_server **out)
{
	size_t clients = connected >= 0 ? 1 : KEYS_CLIENTS_MAX, len = clients * KEYS_REQUEST_MAX;
	struct keys_server *s = calloc(1, sizeof(*s));
	void *locked;

	if (!s)
		return refuse("out of memory");
	locked = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (locked == MAP_FAILED || mlock(locked, len)) {
		free(s);
		return refuse("no locked memory for connections: raise RLIMIT_MEMLOCK");
	}
	madvise(locked, len, MADV_DONTDUMP);
	*s = (struct keys_server){.engine = e,
		.users = users,
		.tenants = tenants,
		.listener = listener,
		.one = connected >= 0,
		.locked = locked};
	for (size_t i = 0; i < KEYS_CLIENTS_MAX; i++)
		s->clients[i].fd = -1;
	for (size_t i = 0; i < clients; i++)
		s->clients[i].in = s->locked + i * KEYS_REQUEST_MAX;
	if (s->one)
		take(s, connected);
	*out = s;
	return failure_none();
}

struct failure keys_server_run(struct keys_server *s)
{
	if (s->one && s->clients[0].fd < 0)
		return refuse("the connection is none of a Unix socket, or of a user who may not "
			      "ask");
	while (!s->one || s->clients[0].fd >= 0)
		look(s);
	return failure_none();
}

void keys_server_close(struct keys_server *s)
{
	for (size_t i = 0; i < KEYS_CLIENTS_MAX; i++)
		if (s->clients[i].fd >= 0)
			end_client(&s->clients[i]);
	free(s);
}
