#include "tools/serve/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "early/contract/errors.h"
#include "tools/serve/record.h"

/* In one call: so that others get their turn, whatever a peer keeps sending. */
#define STEPS_MAX 64

enum step {
	STEP_MADE,
	STEP_REFUSED, /* by the socket; waits_for says in which direction */
	STEP_LAST
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
	list_init(&c->server.dead);
	return c;
}

static void drop_body(struct connection *c)
{
	if (c->body)
		wipe(c->body, c->body_len);
	free(c->body);
	c->body = NULL;
	c->body_len = c->body_have = c->header_len = 0;
}

static void drop_reply(struct connection *c)
{
	if (c->reply)
		wipe(c->reply, c->reply_len);
	free(c->reply);
	c->reply = NULL;
	c->reply_len = c->reply_sent = 0;
}

void connection_end(struct connection *c, struct service *s)
{
	if (c->untold && c->exchange.phase == EXCHANGE_COMMIT)
		record_unsent(s, &c->exchange);
}

static void drop_tls(struct connection *c)
{
	if (c->tls)
		tls_close(c->tls);
	free(c->tls);
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
	drop_body(c);
	drop_reply(c);
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
		return STEP_LAST;
	c->waits_for = direction;
	return STEP_REFUSED;
}

/* A socket that says nothing costs neither the memory of a session nor the work of starting one. */
static enum step start_tls(struct connection *c, struct service *s)
{
	uint8_t byte;
	enum step heard = moved(c, recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT), EPOLLIN);

	if (heard != STEP_MADE)
		return heard;
	c->tls = calloc(1, sizeof(*c->tls));
	return step_if(c->tls && !failed(tls_server_start(c->tls, &s->identity)));
}

static enum step send_records(struct connection *c)
{
	size_t len;
	uint8_t *records = tls_send_buf(c->tls, &len);
	ssize_t n = send(c->fd, records, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0)
		tls_send_ack(c->tls, (size_t)n);
	return moved(c, n, EPOLLOUT);
}

static enum step receive_records(struct connection *c)
{
	size_t len;
	uint8_t *room = tls_recv_buf(c->tls, &len);
	ssize_t n = room ? recv(c->fd, room, len, MSG_DONTWAIT) : 0;

	if (n > 0)
		tls_recv_ack(c->tls, (size_t)n);
	return moved(c, n, EPOLLIN);
}

/* All is said. The peer is given the time to hear it; nothing that it sends is looked at. */
static enum step linger(struct connection *c)
{
	drop_body(c);
	drop_tls(c);
	shutdown(c->fd, SHUT_WR);
	c->lingering = true;
	return STEP_MADE;
}

/* A session that failed has sent its alert. */
static enum step session_closed(struct connection *c)
{
	uint16_t failure = tls_error(c->tls).code;

	return failure && failure != E_TLS_ALERT ? linger(c) : STEP_LAST;
}

/* Takes over what the exchange wrote into the shared reply buffer. */
static bool take_reply(struct connection *c, const struct wire_writer *w)
{
	if (c->exchange.phase == EXCHANGE_OVER)
		c->closing = true;
	if (w->failed)
		return false;
	if (!w->len)
		return true;
	c->untold = true;
	c->reply = malloc(w->len);
	if (!c->reply)
		return false;
	memcpy(c->reply, w->data, w->len);
	c->reply_len = w->len;
	c->looked = false;
	return true;
}

/* One frame at most is written at a time, so all connections share one buffer. */
static struct wire_writer reply_writer(void)
{
	static uint8_t buffer[EXCHANGE_REPLY_MAX];
	struct wire_writer w;

	wire_write_start(&w, buffer, sizeof(buffer));
	return w;
}

static bool begin_exchange(struct connection *c, struct service *s)
{
	struct wire_writer w = reply_writer();
	struct channel *channel = &c->exchange.channel;

	if (failed(tls_binder(c->tls, channel->binder)))
		return false;
	tls_peer_spki(c->tls, channel->node_spki);
	tls_own_spki(c->tls, channel->service_spki);
	return exchange_start(&c->exchange, s, &w) && take_reply(c, &w);
}

static bool deny_frame(struct connection *c, struct service *s, const char *detail)
{
	struct wire_writer w = reply_writer();
	struct why why;

	why_write(&why, "%s", detail);
	exchange_deny(&c->exchange, s, E_DENY_PROTOCOL, &why, &w);
	return take_reply(c, &w);
}

/* The header is whole: makes room for the body, if such a message is due at all. */
static bool begin_body(struct connection *c, struct service *s)
{
	size_t len, most;

	if (!frame_header(c->header, &c->type, &len))
		return deny_frame(c, s, "the frame's length, type or version is out of bounds");
	most = exchange_due(&c->exchange, c->type);
	if (!most || len > most)
		return deny_frame(c, s, "the message is not due or too long");
	c->body = malloc(len ? len : 1);
	c->body_len = len;
	return c->body != NULL;
}

static bool read_message(struct connection *c, struct service *s)
{
	struct wire_writer w = reply_writer();

	if (c->header_len < FRAME_HEADER_LEN) {
		c->header_len += tls_read(
			c->tls, c->header + c->header_len, FRAME_HEADER_LEN - c->header_len);
		if (c->header_len < FRAME_HEADER_LEN)
			return true;
		if (!begin_body(c, s))
			return false;
		if (c->closing)
			return true;
	}
	c->body_have += tls_read(c->tls, c->body + c->body_have, c->body_len - c->body_have);
	if (c->body_have < c->body_len)
		return true;
	exchange_message(&c->exchange, s, c->type, (struct span){c->body, c->body_len}, &w);
	drop_body(c);
	return take_reply(c, &w);
}

/* What a denied node still sends is read and thrown away, so that it gets to see its denial. */
static void discard(struct connection *c)
{
	uint8_t scrap[1024];

	while (tls_read(c->tls, scrap, sizeof(scrap)))
		;
}

/*
 * What comes after a message and before its answer answers nothing, so it cannot be due, and what
 * would have been the answer is not given. Nothing of that has left: a reply that was begun is
 * written to its end before anything is read.
 */
static bool take_data(struct connection *c, struct service *s)
{
	if (c->closing) {
		discard(c);
		return true;
	}
	if (!c->reply)
		return read_message(c, s);
	drop_reply(c);
	return deny_frame(c, s, "a message was sent before the one before it was answered");
}

/* True when it is for the service to speak. */
static bool has_word(const struct connection *c)
{
	return c->closing || (c->reply && (c->looked || c->reply_sent));
}

static void speak(struct connection *c)
{
	if (!c->reply) {
		tls_shutdown(c->tls);
		c->shut = true;
		return;
	}
	c->reply_sent += tls_write(c->tls, c->reply + c->reply_sent, c->reply_len - c->reply_sent);
	if (c->reply_sent < c->reply_len)
		return;
	drop_reply(c);
	tls_flush(c->tls);
}

/* Before a reply is begun there is one look at whether the node has said more than it should. */
static enum step listen_to(struct connection *c, unsigned state)
{
	enum step received = receive_records(c);

	if (received != STEP_REFUSED || !c->reply || !(state & TLS_CAN_WRITE))
		return received;
	c->looked = true;
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
	state = tls_state(c->tls);
	if (state & TLS_CLOSED)
		return session_closed(c);
	if (state & TLS_CAN_SEND)
		return send_records(c);
	if (!c->reply)
		c->untold = false;
	if (c->shut)
		return linger(c);
	if (tls_ready(c->tls) && c->exchange.phase == EXCHANGE_HANDSHAKE)
		return step_if(begin_exchange(c, s));
	if (state & TLS_CAN_READ)
		return step_if(take_data(c, s));
	if (state & TLS_CAN_WRITE && has_word(c)) {
		speak(c);
		return STEP_MADE;
	}
	return listen_to(c, state);
}

enum connection_result connection_run(struct connection *c, struct service *s)
{
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		enum step made = make_step(c, s);

		if (made == STEP_LAST)
			return CONNECTION_OVER;
		if (made == STEP_REFUSED)
			return CONNECTION_WAITS;
	}
	return CONNECTION_READY;
}
