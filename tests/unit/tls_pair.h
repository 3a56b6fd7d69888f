/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two TLS sessions joined in memory, for the tests of crypto/tls.h. Every record that one side
 * gives is handed to the other through a tap, which may change it.
 */
#ifndef TESTS_UNIT_TLS_PAIR_H
#define TESTS_UNIT_TLS_PAIR_H

#include <string.h>
#include "crypto/digest.h"
#include "crypto/tls.h"

struct tls_pair {
	struct tls_session client, server;
	struct key_pair client_key, server_key;
	struct tls_identity client_own, server_own;
	uint8_t pin[1][32];
};

/* SHA-256 of the key's SPKI. */
static inline void pin_of(const struct key_pair *k, uint8_t out[32])
{
	uint8_t spki[P256_SPKI_LEN];

	key_spki(k->pub, spki);
	sha256(spki, sizeof(spki), out);
}

/* Moves what `from` has ready, as much as `to` takes; how many bytes. */
static inline size_t tls_move(struct tls_session *from, struct tls_session *to)
{
	size_t have, room, moved = 0;
	uint8_t *src, *dst;

	while ((src = tls_send_buf(from, &have)) && (dst = tls_recv_buf(to, &room))) {
		size_t n = have < room ? have : room;

		memcpy(dst, src, n);
		tls_send_ack(from, n);
		tls_recv_ack(to, n);
		moved += n;
	}
	return moved;
}

/* Until neither side has anything to say that the other would hear. */
static inline void tls_settle(struct tls_session *a, struct tls_session *b)
{
	while (tls_move(a, b) + tls_move(b, a))
		;
}

static inline struct status tls_pair_start(struct tls_pair *p)
{
	TRY(key_generate(&p->client_key));
	TRY(key_generate(&p->server_key));
	pin_of(&p->server_key, p->pin[0]);
	tls_identity_make(&p->client_own, &p->client_key);
	tls_identity_make(&p->server_own, &p->server_key);
	TRY(tls_server_start(&p->server, &p->server_own));
	return tls_client_start(&p->client, &p->client_own, (const uint8_t(*)[32])p->pin, 1);
}

static inline void tls_pair_end(struct tls_pair *p)
{
	tls_close(&p->client);
	tls_close(&p->server);
	key_free(&p->client_key);
	key_free(&p->server_key);
}

#endif
