#include "tools/serve/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "early/contract/errors.h"

#define ROUNDS_MAX 16 /* of moving records in one call: at most 16 records each way */

enum move { MOVED, MUST_WAIT, GONE };

struct connection *connection_open(int fd, const char *peer)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c) {
		close(fd);
		return NULL;
	}
	c->fd = fd;
	snprintf(c->exchange.peer, sizeof(c->exchange.peer), "%s", peer);
	return c;
}

/* A socket that says nothing costs neither the memory of a session nor the work of starting one. */
static bool start_tls(struct connection *c, struct service *s)
{
	c->tls = calloc(1, sizeof(*c->tls));
	return c->tls && !failed(tls_server_start(c->tls, &s->identity));
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

void connection_close(struct connection *c)
{
	drop_body(c);
	drop_reply(c);
	exchange_end(&c->exchange);
	if (c->tls)
		tls_close(c->tls);
	free(c->tls);
	close(c->fd);
	free(c);
}

static enum move socket_result(ssize_t n)
{
	if (n > 0)
		return MOVED;
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) ? MUST_WAIT
										    : GONE;
}

static enum move send_records(struct connection *c)
{
	size_t len;
	uint8_t *records = tls_send_buf(c->tls, &len);
	ssize_t n = send(c->fd, records, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0)
		tls_send_ack(c->tls, (size_t)n);
	return socket_result(n);
}

static enum move receive_records(struct connection *c)
{
	size_t len;
	uint8_t *room = tls_recv_buf(c->tls, &len);
	ssize_t n = recv(c->fd, room, len, MSG_DONTWAIT);

	if (n > 0)
		tls_recv_ack(c->tls, (size_t)n);
	return socket_result(n);
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
	c->reply = malloc(w->len);
	if (!c->reply)
		return false;
	memcpy(c->reply, w->data, w->len);
	c->reply_len = w->len;
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

static void write_reply(struct connection *c)
{
	c->reply_sent += tls_write(c->tls, c->reply + c->reply_sent, c->reply_len - c->reply_sent);
	if (c->reply_sent < c->reply_len)
		return;
	drop_reply(c);
	tls_flush(c->tls);
}

/* What a denied node still sends is read and thrown away, so that it gets to see its denial. */
static void discard(struct connection *c)
{
	uint8_t scrap[1024];

	while (tls_read(c->tls, scrap, sizeof(scrap)))
		;
}

/* What the session's state allows on the inside; false ends the connection. */
static bool advance(struct connection *c, struct service *s, unsigned state, bool *moved)
{
	*moved = true;
	if (tls_ready(c->tls) && c->exchange.phase == EXCHANGE_HANDSHAKE)
		return begin_exchange(c, s);
	if ((state & TLS_CAN_READ) && c->closing) {
		discard(c);
		return true;
	}
	if (state & TLS_CAN_READ)
		return !c->reply && read_message(c, s); /* a node never talks out of turn */
	if ((state & TLS_CAN_WRITE) && c->reply)
		write_reply(c);
	else if ((state & TLS_CAN_WRITE) && c->closing && !(state & TLS_CAN_SEND))
		tls_shutdown(c->tls);
	else
		*moved = false;
	return true;
}

bool connection_run(struct connection *c, struct service *s)
{
	if (!c->tls && !start_tls(c, s))
		return false;
	for (int round = 0; round < ROUNDS_MAX; round++) {
		unsigned state = tls_state(c->tls);
		bool moved = false;
		enum move sent = MUST_WAIT, received = MUST_WAIT;

		if (state & TLS_CLOSED)
			return false;
		if (!advance(c, s, state, &moved))
			return false;
		if (tls_state(c->tls) & TLS_CAN_SEND)
			sent = send_records(c);
		if (sent != GONE && (tls_state(c->tls) & TLS_CAN_RECV))
			received = receive_records(c);
		if (sent == GONE || received == GONE)
			return false;
		if (!moved && sent == MUST_WAIT && received == MUST_WAIT)
			return true;
	}
	return true;
}

uint32_t connection_wants(const struct connection *c)
{
	unsigned state = c->tls ? tls_state(c->tls) : TLS_CAN_RECV;
	uint32_t events = 0;

	if (state & TLS_CAN_SEND)
		events |= EPOLLOUT;
	if (state & TLS_CAN_RECV)
		events |= EPOLLIN;
	/* Work was left over by the bound on rounds: a writable socket brings it back at once. */
	if ((state & TLS_CAN_READ) || ((c->reply || c->closing) && (state & TLS_CAN_WRITE)))
		events |= EPOLLOUT;
	return events;
}
