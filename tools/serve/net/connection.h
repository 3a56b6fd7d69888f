/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection: a non-blocking socket, its TLS session, and the exchange that runs on it. Memory
 * is bounded: the struct, a TLS session (from the first byte on; tools/serve/tls/session.h tells
 * its size), one body (at most 144 KiB, grown as it comes once its header announced a message that
 * is due, given back when it was judged) and one reply (at most 17 KiB).
 *
 * Progress: connection_run() makes one step after the other. It stops only where the next step is
 * one that the socket refuses (CONNECTION_WAITS; waits_for says which), or at its bound on steps
 * (CONNECTION_READY). A connection that waits has nothing left to do but with its socket, so epoll
 * tells of all there is to be told; one that is ready is called again without an event. So no
 * wake-up can be lost, however a peer cuts what it says into records and segments.
 *
 * The server owns connections and what links them into its lists; the fields under `server` are its
 * own.
 */
#ifndef TOOLS_SERVE_NET_CONNECTION_H
#define TOOLS_SERVE_NET_CONNECTION_H

#include "tools/serve/net/connection_data.h"

/* Takes over fd, whatever happens. NULL when there is no memory. */
struct connection *connection_open(int fd, const char *peer);
/* How far it has come. */
enum stage connection_stage(const struct connection *c);
/* True when a byte has come in, whether it was read yet or not. */
bool connection_heard(struct connection *c);
/* When it is given up, whatever for: records what was decided and did not leave. */
void connection_end(struct connection *c, struct service *s);
/* Wipes and releases everything. */
void connection_close(struct connection *c);

enum connection_result { CONNECTION_WAITS, CONNECTION_READY, CONNECTION_OVER };

/* Moves records, reads a message, answers it, as far as that goes without waiting. */
enum connection_result connection_run(struct connection *c, struct service *s);

#endif
