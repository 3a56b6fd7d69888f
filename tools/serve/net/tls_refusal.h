/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a peer's TLS came to nothing, for the log. Nothing is decided here. */
#ifndef TOOLS_SERVE_NET_TLS_REFUSAL_H
#define TOOLS_SERVE_NET_TLS_REFUSAL_H

#include "tools/serve/tls/session.h"
#include "tools/serve/log/refusal.h"

/* Bytes of a ClientHello that are enough to see its cipher suites. */
#define HELLO_LOOK_MAX 512u

/*
 * True when these are the first bytes of a ClientHello that offers cipher suites of TLS 1.3 only
 * (RFC 8446, B.4). False as well when there are too few bytes to know.
 */
bool hello_is_tls13_only(const uint8_t *bytes, size_t len);

/* The reason of a session that failed. tls13_only: what the ClientHello said. */
enum refusal tls_refusal(const struct server_session *tls, bool tls13_only);

#define TLS_REFUSAL_TEXT_MAX 256u

/* Tells more of it: what was wrong, or the peer's alert. */
void tls_refusal_text(const struct server_session *tls, char out[TLS_REFUSAL_TEXT_MAX]);

#endif
