/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The listening socket and the signals that the event loop takes. */
#ifndef TOOLS_SERVE_NET_LISTENER_H
#define TOOLS_SERVE_NET_LISTENER_H

#include <netinet/in.h>
#include <stdbool.h>
#include "tools/lib/failure.h"

/*
 * Gives a non-blocking socket that listens, for the caller to close; a failure names the address
 * and what to do. An IPv4 address needs no IPv6 in the kernel, and where there is none [::] means
 * 0.0.0.0.
 */
struct failure listener_open(const struct sockaddr_in6 *address, int *out_socket) MUST_CHECK;
/* The next connection and where it comes from; -1 with errno. */
int listener_accept(int listener, struct sockaddr_in6 *out_from);
/* Where the socket is bound, with the port that was given to it. */
void listener_address(int listener, struct sockaddr_in6 *out);
/* Blocks SIGTERM, SIGINT and SIGHUP and makes them readable; -1 with errno. */
int listener_signals(void);

#endif
