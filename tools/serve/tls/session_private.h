/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share about a session. */
#ifndef TOOLS_SERVE_TLS_SESSION_PRIVATE_H
#define TOOLS_SERVE_TLS_SESSION_PRIVATE_H

#include "crypto/digest.h"
#include "tools/serve/tls/record_guard.h"
#include "tools/serve/tls/session.h"
#include "tools/serve/tls/tls_server_private.h"

/* Bytes on their way: those from `at` to `len` are still to go. */
struct pending {
	uint8_t *bytes;
	size_t at, len, capacity;
};

struct server_session {
	struct tls_server *server;
	SSL *ssl;		/* NULL until the first message has come */
	EVP_MD_CTX *transcript; /* NULL once the binder is made */
	struct record_guard guard;
	const uint8_t *fed; /* received, not yet taken by libssl */
	size_t fed_len;
	struct pending kept; /* of `fed`, between calls */
	struct pending out;  /* records for the wire */
	enum tls_fault fault;
	unsigned peer_alert;
	bool has_peer, ready;
	bool readable; /* application data waits in libssl */
	bool closing;  /* close_notify was said */
	bool over;     /* nothing is taken any more, and nothing given but what waits in `out` */
	uint8_t peer_pub[P256_PUB_LEN];
	uint8_t binder[SESSION_BINDER_LEN];
};

/* Appends; false when there is no memory or it is more than any session needs. */
bool pending_add(struct pending *p, const void *bytes, size_t len);
void pending_drop(struct pending *p);

/* A BIO between libssl and the session's buffers (session_wire.c). NULL when there is no memory. */
BIO *session_wire(const struct tls_server *server, struct server_session *s);

/* Lets libssl tell the session of every message (session_events.c). */
void session_watch(struct server_session *s);
/* The first fault stands. */
void session_refuse(struct server_session *s, enum tls_fault fault);

/* binder.c: the handshake has just ended. False when libssl fails. */
bool session_make_binder(struct server_session *s);

#endif
