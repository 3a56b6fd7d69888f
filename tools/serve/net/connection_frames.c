/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/net/connection_frames.h"

#include <stdlib.h>
#include <string.h>

#include "early/contract/errors.h"
#include "tools/serve/join/exchange.h"

#define BODY_FIRST 4096u /* bytes */

void frames_drop_body(struct connection *c)
{
	if (c->body)
		wipe(c->body, c->body_capacity);
	free(c->body);
	c->body = NULL;
	c->body_len = c->body_have = c->body_capacity = c->header_len = 0;
}

void frames_drop_reply(struct connection *c)
{
	if (c->reply)
		wipe(c->reply, c->reply_len);
	free(c->reply);
	c->reply = NULL;
	c->reply_len = c->reply_sent = 0;
}

/* Takes over what the exchange wrote into the shared reply buffer. */
static bool take_reply(struct connection *c, const struct wire_writer *w)
{
	c->closing |= c->exchange.phase == EXCHANGE_OVER;
	c->granted |= c->exchange.phase == EXCHANGE_COMMIT;
	if (w->failed)
		return false;
	if (!w->len)
		return true;
	c->unsent = true;
	c->reply = malloc(w->len);
	if (!c->reply)
		return false;
	memcpy(c->reply, w->data, w->len);
	c->reply_len = w->len;
	c->input_checked = false;
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

bool frames_begin(struct connection *c, struct service *s)
{
	struct wire_writer w = reply_writer();
	struct channel *channel = &c->exchange.channel;

	if (!session_binder(c->tls, channel->binder))
		return false;
	session_peer_spki(c->tls, channel->node_spki);
	session_own_spki(c->tls, channel->service_spki);
	return exchange_start(&c->exchange, s, &w) && take_reply(c, &w);
}

static bool deny_frame(struct connection *c, struct service *s, const char *sentence)
{
	struct wire_writer w = reply_writer();
	struct denial d = deny(E_DENY_PROTOCOL, sentence);

	exchange_deny(&c->exchange, s, &d, &w);
	return take_reply(c, &w);
}

/* Room for more of the body, so that a peer costs no more than twice what it has sent. */
static bool grow_body(struct connection *c)
{
	size_t capacity = c->body_capacity ? 2 * c->body_capacity : BODY_FIRST;
	uint8_t *body;

	if (capacity > c->body_len)
		capacity = c->body_len ? c->body_len : 1;
	body = realloc(c->body, capacity);
	if (!body)
		return false;
	c->body = body;
	c->body_capacity = capacity;
	return true;
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
	c->body_len = len;
	return grow_body(c);
}

static bool read_message(struct connection *c, struct service *s)
{
	struct wire_writer w = reply_writer();

	if (c->header_len < FRAME_HEADER_LEN) {
		c->header_len += session_read(
			c->tls, c->header + c->header_len, FRAME_HEADER_LEN - c->header_len);
		if (c->header_len < FRAME_HEADER_LEN)
			return true;
		if (!begin_body(c, s))
			return false;
		if (c->closing)
			return true;
	}
	c->body_have += session_read(
		c->tls, c->body + c->body_have, c->body_capacity - c->body_have);
	if (c->body_have < c->body_len)
		return c->body_have < c->body_capacity || grow_body(c);
	exchange_message(&c->exchange, s, c->type, (struct span){c->body, c->body_len}, &w);
	frames_drop_body(c);
	return take_reply(c, &w);
}

/* What a denied node still sends is read and thrown away, so that it gets to see its denial. */
static void discard(struct connection *c)
{
	uint8_t scrap[1024];

	while (session_read(c->tls, scrap, sizeof(scrap)))
		;
}

/*
 * What comes after a message and before its answer answers nothing, so it cannot be due, and what
 * would have been the answer is not given. Nothing of that has left: a reply that was begun is
 * written to its end before anything is read.
 */
bool frames_take(struct connection *c, struct service *s)
{
	if (c->closing) {
		discard(c);
		return true;
	}
	if (!c->reply)
		return read_message(c, s);
	frames_drop_reply(c);
	return deny_frame(c, s, "a message was sent before the one before it was answered");
}
