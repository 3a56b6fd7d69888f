/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection to a join service or an operator: TCP, TLS with the pinned key, frames of the join
 * protocol. Whoever made the connection, the node is the client of TLS.
 *
 * A peer never blocks by itself. peer_start() begins the connect, peer_accept() takes a connection
 * that is there; the caller polls the peer's fd for peer_events() and calls peer_step() until
 * peer_frame() hands out the first message; that is how several peers race. From then on the winner
 * talks in turns: peer_send(), peer_receive(), each of which waits until its deadline and not
 * longer. peer_close() wipes all of it, on every path.
 *
 * A peer is caller-owned, about 25 KiB, must not move before peer_close(), and starts out zeroed.
 * It holds the first message, which is short; those that come by peer_receive() go into one buffer
 * for all, so that only one peer at a time can be past its first message.
 */
#ifndef EARLY_JOIN_PEER_H
#define EARLY_JOIN_PEER_H

#include <poll.h>

#include "crypto/tls.h"
#include "early/contract/config.h"
#include "early/contract/messages.h"

#define PEER_CONNECT_MS	  2000
#define PEER_HANDSHAKE_MS 10000
#define PEER_MESSAGE_MS	  10000
#define PEER_ACCEPTED_MS  5000	/* of the handshake, where a stranger made the connection */
#define POLL_MAX_MS	  60000 /* of one poll(2) */

/* The longest frames that a service sends: any, a GRANT; and as its first one, a DENY. */
#define PEER_FRAME_MAX (FRAME_HEADER_LEN + 256 + ROLE_TEXT_MAX + SERVICE_EVIDENCE_MAX + WRAPPED_MAX)
#define PEER_FIRST_MAX (FRAME_HEADER_LEN + 2 + 4 + 4 + DENY_TEXT_MAX)

enum peer_state {
	PEER_IDLE,	 /* no connection: zeroed or closed */
	PEER_CONNECTING, /* TCP */
	PEER_HANDSHAKE,	 /* TLS */
	PEER_OPEN,	 /* messages */
};

struct peer {
	enum peer_state state;
	int fd;
	bool accepted;	      /* by the listener: an operator's, not a service's */
	uint64_t deadline_ms; /* when the state it is in must have ended (clock.h) */
	uint64_t heard_ms;    /* when bytes came in last; of an accepted one, at first its begin */
	bool unfinished;      /* the last step ended at its bound: do not wait before the next */
	struct key_pair key;  /* of this connection alone */
	struct tls_identity identity;
	struct tls_session tls;
	/* Known from PEER_OPEN on. */
	uint8_t binder[TLS_BINDER_LEN];
	uint8_t own_spki[P256_SPKI_LEN], service_spki[P256_SPKI_LEN];
	uint8_t *frame;	  /* where the message goes: `first`, later the buffer for all */
	size_t frame_max; /* bytes */
	size_t frame_len; /* bytes of the message that have come in */
	uint8_t first[PEER_FIRST_MAX];
};

/*
 * Makes a key, starts a session pinned to config's pins and begins to connect. Where config has
 * none but wants evidence of the service, any key is taken: the evidence is about it.
 */
struct status peer_start(
	struct peer *p, const struct config *config, const struct sockaddr_in6 *to) MUST_CHECK;

/*
 * The same with a connection that an operator's machine made: `fd`, not blocking, which the peer
 * owns from now on, whether this succeeds or not. Pinned to config's operators.
 */
struct status peer_accept(struct peer *p, const struct config *config, int fd) MUST_CHECK;

/* What to poll for; *deadline_ms becomes the peer's own when that is earlier. */
struct pollfd peer_poll(const struct peer *p, uint64_t *deadline_ms);
/*
 * Moves what can be moved without waiting. E_JOIN_REFUSED, E_JOIN_CONNECT_TIMEOUT,
 * E_JOIN_HANDSHAKE_TIMEOUT, E_JOIN_MESSAGE_TIMEOUT when time is up; E_JOIN_READ, E_JOIN_WRITE,
 * E_JOIN_CUT, E_JOIN_CLOSED when the connection is gone; E_JOIN_FRAME for bytes that are no frame;
 * or what TLS says (E_TLS_...).
 */
struct status peer_step(struct peer *p) MUST_CHECK;
/* True when a whole message is there; the body stays valid until the next receive or close. */
bool peer_frame(const struct peer *p, uint8_t *out_type, struct span *out_body);

/* Sends one encoded frame, and waits until all of it is in the kernel's hands. */
struct status peer_send(struct peer *p, const uint8_t *frame, size_t len) MUST_CHECK;
/* Drops the message before and waits for the next. */
struct status peer_receive(struct peer *p, uint8_t *out_type, struct span *out_body) MUST_CHECK;

/* Closes the connection and wipes keys and buffers. An idle peer is fine. */
void peer_close(struct peer *p);

#endif
