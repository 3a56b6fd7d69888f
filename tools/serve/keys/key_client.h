/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key service (tools/keys) as the join service sees it, over its socket.
 *
 * A question is given CLIENT_WAIT_MS. When there is no answer by then, or no connection, the next
 * ones are answered KEY_AWAY at once for CLIENT_REST_MS; then it is tried again, with a new
 * connection or child where the old one is broken. So a key service that is away costs the join
 * service that wait once in a while, and comes back by itself.
 *
 * What answers again must have the keys that it had: another KEK under a known version is refused,
 * since disks made with it would be lost.
 */
#ifndef TOOLS_SERVE_KEYS_KEY_CLIENT_H
#define TOOLS_SERVE_KEYS_KEY_CLIENT_H

#include "tools/serve/keys/key_link.h"
#include "tools/serve/keys/key_service.h"

#define CLIENT_WAIT_MS 2000
#define CLIENT_REST_MS 5000

/*
 * Connects, or starts the child, and waits until it has told its versions, so that it is known at
 * the start whether there are keys. *place is borrowed, and so are its texts.
 */
struct failure key_client_open(const struct key_place *place, struct key_service **out) MUST_CHECK;

#endif
