/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/keys/key_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include "crypto/secret.h"
#include "tools/keys/message.h"
#include "tools/lib/report.h"

#define START_MS 60000 /* a child at the start: an encrypted file, a token, a busy machine */
#define LATE_MAX 6     /* questions in a row without an answer, then the connection is given up */

struct client {
	struct key_service service;
	const struct key_place *place;
	struct key_link link;
	bool greeted;		 /* its keys have been looked at on this connection */
	uint64_t number;	 /* of the last question */
	uint64_t asked;		 /* number of the STATUS that this connection began with; 0: none */
	unsigned late;		 /* questions without an answer, in a row */
	int64_t rest_until_ms;	 /* nothing is asked before */
	struct key_status known; /* as told first, with versions that came later */
	uint8_t in[KEYS_REPLY_MAX];
	size_t in_len, in_used; /* bytes there, and of them those of the frame looked at */
};

enum outcome { ANSWERED, LATE, BROKEN };

static struct client *of(struct key_service *k)
{
	return (struct client *)k;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void hang_up(struct client *c)
{
	key_link_close(&c->link);
	c->greeted = false;
	c->asked = 0;
	c->late = 0;
	c->in_len = c->in_used = 0;
}

/* False when the time is over. */
static bool wait_for(const struct client *c, short events, int64_t until_ms)
{
	struct pollfd p = {.fd = c->link.fd, .events = events};
	int64_t left = until_ms - now_ms();

	return left > 0 && (poll(&p, 1, (int)left) != 0 || now_ms() < until_ms);
}

/* A question that went out in part cannot be taken back: then the connection is broken. */
static enum outcome say(struct client *c, struct iovec *parts, size_t count, int64_t until_ms)
{
	while (count) {
		struct msghdr m = {.msg_iov = parts, .msg_iovlen = count};
		ssize_t n = sendmsg(c->link.fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return BROKEN;
		if (n < 0 && !wait_for(c, POLLOUT, until_ms))
			return BROKEN;
		for (; n > 0 && count && (size_t)n >= parts->iov_len; parts++, count--)
			n -= (ssize_t)parts->iov_len;
		if (n > 0) {
			parts->iov_base = (uint8_t *)parts->iov_base + n;
			parts->iov_len -= (size_t)n;
		}
		while (count && !parts->iov_len)
			parts++, count--;
	}
	return ANSWERED;
}

/* The next frame, whatever it answers. It stays where it is until the next call. */
static enum outcome hear(struct client *c, struct keys_frame *out, int64_t until_ms)
{
	memmove(c->in, c->in + c->in_used, c->in_len - c->in_used);
	c->in_len -= c->in_used;
	c->in_used = 0;
	for (;;) {
		long len = keys_frame_get((struct span){c->in, c->in_len}, sizeof(c->in), out);
		ssize_t n;

		c->in_used = len > 0 ? (size_t)len : 0;
		if (len)
			return len > 0 ? ANSWERED : BROKEN;
		n = recv(c->link.fd, c->in + c->in_len, sizeof(c->in) - c->in_len, MSG_DONTWAIT);
		if (n > 0)
			c->in_len += (size_t)n;
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			return BROKEN;
		else if (!wait_for(c, POLLIN, until_ms))
			return LATE;
	}
}

/* The answer to this question; what answers earlier ones, which were given up, is dropped. */
static enum outcome hear_answer(
	struct client *c, uint64_t number, struct keys_frame *out, int64_t until_ms)
{
	enum outcome o;

	do {
		o = hear(c, out, until_ms);
	} while (o == ANSWERED && out->number < number);
	return o == ANSWERED && out->number != number ? BROKEN : o;
}

/*
 * A version that was known is the key that it was; new ones are learned. One that was retired may
 * be gone, but not all.
 */
static bool goes_on(struct client *c, const struct key_status *now)
{
	size_t met = 0, count = c->known.count;

	for (size_t i = 0; i < now->count; i++) {
		const struct key_version *v = &now->versions[i];
		size_t j = 0;

		while (j < count && c->known.versions[j].version != v->version)
			j++;
		if (j == KEK_VERSIONS_MAX)
			return false;
		if (j == count)
			c->known.versions[count++] = *v;
		else if (!equal_ct(v->check, c->known.versions[j].check, KEK_CHECK_LEN))
			return false;
		met += j < c->known.count;
	}
	if (c->known.count && !met)
		return false;
	c->known.count = count;
	return true;
}

static enum outcome take_versions(struct client *c, const struct keys_frame *frame)
{
	static struct key_status now;

	if (frame->type == KEYS_AWAY)
		return LATE;
	if (frame->type != KEYS_VERSIONS || !keys_versions_get(frame->body, &now))
		return BROKEN;
	if (goes_on(c, &now))
		return ANSWERED;
	complain("the key service has other key-encryption keys than it had: they are not used");
	return BROKEN;
}

/* Asks for the versions; `again`: although it has been asked on this connection. */
static enum outcome ask_versions(struct client *c, bool again, int64_t until_ms)
{
	uint8_t frame[KEYS_HEAD_LEN];
	struct keys_frame answer;
	struct wire_writer w;
	enum outcome o = ANSWERED;

	if (again || !c->asked) {
		struct iovec part = {frame, sizeof(frame)};

		c->asked = ++c->number;
		wire_write_start(&w, frame, sizeof(frame));
		keys_plain_put(&w, KEYS_STATUS, c->asked);
		o = say(c, &part, 1, until_ms);
	}
	if (o == ANSWERED)
		o = hear_answer(c, c->asked, &answer, until_ms);
	if (o == ANSWERED) {
		o = take_versions(c, &answer);
		c->asked = o == LATE ? 0 : c->asked; /* its keys are away: asked again later */
	}
	c->greeted = o == ANSWERED;
	return o;
}

static bool knows(const struct client *c, uint32_t version)
{
	for (size_t i = 0; i < c->known.count; i++)
		if (c->known.versions[i].version == version)
			return true;
	return !version;
}

/*
 * A connection whose keys are known, those of the request among them where they are there: by them
 * the next connection is known. A child that is slow to start is waited for the next time.
 */
static enum outcome connect_client(struct client *c, const struct key_request *r, int64_t until_ms)
{
	struct failure f;

	if (c->link.fd < 0) {
		f = key_link_open(c->place, false, &c->link);
		if (f.happened)
			return BROKEN;
	}
	if (!c->greeted)
		return ask_versions(c, false, until_ms);
	return !r || (knows(c, r->version) && knows(c, r->next_version))
		       ? ANSWERED
		       : ask_versions(c, true, until_ms);
}

static void settle(struct client *c, enum outcome o)
{
	if (o == ANSWERED) {
		c->late = 0;
		return;
	}
	c->rest_until_ms = now_ms() + CLIENT_REST_MS;
	if (o == BROKEN || ++c->late >= LATE_MAX)
		hang_up(c);
}

static enum outcome send_seal(
	struct client *c, const struct key_request *r, struct keys_frame *out, int64_t until_ms)
{
	static struct keys_seal_frame f;
	enum outcome o;

	if (!keys_seal_put(r, ++c->number, &f))
		return BROKEN;
	struct iovec parts[] = {{f.head, f.head_len},
		{(uint8_t *)(uintptr_t)r->join_material.data, r->join_material.len},
		{f.tail, f.tail_len}};

	o = say(c, parts, sizeof(parts) / sizeof(parts[0]), until_ms);
	return o == ANSWERED ? hear_answer(c, c->number, out, until_ms) : o;
}

static enum key_answer take_seal(const struct keys_frame *frame, uint8_t *out, size_t cap,
	size_t *out_len, enum outcome *outcome)
{
	enum key_refusal why;
	struct span wrapped;

	if (frame->type == KEYS_REFUSED && keys_refused_get(frame->body, &why))
		return KEY_REFUSED;
	if (frame->type == KEYS_AWAY && !frame->body.len)
		return KEY_AWAY;
	if (frame->type == KEYS_SEALED && keys_sealed_get(frame->body, &wrapped) &&
		wrapped.len <= cap) {
		memcpy(out, wrapped.data, wrapped.len);
		*out_len = wrapped.len;
		return KEY_SEALED;
	}
	*outcome = BROKEN;
	return KEY_AWAY;
}

/*
 * A connection that ended since it was used last is made anew once: who restarted the key service
 * should not be told of it by nodes.
 */
static enum outcome ask_seal(
	struct client *c, const struct key_request *r, struct keys_frame *out, int64_t until_ms)
{
	bool used = c->greeted;
	enum outcome o = connect_client(c, r, until_ms);

	if (o == ANSWERED)
		o = send_seal(c, r, out, until_ms);
	if (o != BROKEN || !used)
		return o;
	hang_up(c);
	o = connect_client(c, r, until_ms);
	return o == ANSWERED ? send_seal(c, r, out, until_ms) : o;
}

static enum key_answer client_seal(struct key_service *k, const struct key_request *r, uint8_t *out,
	size_t cap, size_t *out_len)
{
	struct client *c = of(k);
	enum key_answer answer = KEY_AWAY;
	struct keys_frame frame;
	enum outcome o;

	if (r->join_material.len > JOIN_MATERIAL_MAX || strlen(r->tenant) > TENANT_MAX)
		return KEY_REFUSED;
	if (now_ms() < c->rest_until_ms)
		return KEY_AWAY;
	o = ask_seal(c, r, &frame, now_ms() + CLIENT_WAIT_MS);
	if (o == ANSWERED)
		answer = take_seal(&frame, out, cap, out_len, &o);
	settle(c, o);
	return answer;
}

static struct failure client_status(struct key_service *k, struct key_status *out)
{
	struct client *c = of(k);
	enum outcome o = LATE;

	if (now_ms() >= c->rest_until_ms) {
		o = connect_client(c, NULL, now_ms() + CLIENT_WAIT_MS);
		if (o == ANSWERED)
			o = ask_versions(c, true, now_ms() + CLIENT_WAIT_MS);
		settle(c, o);
	}
	if (o != ANSWERED)
		return refuse("the key service is away");
	*out = c->known;
	return failure_none();
}

static void client_close(struct key_service *k)
{
	hang_up(of(k));
	free(k);
}

static const struct key_service_ops client_ops = {client_status, client_seal, client_close};

static struct failure greet(struct client *c)
{
	int64_t until_ms = now_ms() + START_MS;

	TRY_FAILURE(key_link_open(c->place, c->place->create, &c->link));
	switch (ask_versions(c, false, until_ms)) {
	case ANSWERED:
		return failure_none();
	case LATE:
		return refuse("the key service does not reach its key-encryption keys");
	default:
		if (c->place->socket)
			return refuse(
				"%s: what listens there does not let us ask", c->place->socket);
		return refuse("the key service did not start: it has said why");
	}
}

struct failure key_client_open(const struct key_place *place, struct key_service **out)
{
	struct client *c = calloc(1, sizeof(*c));
	struct failure f;

	if (!c)
		return refuse("out of memory");
	c->service.ops = &client_ops;
	c->place = place;
	c->link.fd = -1;
	f = greet(c);
	if (f.happened) {
		client_close(&c->service);
		return f;
	}
	*out = &c->service;
	return f;
}
