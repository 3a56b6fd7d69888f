/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node's TLS (crypto/tls.h, BearSSL) and a service's (tools/serve/tls/, libssl), joined in
 * memory.
 */
#ifndef TESTS_UNIT_TLS_PAIR_H
#define TESTS_UNIT_TLS_PAIR_H

#include <string.h>
#include "crypto/digest.h"
#include "crypto/tls.h"
#include "tools/serve/tls/session.h"

struct tls_pair {
	struct tls_session client;
	struct server_session *session;
	struct key_pair client_key, server_key;
	struct tls_identity client_own;
	struct tls_server *server;
	uint8_t pin[1][32];
};

/* SHA-256 of the key's SPKI. */
static inline void pin_of(const struct key_pair *k, uint8_t out[32])
{
	uint8_t spki[P256_SPKI_LEN];

	key_spki(k->pub, spki);
	sha256(spki, sizeof(spki), out);
}

/* Moves what one side has ready, as much as the other takes; how many bytes. */
static inline size_t tls_to_server(struct tls_pair *p)
{
	size_t have, room, moved = 0;
	uint8_t *src, *dst;

	while ((src = tls_send_buf(&p->client, &have)) &&
		(dst = session_recv_buf(p->session, &room))) {
		size_t n = have < room ? have : room;

		memcpy(dst, src, n);
		tls_send_ack(&p->client, n);
		session_recv_ack(p->session, n);
		moved += n;
	}
	return moved;
}

static inline size_t tls_to_client(struct tls_pair *p)
{
	size_t have, room, moved = 0;
	uint8_t *src, *dst;

	while ((src = session_send_buf(p->session, &have)) &&
		(dst = tls_recv_buf(&p->client, &room))) {
		size_t n = have < room ? have : room;

		memcpy(dst, src, n);
		session_send_ack(p->session, n);
		tls_recv_ack(&p->client, n);
		moved += n;
	}
	return moved;
}

/* Until neither side has anything to say that the other would hear. */
static inline void tls_settle(struct tls_pair *p)
{
	while (tls_to_server(p) + tls_to_client(p))
		;
}

/* Both sides begin anew, with the keys that there are. */
static inline bool tls_pair_restart(struct tls_pair *p)
{
	session_close(p->session);
	p->session = session_open(p->server);
	return p->session && !failed(tls_client_start(
				     &p->client, &p->client_own, (const uint8_t(*)[32])p->pin, 1));
}

static inline bool tls_pair_start(struct tls_pair *p)
{
	if (failed(key_generate(&p->client_key)) || failed(key_generate(&p->server_key)))
		return false;
	pin_of(&p->server_key, p->pin[0]);
	tls_identity_make(&p->client_own, &p->client_key);
	p->session = NULL;
	return !tls_server_open(&p->server_key, &p->server).happened && tls_pair_restart(p);
}

static inline void tls_pair_end(struct tls_pair *p)
{
	tls_close(&p->client);
	session_close(p->session);
	tls_server_close(p->server);
	key_free(&p->client_key);
	key_free(&p->server_key);
}

#endif
