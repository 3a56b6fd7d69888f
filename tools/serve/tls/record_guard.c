/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/tls/record_guard.h"

#include <openssl/ssl3.h>
#include <openssl/tls1.h>
#include <string.h>

#include "tools/serve/tls/peer.h"

/* The bounds of `len` for a message of this type, and what it is called to break them. */
static enum tls_fault check_message(uint8_t type, size_t len)
{
	if (type == SSL3_MT_CERTIFICATE)
		return len <= PEER_CERT_MESSAGE_MAX ? TLS_FINE : TLS_CERTIFICATE_SIZE;
	return len <= (type == SSL3_MT_CLIENT_HELLO ? HELLO_MAX : MESSAGE_MAX) ? TLS_FINE
									       : TLS_MESSAGE_SIZE;
}

/* Bytes of messages, which may begin and end anywhere in records. */
static enum tls_fault take_messages(struct record_guard *g, const uint8_t *at, size_t len)
{
	while (len) {
		size_t n = g->message_left < len ? g->message_left : len;
		enum tls_fault fault;

		g->message_left -= n;
		g->messages += n && !g->message_left;
		at += n;
		len -= n;
		if (!len)
			break;
		g->message[g->message_have++] = *at++;
		len--;
		if (g->message_have < MESSAGE_HEADER_LEN)
			continue;
		g->message_have = 0;
		g->message_left = (size_t)g->message[1] << 16 | (size_t)g->message[2] << 8 |
				  g->message[3];
		g->messages += !g->message_left;
		fault = check_message(g->message[0], g->message_left);
		if (fault)
			return fault;
	}
	return TLS_FINE;
}

/* A record's header is whole. What comes first is a handshake, or an alert instead of one. */
static enum tls_fault begin_record(struct record_guard *g)
{
	uint8_t type = g->header[0];

	g->header_have = 0;
	g->body_left = (size_t)g->header[3] << 8 | g->header[4];
	if (g->sealed)
		return TLS_FINE;
	if (g->header[1] != TLS1_VERSION_MAJOR ||
		(!g->begun && type != SSL3_RT_HANDSHAKE && type != SSL3_RT_ALERT))
		return TLS_NOT_TLS;
	g->begun = true;
	return TLS_FINE;
}

static enum tls_fault take_body(struct record_guard *g, const uint8_t *bytes, size_t len)
{
	enum tls_fault fault = TLS_FINE;

	if (!g->sealed && g->header[0] == SSL3_RT_HANDSHAKE)
		fault = take_messages(g, bytes, len);
	g->body_left -= len;
	if (!g->body_left && g->header[0] == SSL3_RT_CHANGE_CIPHER_SPEC)
		g->sealed = true;
	return fault;
}

enum tls_fault record_guard_take(struct record_guard *g, const uint8_t *bytes, size_t len)
{
	enum tls_fault fault = TLS_FINE;

	while (len && !fault) {
		size_t n = 1;

		if (g->body_left) {
			n = g->body_left < len ? g->body_left : len;
			fault = take_body(g, bytes, n);
		} else {
			g->header[g->header_have++] = *bytes;
			if (g->header_have == RECORD_HEADER_LEN)
				fault = begin_record(g);
		}
		bytes += n;
		len -= n;
	}
	return fault;
}

bool record_guard_has_first(const struct record_guard *g)
{
	return g->messages ||
	       (g->begun && g->header[0] != SSL3_RT_HANDSHAKE && !record_guard_inside(g));
}

bool record_guard_inside(const struct record_guard *g)
{
	return g->header_have || g->body_left;
}
