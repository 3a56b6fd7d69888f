/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/tls/session.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "tools/serve/tls/session_private.h"

static bool start(struct server_session *s)
{
	BIO *wire = session_wire(s->server, s);

	s->transcript = EVP_MD_CTX_new();
	s->ssl = SSL_new(s->server->ctx);
	if (!wire || !s->transcript || !s->ssl ||
		EVP_DigestInit_ex(s->transcript, s->server->sha256, NULL) != 1) {
		BIO_free(wire);
		return false;
	}
	SSL_set_bio(s->ssl, wire, wire);
	session_watch(s);
	SSL_set_accept_state(s->ssl);
	return true;
}

struct server_session *session_open(struct tls_server *server)
{
	struct server_session *s = calloc(1, sizeof(*s));

	if (s)
		s->server = server;
	return s;
}

void session_close(struct server_session *s)
{
	if (!s)
		return;
	SSL_free(s->ssl);
	EVP_MD_CTX_free(s->transcript);
	pending_drop(&s->kept);
	pending_drop(&s->out);
	wipe(s, sizeof(*s));
	free(s);
}

/* A fault that libssl does not know of: in the clear, its alert is ours to write. */
static void tell(struct server_session *s)
{
	const uint8_t alert[] = {
		SSL3_RT_ALERT, 3, 3, 0, 2, SSL3_AL_FATAL, tls_fault_alert(s->fault)};

	if (!s->guard.sealed)
		pending_add(&s->out, alert, sizeof(alert));
	s->over = true;
}

static void finish(struct server_session *s)
{
	const unsigned char *protocol;
	unsigned len;

	SSL_get0_alpn_selected(s->ssl, &protocol, &len);
	s->ready = !s->fault && s->has_peer && len && session_make_binder(s);
	if (!s->ready)
		session_refuse(s, TLS_INTERNAL);
	s->over = !s->ready;
}

/* libssl did not do what it was asked to. It has written its alert, where there is one. */
static void judge(struct server_session *s, int result)
{
	int error = SSL_get_error(s->ssl, result);

	if (error == SSL_ERROR_WANT_READ && !s->fault)
		return;
	s->over = true;
	if (error == SSL_ERROR_ZERO_RETURN && !s->fault) {
		if (!s->closing)
			SSL_shutdown(s->ssl);
		return;
	}
	session_refuse(s, tls_fault_of(ERR_GET_REASON(ERR_peek_error())));
}

/* What came behind the service's close_notify is thrown away. */
static int discard(struct server_session *s)
{
	uint8_t scrap[1024];
	int n;

	do
		n = SSL_read(s->ssl, scrap, sizeof(scrap));
	while (n > 0);
	wipe(scrap, sizeof(scrap));
	return n;
}

/* Lets libssl work on what was fed to it, up to application data that waits to be read. */
static void advance(struct server_session *s)
{
	uint8_t byte;
	int result = 1;

	ERR_clear_error();
	if (!s->ready) {
		result = SSL_do_handshake(s->ssl);
		if (result != 1)
			judge(s, result);
		else
			finish(s);
	}
	if (!s->ready || s->over)
		return;
	ERR_clear_error();
	result = s->closing ? discard(s) : SSL_peek(s->ssl, &byte, 1);
	s->readable = result == 1;
	if (!s->readable)
		judge(s, result);
}

unsigned session_state(const struct server_session *s)
{
	unsigned state = 0;

	if (s->out.len)
		return SESSION_CAN_SEND;
	if (s->over)
		return SESSION_CLOSED;
	if (s->readable)
		state |= SESSION_CAN_READ;
	else
		state |= SESSION_CAN_RECV;
	if (s->ready && !s->closing && !record_guard_inside(&s->guard))
		state |= SESSION_CAN_WRITE;
	return state;
}

enum tls_fault session_fault(const struct server_session *s)
{
	return s->fault;
}

unsigned session_peer_alert(const struct server_session *s)
{
	return s->peer_alert;
}

uint8_t *session_send_buf(struct server_session *s, size_t *out_len)
{
	*out_len = s->out.len - s->out.at;
	return *out_len ? s->out.bytes + s->out.at : NULL;
}

void session_send_ack(struct server_session *s, size_t len)
{
	s->out.at += len;
	if (s->out.at == s->out.len)
		pending_drop(&s->out);
}

uint8_t *session_recv_buf(struct server_session *s, size_t *out_len)
{
	bool can = session_state(s) & SESSION_CAN_RECV;

	*out_len = can ? sizeof(s->server->received) : 0;
	return can ? s->server->received : NULL;
}

/* What libssl has not taken yet waits in the session's own memory. */
static void keep(struct server_session *s)
{
	struct pending rest = {0};

	if (s->fed_len && !s->over && !pending_add(&rest, s->fed, s->fed_len)) {
		session_refuse(s, TLS_INTERNAL);
		s->over = true;
	}
	pending_drop(&s->kept);
	s->kept = rest;
	s->fed = rest.bytes;
	s->fed_len = rest.len;
}

static void take(struct server_session *s, const uint8_t *bytes, size_t len)
{
	s->fed = bytes;
	s->fed_len = len;
	advance(s);
	keep(s);
}

/* libssl comes when there is work for it: who begins a ClientHello costs what it has sent. */
static void take_first(struct server_session *s, size_t len)
{
	bool good = pending_add(&s->kept, s->server->received, len);

	if (good && !record_guard_has_first(&s->guard))
		return;
	if (good && start(s)) {
		take(s, s->kept.bytes, s->kept.len);
		return;
	}
	session_refuse(s, TLS_INTERNAL);
	tell(s);
}

void session_recv_ack(struct server_session *s, size_t len)
{
	if (!len || !(session_state(s) & SESSION_CAN_RECV))
		return;
	session_refuse(s, record_guard_take(&s->guard, s->server->received, len));
	if (s->fault)
		tell(s);
	else if (s->ssl)
		take(s, s->server->received, len);
	else
		take_first(s, len);
}

size_t session_read(struct server_session *s, uint8_t *out, size_t len)
{
	int n;

	if (!len || !(session_state(s) & SESSION_CAN_READ))
		return 0;
	ERR_clear_error();
	n = SSL_read(s->ssl, out, len < INT32_MAX ? (int)len : INT32_MAX);
	advance(s);
	keep(s);
	return n > 0 ? (size_t)n : 0;
}

size_t session_write(struct server_session *s, const uint8_t *data, size_t len)
{
	int n;

	if (!len || !(session_state(s) & SESSION_CAN_WRITE))
		return 0;
	ERR_clear_error();
	n = SSL_write(s->ssl, data, len < SESSION_WRITE_MAX ? (int)len : (int)SESSION_WRITE_MAX);
	if (n > 0)
		return (size_t)n;
	session_refuse(s, TLS_INTERNAL);
	s->over = true;
	return 0;
}

bool session_ready(const struct server_session *s)
{
	return s->ready && !s->fault;
}

bool session_binder(const struct server_session *s, uint8_t out[SESSION_BINDER_LEN])
{
	if (!session_ready(s))
		return false;
	memcpy(out, s->binder, sizeof(s->binder));
	return true;
}

void session_peer_spki(const struct server_session *s, uint8_t out[P256_SPKI_LEN])
{
	key_spki(s->peer_pub, out);
}

void session_own_spki(const struct server_session *s, uint8_t out[P256_SPKI_LEN])
{
	key_spki(s->server->pub, out);
}

void session_shutdown(struct server_session *s)
{
	if (s->over || s->closing)
		return;
	s->closing = true;
	s->readable = false;
	ERR_clear_error();
	if (!s->ready || SSL_shutdown(s->ssl) < 0) {
		s->over = true;
		return;
	}
	advance(s);
	keep(s);
}
