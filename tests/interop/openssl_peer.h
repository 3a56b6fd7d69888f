/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other side of a TLS connection, played by OpenSSL in memory, for tests of crypto/tls.h and of
 * tools/serve/tls/. How
 * OpenSSL behaves is a struct openssl_profile; what it saw (transcript, exporter) it computes by
 * its own code, so that the binder is checked against an independent one.
 */
#ifndef TESTS_INTEROP_OPENSSL_PEER_H
#define TESTS_INTEROP_OPENSSL_PEER_H

#include <openssl/ssl.h>
#include "crypto/tls.h"
#include "tools/serve/tls/session.h"

struct openssl_profile {
	bool is_server;
	int version_min, version_max;
	const char *ciphers;	  /* of TLS 1.2 and older */
	const char *groups;	  /* NULL: OpenSSL's own */
	const char *sigalgs;	  /* NULL: OpenSSL's own */
	const char *cert_sigalgs; /* for a client signing with its certificate; NULL: as sigalgs */
	const char *key;	  /* "P-256", "P-384", "RSA"; NULL: no certificate */
	unsigned chain;		  /* certificates sent, 1 or more */
	const char *alpn;	  /* NULL: none */
	bool ask_for_certificate; /* a server's CertificateRequest */
};

/* The profile that the protocol asks for. */
struct openssl_profile openssl_good(bool is_server);

struct openssl_peer {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;
	EVP_MD_CTX *transcript;
	uint8_t pin[1][32]; /* SHA-256 of the own key's SPKI */
	uint8_t alert[2];   /* the last one received: level and description */
	bool done;
};

bool openssl_start(struct openssl_peer *p, const struct openssl_profile *profile);
void openssl_end(struct openssl_peer *p);
/* Moves records both ways until neither side has more: with a node's side, with a service's. */
void openssl_settle(struct openssl_peer *p, struct tls_session *s);
void openssl_settle_server(struct openssl_peer *p, struct server_session *s);
/* The binder as early/contract/PROTOCOL.md, section 2, says, all of it by OpenSSL. */
bool openssl_binder(struct openssl_peer *p, uint8_t out[TLS_BINDER_LEN]);

#endif
