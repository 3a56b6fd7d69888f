/* SPDX-License-Identifier: GPL-2.0-or-later */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "tests/fuzz/tls_server_fuzz.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/tls_session_fuzz.h"

struct run {
	struct tls_session client;
	struct server_session *session;
	struct fuzz_server_result result;
	const uint8_t *rest;
	size_t rest_len;
	unsigned how;
	size_t at, sent; /* of the client's bytes */
};

/* OpenSSL's random bytes: the same in every run. */
static int fixed_bytes(unsigned char *out, int len)
{
	static uint32_t state = 1;

	for (int i = 0; i < len; i++) {
		state = state * 1664525u + 1013904223u;
		out[i] = (unsigned char)(state >> 24);
	}
	return 1;
}

static int fixed_status(void)
{
	return 1;
}

static struct tls_server *server(void)
{
	static const RAND_METHOD method = {
		.bytes = fixed_bytes, .pseudorand = fixed_bytes, .status = fixed_status};
	static struct tls_server *made;

	if (!made && (tls_library_start(64).happened || RAND_set_rand_method(&method) != 1 ||
			     tls_server_open(fuzz_server_key(), &made).happened))
		abort();
	return made;
}

/* What the session promises at any time. */
static void check(struct run *r)
{
	unsigned state = session_state(r->session);
	uint8_t binder[SESSION_BINDER_LEN], app[1024];
	size_t n;

	if (session_ready(r->session) != session_binder(r->session, binder))
		abort();
	if (session_fault(r->session) && state != SESSION_CLOSED && state != SESSION_CAN_SEND)
		abort();
	r->result.was_ready |= session_ready(r->session);
	while ((n = session_read(r->session, app, sizeof(app))))
		r->result.received += n;
	r->result.fault = session_fault(r->session);
}

/* Into the session; what it says goes to the client, or nowhere. False when it takes no more. */
static bool feed(struct run *r, const uint8_t *data, size_t len)
{
	size_t n;
	uint8_t *buf;

	while (len) {
		while (session_send_buf(r->session, &n))
			session_send_ack(r->session, n);
		buf = session_recv_buf(r->session, &n);
		if (!buf)
			return false;
		if (n > len)
			n = len;
		memcpy(buf, data, n);
		session_recv_ack(r->session, n);
		check(r);
		data += n;
		len -= n;
	}
	return true;
}

/* One of the client's bytes, as the input will have it. */
static uint8_t changed(struct run *r, uint8_t byte)
{
	size_t i = r->sent++ - r->at;

	if (r->how != 2 || r->sent <= r->at || i >= r->rest_len)
		return byte;
	r->result.changed |= r->rest[i] != 0;
	return byte ^ r->rest[i];
}

static size_t to_server(struct run *r)
{
	size_t have, room, n;
	uint8_t *src = tls_send_buf(&r->client, &have);
	uint8_t *dst = session_recv_buf(r->session, &room);

	if (!src || !dst)
		return 0;
	n = have < room ? have : room;
	if (r->how == 1 && n > r->at - r->sent)
		n = r->at - r->sent;
	for (size_t i = 0; i < n; i++)
		dst[i] = changed(r, src[i]);
	tls_send_ack(&r->client, n);
	session_recv_ack(r->session, n);
	check(r);
	return n;
}

static size_t to_client(struct run *r)
{
	size_t have, room, n;
	uint8_t *src = session_send_buf(r->session, &have);
	uint8_t *dst = tls_recv_buf(&r->client, &room);

	if (!src || !dst)
		return 0;
	n = have < room ? have : room;
	memcpy(dst, src, n);
	session_send_ack(r->session, n);
	tls_recv_ack(&r->client, n);
	return n;
}

static void shake(struct run *r)
{
	while (to_server(r) + to_client(r))
		;
}

static void run_client(struct run *r)
{
	shake(r);
	if (r->how == 1)
		feed(r, r->rest, r->rest_len);
	for (size_t n = 0; r->how == 3 && r->rest_len; r->rest += n, r->rest_len -= n) {
		n = tls_write(&r->client, r->rest, r->rest_len);
		if (!n)
			abort();
		tls_flush(&r->client);
		shake(r);
	}
}

struct fuzz_server_result fuzz_server_run(const uint8_t *data, size_t len)
{
	static struct run r;

	memset(&r, 0, sizeof(r));
	fuzz_session_start(&r.client);
	r.session = session_open(server());
	if (!r.session)
		abort();
	r.how = len ? data[0] % 4 : 0;
	r.rest = data + (len ? 1 : 0);
	r.rest_len = len ? len - 1 : 0;
	if ((r.how == 1 || r.how == 2) && r.rest_len >= 2) {
		r.at = (size_t)r.rest[0] << 8 | r.rest[1];
		r.rest += 2;
		r.rest_len -= 2;
	}
	if (r.how)
		run_client(&r);
	else
		feed(&r, r.rest, r.rest_len);
	session_shutdown(r.session);
	check(&r);
	session_close(r.session);
	tls_close(&r.client);
	return r.result;
}
