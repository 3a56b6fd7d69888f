/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an operator comes to a node that no join service serves: a listening socket, and the few
 * connections that are taken at a time. Each is a peer pinned to the operators' keys.
 *
 * Anybody can connect. So a connection costs little before its key is known, and holds a place for
 * as long as it behaves: one that is in its handshake and has sent nothing for LISTEN_SILENT_MS
 * gives its place to a newcomer, and none has longer than PEER_ACCEPTED_MS. While no place is free
 * newcomers wait in the kernel, in their order. What connections end with changes nothing; a few
 * are said on the console.
 *
 * Owned by the race, which polls it beside its own peers. Order: listen_start(); listen_poll() and
 * listen_step() in turn; listen_close(), after which it may start again. Nothing here blocks.
 */
#ifndef EARLY_JOIN_LISTEN_H
#define EARLY_JOIN_LISTEN_H

#include <poll.h>
#include "early/join/peer.h"

#define LISTEN_PLACES	 32u
#define LISTEN_SILENT_MS 500
#define LISTEN_POLL_MAX	 (LISTEN_PLACES + 1) /* descriptors */

struct listener {
	int fd;		  /* -1: not open */
	uint64_t next_ms; /* before that the socket is not opened, and nobody accepted */
	unsigned said;	  /* lines about connections that ended */
	struct peer places[LISTEN_PLACES];
};

/* Opens the socket at from_ms (clock.h), or later as listen_step() comes to it. */
void listen_start(struct listener *l, uint64_t from_ms);
/* A service answered: a socket that is not open yet opens from_ms at the earliest. */
void listen_put_off(struct listener *l, uint64_t from_ms);
/*
 * What to poll for: writes up to LISTEN_POLL_MAX entries to out, returns how many, and moves
 * *deadline_ms to the time by which listen_step() has something to do anyway.
 */
nfds_t listen_poll(const struct listener *l, struct pollfd *out, uint64_t *deadline_ms);
/*
 * Opens the socket when it is time, takes a newcomer, moves every peer on. Returns the first with a
 * whole message, else NULL. A socket that cannot be had (E_LISTEN_...) is said, and tried again.
 */
struct peer *listen_step(struct listener *l, const struct config *config);
/* Closes all peers but `keep`, which may be NULL or another's. */
void listen_drop(struct listener *l, const struct peer *keep);
/* Closes the socket and all peers. */
void listen_close(struct listener *l);

#endif
