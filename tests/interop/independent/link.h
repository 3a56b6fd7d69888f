/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PROTOCOL.md sections 1 to 3: a TLS connection by libssl, its binder, and frames. `how` says what
 * of the handshake is done otherwise; zeros are the page's way.
 */
#ifndef TESTS_INTEROP_INDEPENDENT_LINK_H
#define TESTS_INTEROP_INDEPENDENT_LINK_H

#include <openssl/ssl.h>
#include "tests/interop/independent/derive.h"

#define SPKI_LEN    91u
#define FRAME_MAX   262144u
#define LINK_WAIT_S 60

struct link_how {
	uint32_t certificate_len; /* bytes of the DER, by a comment in it; 0: as short as it is */
	uint32_t no_certificate, chain; /* flags */
	uint32_t rsa_key, p384_key;	/* flags: of the certificate */
	uint32_t of_1970, of_2100;	/* flags: when it is valid, for an hour */
	uint32_t no_alpn, other_alpn, tls13_only, other_cipher, other_group,
		offers_more; /* flags */
};

struct link {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	EVP_PKEY *key; /* of this connection alone */
	EVP_MD_CTX *transcript;
	uint8_t own[SPKI_LEN], peer[SPKI_LEN], th[32], binder[32];
	bool up;    /* the handshake is over, and the service's key is the pinned one */
	bool rogue; /* the pin was another */
};

/* Connects; up is true when frames may be sent. Always to be closed. */
void link_open(struct link *l, uint16_t port, const uint8_t pin[32], const struct link_how *how);
void link_close(struct link *l);
/* Bytes into TLS; false when the connection has ended. */
bool link_send(struct link *l, const void *data, size_t len);
/* A frame's body into `out`; its type, or 0 when the connection ended or stays silent. */
unsigned link_frame(struct link *l, struct buf *out);
/* A TCP connection to the loopback interface. */
int link_tcp(uint16_t port);

#endif
