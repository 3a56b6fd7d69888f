/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service's side of the TLS profile (early/contract/PROTOCOL.md, section 1), over libssl: what
 * all connections share. One for a service; sessions (session.h) borrow it. One thread at a time.
 *
 * tls_library_start() comes before anything else of OpenSSL's in the process.
 */
#ifndef TOOLS_SERVE_TLS_TLS_SERVER_H
#define TOOLS_SERVE_TLS_TLS_SERVER_H

#include "crypto/key.h"
#include "tools/lib/failure.h"

struct tls_server;

/*
 * Keeps OpenSSL from reading the machine's configuration, which could change the profile, and gives
 * it locked memory for the private keys of a service with this many connections at once.
 */
struct failure tls_library_start(size_t connections) MUST_CHECK;

/* A server with this key. The key is copied into OpenSSL. tls_server_close() releases it. */
struct failure tls_server_open(const struct key_pair *key, struct tls_server **out) MUST_CHECK;
/* No session may be left. NULL is fine. */
void tls_server_close(struct tls_server *t);

#endif
