/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop: one thread, one epoll set. It accepts, gives every connection its deadline,
 * limits how many there are in all and from one source, reloads policy on SIGHUP, and ends on
 * SIGTERM or SIGINT once granted nodes have committed and been told, or after DRAIN_MS. Nothing in
 * it waits but the store's and the audit record's fsync.
 *
 * When there are no slots left, in all or for one source, somebody who has proven nothing gives
 * way (slots.h). Who is turned away or turned out is in the log (refusal.h).
 */
#ifndef TOOLS_SERVE_NET_SERVER_H
#define TOOLS_SERVE_NET_SERVER_H

#include "tools/serve/net/address.h"
#include "tools/serve/net/limits.h"
#include "tools/serve/join/service.h"

struct server;

/* Binds and listens. Signals are blocked from here on and taken by the loop. */
struct failure server_open(const struct sockaddr_in6 *listen, const struct server_limits *limits,
	struct service *service, const char *policy_path, struct server **out) MUST_CHECK;
/* "ADDR:PORT" as bound. */
void server_address(const struct server *s, char out[ADDRESS_TEXT_MAX]);
/* Runs until a signal ends it. False when the loop itself failed. */
struct failure server_run(struct server *s) MUST_CHECK;
/* How many nodes hold a grant that is not committed, or were not told yet that it is. */
size_t server_granted(const struct server *s);
void server_close(struct server *s);

#endif
