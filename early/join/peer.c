/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/join/peer.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "early/console.h"
#include "early/contract/errors.h"
#include "early/clock.h"
#include "early/net/net_connect.h"

/* Rounds of one peer_step(): a service that never stops sending must not keep the others waiting.
 */
#define STEP_ROUNDS 64

/* The message of the one peer that talks in turns: the long ones are its alone. */
static uint8_t long_frame[PEER_FRAME_MAX];

/* A key and a session that takes one of these pins; NULL and 0: any. */
static struct status prepare(struct peer *p, const uint8_t pins[][32], size_t count)
{
	struct status s;

	p->fd = -1;
	p->frame = p->first;
	p->frame_max = sizeof(p->first);
	p->frame_len = 0;
	TRY(key_generate(&p->key));
	tls_identity_make(&p->identity, &p->key);
	s = tls_client_start(&p->tls, &p->identity, pins, count);
	if (failed(s))
		key_free(&p->key);
	return s;
}

struct status peer_start(struct peer *p, const struct config *config, const struct sockaddr_in6 *to)
{
	struct status s;

	TRY(prepare(p, config->pin_count || !config->service_wanted.given ? config->pins : NULL,
		config->pin_count));
	p->state = PEER_CONNECTING;
	p->deadline_ms = clock_ms() + PEER_CONNECT_MS;
	s = net_connect_start(to, &p->fd);
	if (failed(s))
		peer_close(p);
	return s;
}

struct status peer_accept(struct peer *p, const struct config *config, int fd)
{
	struct status s = prepare(p, config->operators, config->operator_count);

	if (failed(s)) {
		close(fd);
		return s;
	}
	p->fd = fd;
	p->accepted = true;
	p->state = PEER_HANDSHAKE;
	p->heard_ms = clock_ms();
	p->deadline_ms = p->heard_ms + PEER_ACCEPTED_MS;
	return OK;
}

static short events_of(const struct peer *p)
{
	unsigned can;
	short events = 0;

	if (p->state == PEER_CONNECTING)
		return POLLOUT;
	can = tls_state(&p->tls);
	if (can & TLS_CAN_SEND)
		events |= POLLOUT;
	if (can & TLS_CAN_RECV)
		events |= POLLIN;
	return events;
}

struct pollfd peer_poll(const struct peer *p, uint64_t *deadline_ms)
{
	if (p->deadline_ms < *deadline_ms)
		*deadline_ms = p->deadline_ms;
	if (p->unfinished)
		*deadline_ms = 0;
	return (struct pollfd){.fd = p->fd, .events = events_of(p)};
}

/* Bytes of the frame that is coming in, as far as that is known; 0 for bytes that are no frame. */
static size_t frame_wanted(const struct peer *p)
{
	uint8_t type;
	size_t body_len;

	if (p->frame_len < FRAME_HEADER_LEN)
		return FRAME_HEADER_LEN;
	if (!frame_header(p->frame, &type, &body_len))
		return 0;
	if (body_len > p->frame_max - FRAME_HEADER_LEN)
		return 0;
	return FRAME_HEADER_LEN + body_len;
}

bool peer_frame(const struct peer *p, uint8_t *out_type, struct span *out_body)
{
	size_t wanted = frame_wanted(p);
	size_t body_len;

	if (wanted == 0 || p->frame_len < FRAME_HEADER_LEN || p->frame_len < wanted)
		return false;
	if (!frame_header(p->frame, out_type, &body_len))
		return false;
	*out_body = (struct span){p->frame + FRAME_HEADER_LEN, body_len};
	return true;
}

/* Wire to session. Sets *moved; nothing there yet is no failure. */
static struct status take_records(struct peer *p, bool *moved)
{
	size_t capacity;
	uint8_t *buf = tls_recv_buf(&p->tls, &capacity);
	ssize_t n = read(p->fd, buf, capacity);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return OK;
	if (n < 0)
		return system_failure("read", errno, E_JOIN_READ);
	if (n == 0)
		return fail(E_JOIN_CUT);
	tls_recv_ack(&p->tls, (size_t)n);
	p->heard_ms = clock_ms();
	*moved = true;
	return OK;
}

/* Session to wire. */
static struct status give_records(struct peer *p, bool *moved)
{
	size_t len;
	uint8_t *buf = tls_send_buf(&p->tls, &len);
	ssize_t n = send(p->fd, buf, len, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return OK;
	if (n < 0)
		return system_failure("send", errno, E_JOIN_WRITE);
	tls_send_ack(&p->tls, (size_t)n);
	*moved = true;
	return OK;
}

/* Session to message: never more than the one message that is due. */
static struct status take_message(struct peer *p, bool *moved)
{
	size_t n = tls_read(&p->tls, p->frame + p->frame_len, frame_wanted(p) - p->frame_len);

	p->frame_len += n;
	*moved |= n > 0;
	return frame_wanted(p) > 0 ? OK : fail(E_JOIN_FRAME);
}

/* What evidence will be bound to is taken at once, before application data is looked at. */
static struct status handshake_done(struct peer *p)
{
	TRY(tls_binder(&p->tls, p->binder));
	tls_own_spki(&p->tls, p->own_spki);
	tls_peer_spki(&p->tls, p->service_spki);
	p->state = PEER_OPEN;
	p->deadline_ms = clock_ms() + PEER_MESSAGE_MS;
	return OK;
}

static struct status session_ended(const struct peer *p)
{
	struct status s = tls_error(&p->tls);

	if (!failed(s))
		return fail(E_JOIN_CLOSED);
	console_detail("TLS error %d", tls_error_detail(&p->tls));
	return s;
}

/* One round over everything that can move. */
static struct status step_round(struct peer *p, bool *moved)
{
	uint8_t type;
	struct span body;
	unsigned can = tls_state(&p->tls);
	struct status s = OK;

	if (can & TLS_CLOSED)
		return session_ended(p);
	if (can & TLS_CAN_SEND)
		s = give_records(p, moved);
	/* Whether the service takes the alert does not matter: the failure is what is returned. */
	if (failed(s))
		return failed(tls_error(&p->tls)) ? session_ended(p) : s;
	if (p->state == PEER_HANDSHAKE && tls_ready(&p->tls))
		TRY(handshake_done(p));
	if (peer_frame(p, &type, &body))
		return OK;
	if (can & TLS_CAN_READ)
		return take_message(p, moved);
	if (can & TLS_CAN_RECV)
		return take_records(p, moved);
	return OK;
}

static struct status too_late(const struct peer *p)
{
	if (p->state == PEER_CONNECTING)
		return fail(E_JOIN_CONNECT_TIMEOUT);
	if (p->state == PEER_HANDSHAKE)
		return fail(E_JOIN_HANDSHAKE_TIMEOUT);
	return fail(E_JOIN_MESSAGE_TIMEOUT);
}

static struct status connect_step(struct peer *p)
{
	struct pollfd ready = {.fd = p->fd, .events = POLLOUT};

	if (poll(&ready, 1, 0) <= 0)
		return OK;
	TRY(net_connect_finish(p->fd));
	p->state = PEER_HANDSHAKE;
	p->deadline_ms = clock_ms() + PEER_HANDSHAKE_MS;
	return OK;
}

struct status peer_step(struct peer *p)
{
	bool moved = true;

	if (p->state == PEER_CONNECTING)
		TRY(connect_step(p));
	for (int i = 0; p->state != PEER_CONNECTING && moved && i < STEP_ROUNDS; i++) {
		moved = false;
		TRY(step_round(p, &moved));
	}
	p->unfinished = moved && p->state != PEER_CONNECTING;
	return clock_ms() < p->deadline_ms ? OK : too_late(p);
}

static struct status wait_and_step(struct peer *p)
{
	uint64_t deadline_ms = p->deadline_ms;
	struct pollfd ready = peer_poll(p, &deadline_ms);

	(void)poll(&ready, 1, clock_left(deadline_ms, POLL_MAX_MS));
	return peer_step(p);
}

struct status peer_send(struct peer *p, const uint8_t *frame, size_t len)
{
	size_t sent = 0;

	p->deadline_ms = clock_ms() + PEER_MESSAGE_MS;
	while (sent < len) {
		size_t n = tls_write(&p->tls, frame + sent, len - sent);

		sent += n;
		if (n == 0)
			TRY(wait_and_step(p));
	}
	tls_flush(&p->tls);
	while (tls_state(&p->tls) & TLS_CAN_SEND)
		TRY(wait_and_step(p));
	return OK;
}

struct status peer_receive(struct peer *p, uint8_t *out_type, struct span *out_body)
{
	p->frame = long_frame;
	p->frame_max = sizeof(long_frame);
	p->frame_len = 0;
	p->deadline_ms = clock_ms() + PEER_MESSAGE_MS;
	while (!peer_frame(p, out_type, out_body))
		TRY(wait_and_step(p));
	return OK;
}

void peer_close(struct peer *p)
{
	if (p->state == PEER_IDLE)
		return;
	if (p->fd >= 0)
		close(p->fd);
	tls_close(&p->tls);
	key_free(&p->key);
	if (p->frame == long_frame)
		wipe(long_frame, sizeof(long_frame));
	wipe(p, sizeof(*p));
}
