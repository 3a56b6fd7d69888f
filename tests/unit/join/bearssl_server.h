/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TLS server of BearSSL's for tests of the node's side, which can do what protostar's own service
 * never does: send records that hold nothing. The profile is that of PROTOCOL.md, section 1.
 */
#ifndef TESTS_UNIT_JOIN_BEARSSL_SERVER_H
#define TESTS_UNIT_JOIN_BEARSSL_SERVER_H

#include "crypto/tls.h"

struct bearssl_server {
	br_ssl_server_context tls;
	struct tls_peer peer;
	const struct tls_identity *own;
	uint8_t records[BR_SSL_BUFSIZE_MONO];
};

/* `own` must outlive the server. False when it cannot be started. */
bool bearssl_start(struct bearssl_server *s, const struct tls_identity *own) MUST_CHECK;
/* Right after the handshake, before anything else was moved; false when there is none yet. */
bool bearssl_binder(const struct bearssl_server *s, uint8_t out[TLS_BINDER_LEN]) MUST_CHECK;
/* Application data can be written: the handshake is done. */
bool bearssl_ready(const struct bearssl_server *s);
bool bearssl_closed(const struct bearssl_server *s);
/* Moves up to len bytes and returns how many. */
size_t bearssl_read(struct bearssl_server *s, uint8_t *out, size_t len);
size_t bearssl_write(struct bearssl_server *s, const uint8_t *data, size_t len);
/* close_notify; what nobody read is dropped. */
void bearssl_shutdown(struct bearssl_server *s);

#endif
