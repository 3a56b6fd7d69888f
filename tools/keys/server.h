/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop of the key service: few connections, of users that may ask, one request of each at a
 * time. One thread.
 */
#ifndef TOOLS_KEYS_SERVER_H
#define TOOLS_KEYS_SERVER_H

#include <sys/types.h>

#include "tools/keys/handle.h"

#define KEYS_CLIENTS_MAX 4u /* the join service's, and somebody who looks at the status */
#define KEYS_USERS_MAX	 8u
/* Bytes of locked memory that the connections take. */
#define KEYS_SERVER_LOCKED (KEYS_CLIENTS_MAX * (size_t)KEYS_REQUEST_MAX + 4096u)

struct keys_users {
	uid_t ids[KEYS_USERS_MAX];
	size_t count;
};

struct keys_server;

/*
 * listener: a Unix socket that listens, or -1. connected: a connection that is there already, with
 * whose end the loop ends, or -1. What is pointed to must stay. keys_server_close() releases it;
 * the caller closes the engine.
 */
struct failure keys_server_open(struct kek_engine *e, const struct keys_users *users,
	const struct keys_tenants *tenants, int listener, int connected,
	struct keys_server **out) MUST_CHECK;
/* Serves until `connected` ends; with a listener until a signal ends the process. */
struct failure keys_server_run(struct keys_server *s) MUST_CHECK;
void keys_server_close(struct keys_server *s);

#endif
