/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/net/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/serve/net/connection_frames.h"
#include "tools/serve/join/exchange.h"
#include "tools/serve/join/record.h"
#include "tools/serve/net/tls_refusal.h"

/* In one call: so that others get their turn, whatever a peer keeps sending. */
#define STEPS_MAX 64

enum step {
	STEP_MADE,
	STEP_REFUSED, /* by the socket; waits_for says in which direction */
	STEP_CUT,     /* the peer closed the connection, or the network did */
	STEP_LAST     /* there is no memory to go on */
};

struct connection *connection_open(int fd, const char *peer)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c) {
		close(fd);
		return NULL;
	}
	c->fd = fd;
	c->waits_for = EPOLLIN;
	snprintf(c->exchange.peer, sizeof(c->exchange.peer), "%s", peer);
	list_init(&c->server.by_deadline);
	list_init(&c->server.ready);
	list_init(&c->server.dropped);
	return c;
}

void connection_end(struct connection *c, struct service *s)
{
	if (c->unsent && c->exchange.phase == EXCHANGE_COMMIT)
		record_unsent(s, &c->exchange);
}

static void drop_tls(struct connection *c)
{
	session_close(c->tls);
	c->tls = NULL;
}

/* The next of what is thrown away. */
static ssize_t receive_scrap(struct connection *c)
{
	uint8_t scrap[4096];

	return recv(c->fd, scrap, sizeof(scrap), MSG_DONTWAIT);
}

void connection_close(struct connection *c)
{
	frames_drop_body(c);
	frames_drop_reply(c);
	exchange_end(&c->exchange);
	drop_tls(c);
	/* A socket with unread bytes is reset, which could overtake the last word. */
	for (unsigned i = 0; c->lingering && i < STEPS_MAX && receive_scrap(c) > 0; i++)
		;
	close(c->fd);
	free(c);
}

static enum step step_if(bool good)
{
	return good ? STEP_MADE : STEP_LAST;
}

/* What a call on the socket came to; zero bytes are the peer's end. */
static enum step moved(struct connection *c, ssize_t n, uint32_t direction)
{
	if (n > 0)
		return STEP_MADE;
	if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
		return STEP_CUT;
	c->waits_for = direction;
	return STEP_REFUSED;
}

enum stage connection_stage(const struct connection *c)
{
	if (c->lingering)
		return STAGE_ENDING;
	if (c->granted)
		return STAGE_GRANT;
	if (c->exchange.phase == EXCHANGE_HANDSHAKE)
		return c->heard ? STAGE_HANDSHAKE : STAGE_SILENT;
	return c->exchange.phase == EXCHANGE_OVER ? STAGE_ENDING : STAGE_EVIDENCE;
}

bool connection_heard(struct connection *c)
{
	uint8_t byte;

	c->heard = c->heard || recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
	return c->heard;
}

/* A socket that says nothing costs neither the memory of a session nor the work of starting one. */
static enum step start_tls(struct connection *c, struct service *s)
{
	uint8_t hello[HELLO_LOOK_MAX];
	ssize_t n = recv(c->fd, hello, sizeof(hello), MSG_PEEK | MSG_DONTWAIT);

	if (n <= 0)
		return moved(c, n, EPOLLIN);
	c->heard = true;
	c->tls13_only = hello_is_tls13_only(hello, (size_t)n);
	c->tls = session_open(s->tls);
	return step_if(c->tls);
}

static enum step send_records(struct connection *c)
{
	size_t len;
	uint8_t *records = session_send_buf(c->tls, &len);
	ssize_t n = send(c->fd, records, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0)
		session_send_ack(c->tls, (size_t)n);
	return moved(c, n, EPOLLOUT);
}

static enum step receive_records(struct connection *c)
{
	size_t len;
	uint8_t *buffer = session_recv_buf(c->tls, &len);
	ssize_t n = buffer ? recv(c->fd, buffer, len, MSG_DONTWAIT) : 0;

	if (n > 0)
		session_recv_ack(c->tls, (size_t)n);
	return moved(c, n, EPOLLIN);
}

/* All is said. The peer is given the time to hear it; nothing that it sends is input_checked at. */
static enum step linger(struct connection *c)
{
	frames_drop_body(c);
	drop_tls(c);
	shutdown(c->fd, SHUT_WR);
	c->lingering = true;
	return STEP_MADE;
}

/* TLS has failed: the log says why, whether the peer gets to know or not. */
static void log_failure(struct connection *c, struct service *s)
{
	char detail[TLS_REFUSAL_TEXT_MAX];

	if (c->broken)
		return;
	c->broken = true;
	c->reason = tls_refusal(c->tls, c->tls13_only);
	c->peer_alert = session_peer_alert(c->tls);
	tls_refusal_text(c->tls, detail);
	refusal_log(&s->refusals, &s->log, c->reason, c->exchange.peer, detail);
}

/* A session that failed has sent its alert, unless it was the peer that gave up. */
static enum step session_closed(struct connection *c)
{
	return c->broken && session_fault(c->tls) != TLS_PEER_ALERT ? linger(c) : STEP_CUT;
}

/* The end was not the service's word. Who never said anything may close when he likes. */
static void log_ending(const struct connection *c, struct service *s, enum refusal reason)
{
	static const char *const when[] = {
		[EXCHANGE_HANDSHAKE] = "in the handshake",
		[EXCHANGE_EVIDENCE] = "before the evidence",
		[EXCHANGE_PROOF] = "before the challenge was answered",
		[EXCHANGE_COMMIT] = "before the grant was committed",
		[EXCHANGE_COMMIT_NEXT] = "before the change of keys was committed",
	};

	if (c->heard && !c->broken && !c->lingering && c->exchange.phase != EXCHANGE_OVER)
		refusal_log(
			&s->refusals, &s->log, reason, c->exchange.peer, when[c->exchange.phase]);
}

/* True when it is for the service to write_output. */
static bool has_output(const struct connection *c)
{
	return c->closing || (c->reply && (c->input_checked || c->reply_sent));
}

static void write_output(struct connection *c)
{
	if (!c->reply) {
		session_shutdown(c->tls);
		c->shut = true;
		return;
	}
	c->reply_sent += session_write(
		c->tls, c->reply + c->reply_sent, c->reply_len - c->reply_sent);
	if (c->reply_sent < c->reply_len)
		return;
	frames_drop_reply(c);
}

/* Before a reply is begun there is one look at whether the node has said more than it should. */
static enum step read_input(struct connection *c, unsigned state)
{
	enum step received = receive_records(c);

	if (received != STEP_REFUSED || !c->reply || !(state & SESSION_CAN_WRITE))
		return received;
	c->input_checked = true;
	return STEP_MADE;
}

/*
 * The next step, of which there is always exactly one. TLS is half-duplex: while it can send
 * records it does nothing else, and while a record is coming in nothing can be written.
 */
static enum step make_step(struct connection *c, struct service *s)
{
	unsigned state;

	if (c->lingering)
		return moved(c, receive_scrap(c), EPOLLIN);
	if (!c->tls)
		return start_tls(c, s);
	state = session_state(c->tls);
	if (session_fault(c->tls))
		log_failure(c, s);
	if (state & SESSION_CLOSED)
		return session_closed(c);
	if (state & SESSION_CAN_SEND)
		return send_records(c);
	if (!c->reply)
		c->unsent = false;
	if (c->shut)
		return linger(c);
	if (session_ready(c->tls) && c->exchange.phase == EXCHANGE_HANDSHAKE)
		return step_if(frames_begin(c, s));
	if (state & SESSION_CAN_READ)
		return step_if(frames_take(c, s));
	if (state & SESSION_CAN_WRITE && has_output(c)) {
		write_output(c);
		return STEP_MADE;
	}
	return read_input(c, state);
}

enum connection_result connection_run(struct connection *c, struct service *s)
{
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		enum step made = make_step(c, s);

		if (made == STEP_REFUSED)
			return CONNECTION_WAITS;
		if (made == STEP_MADE)
			continue;
		log_ending(c, s, made == STEP_CUT ? REFUSAL_CUT : REFUSAL_NO_MEMORY);
		return CONNECTION_OVER;
	}
	return CONNECTION_READY;
}
