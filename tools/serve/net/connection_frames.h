/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said on a connection: frames in, and the exchange's answer to them. Private to
 * connection.c, which moves the bytes.
 */
#ifndef TOOLS_SERVE_NET_CONNECTION_FRAMES_H
#define TOOLS_SERVE_NET_CONNECTION_FRAMES_H

#include "tools/serve/net/connection_data.h"
#include "tools/serve/join/service.h"

/* The handshake is done: begins the exchange. False ends the connection without a word. */
bool frames_begin(struct connection *c, struct service *s);
/* Takes application data that TLS holds. False as above. */
bool frames_take(struct connection *c, struct service *s);
/* Wipes what is there of the body that comes in, or of the reply that goes out. */
void frames_drop_body(struct connection *c);
void frames_drop_reply(struct connection *c);

#endif
