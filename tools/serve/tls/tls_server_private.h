/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share about a server, and what a server needs of its sessions. */
#ifndef TOOLS_SERVE_TLS_TLS_SERVER_PRIVATE_H
#define TOOLS_SERVE_TLS_TLS_SERVER_PRIVATE_H

#include <openssl/ssl.h>

#include "tools/serve/tls/tls_server.h"

/* early/contract/PROTOCOL.md, sections 1 and 2. */
#define PROFILE_SUITE	 0xc02c /* TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 */
#define PROFILE_PROTOCOL "protostar/1"

#define RECEIVE_MAX 4096u /* bytes taken from the wire at a time */

struct tls_server {
	SSL_CTX *ctx;
	BIO_METHOD *wire;
	EVP_MD *sha256;
	uint8_t pub[P256_PUB_LEN];
	uint8_t received[RECEIVE_MAX]; /* from the wire, by the session that is being fed */
};

/* How libssl reaches a session's buffers (session_wire.c). NULL when there is no memory. */
BIO_METHOD *session_wire_method(void);
/* What libssl tells and asks sessions in their handshakes (session_events.c). */
void session_events(SSL_CTX *ctx);

#endif
