/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The node's side of the join protocol's TLS profile, and its channel binder (early/contract/
 * PROTOCOL.md, sections 1 and 2), over BearSSL's engine: TLS 1.2, ECDHE-ECDSA with AES-256-GCM on
 * P-256, both sides with a certificate, ALPN agreed, no resumption, no renegotiation. The service's
 * side is tools/serve/tls/.
 *
 * No sockets here: the caller moves bytes between its socket and the session with
 * tls_send_buf/ack (records to put on the wire) and tls_recv_buf/ack (where received records go),
 * and application data with tls_read/tls_write. tls_state() tells which of these can be done now.
 * The session is half-duplex: one buffer serves both directions, so a side that has begun to
 * receive a record writes only when it has read all of it. The protocol takes turns and never
 * notices.
 *
 * A session is caller-owned, about 25 KiB with its buffer, holds pointers into itself (do not move
 * it) and is wiped by tls_close(). random_open() must have succeeded. Distinct sessions share
 * nothing but the random generator, while they start, and an identity that was given to both.
 *
 * A session that fails has one more record to send, a fatal alert (RFC 5246, 7.2.2); then it is
 * closed. Sending it is a courtesy: what the session failed of is known before.
 *
 * Order: tls_identity_make(); tls_client_start(); move records until tls_ready(); tls_binder(),
 * tls_peer_spki(); read and write; tls_shutdown(); move records until closed; tls_close(). After a
 * failed start only tls_close() is allowed, and it is not needed.
 */
#ifndef CRYPTO_TLS_H
#define CRYPTO_TLS_H

#include <bearssl.h>
#include "crypto/errors.h"
#include "crypto/key.h"

#define TLS_BINDER_LEN	  32u
#define TLS_PEER_CERT_MAX 4096u
#define TLS_PINS_MAX	  2u

#define TLS_ALPN "protostar/1"

/* The peer's certificate while it comes in; fields belong to tls_peer.c. */
struct tls_peer {
	const br_x509_class *vtable; /* BearSSL calls back through it: must come first */
	uint8_t pins[TLS_PINS_MAX][32];
	size_t pin_count; /* 0: any P-256 key */
	uint8_t cert[TLS_PEER_CERT_MAX];
	size_t cert_len;
	unsigned cert_count;
	uint8_t pub[P256_PUB_LEN];
	br_x509_pkey key;
	uint16_t failure; /* E_..., 0 while all is well */
};

/*
 * What a side is known by: a key, and a certificate around it, which is made once, however many
 * connections follow. Caller-owned; it borrows the key's
 * scalar, holds a pointer into itself (do not move it), and needs no wiping.
 */
struct tls_identity {
	br_ec_private_key priv;
	uint8_t pub[P256_PUB_LEN];
	uint8_t cert[CERT_LEN];
	br_x509_certificate chain;
};

/* The key must outlive the identity. */
void tls_identity_make(struct tls_identity *id, const struct key_pair *key);

/* Defined here so that callers can own one; fields belong to tls.c and its neighbours. */
struct tls_session {
	union {
		br_ssl_engine_context engine; /* the first member of the other */
		br_ssl_client_context client;
	} tls;
	struct tls_peer peer;
	const struct tls_identity *own;
	bool ready;
	bool closing;	  /* close_notify was said or is about to be: no alert after it */
	bool over;	  /* no record is taken any more, and none given but the alert */
	uint16_t failure; /* E_..., of what this room refused by itself */
	uint8_t *alert;	  /* in `records`: what of the fatal alert is not sent yet */
	size_t alert_len;
	uint8_t binder[TLS_BINDER_LEN];
	uint8_t records[BR_SSL_BUFSIZE_MONO];
};

/*
 * Starts a session that accepts only a service whose SPKI hashes (SHA-256) to one of the
 * pin_count pins, 1..TLS_PINS_MAX (E_TLS_PIN_COUNT). With NULL and 0 any P-256 key is accepted: the
 * caller finds out by other means whose tls_peer_spki() is, before anything that the service sends
 * is used. `own` is of this connection's fresh key and
 * must outlive it. Other errors: random_bytes(), E_TLS_CLIENT_START.
 */
struct status tls_client_start(struct tls_session *s, const struct tls_identity *own,
	const uint8_t pins[][32], size_t pin_count) MUST_CHECK;

/* What can be done now; several at once. */
#define TLS_CAN_SEND  1u /* records wait for the wire: tls_send_buf */
#define TLS_CAN_RECV  2u /* room for records from the wire: tls_recv_buf */
#define TLS_CAN_READ  4u /* application data waits: tls_read */
#define TLS_CAN_WRITE 8u /* application data is taken: tls_write */
#define TLS_CLOSED    16u
unsigned tls_state(const struct tls_session *s);
/*
 * Why a session failed, from that moment on: the code of what went wrong; OK while it lives and for
 * an orderly close. A connection cut without close_notify is the caller's to notice: its socket
 * tells.
 */
struct status tls_error(const struct tls_session *s) MUST_CHECK;
/* BearSSL's own error number (BR_ERR_...), for the detail of a message; 0 when there is none. */
int tls_error_detail(const struct tls_session *s);

/* Borrowed views of the engine's buffers; ack says how many bytes were moved. */
uint8_t *tls_send_buf(struct tls_session *s, size_t *out_len);
void tls_send_ack(struct tls_session *s, size_t len);
uint8_t *tls_recv_buf(struct tls_session *s, size_t *out_len);
void tls_recv_ack(struct tls_session *s, size_t len);

/* Moves up to len bytes and returns how many; 0 when the state does not allow it now. */
size_t tls_read(struct tls_session *s, uint8_t *out, size_t len);
size_t tls_write(struct tls_session *s, const uint8_t *data, size_t len);
/* Makes records of what was written so far. */
void tls_flush(struct tls_session *s);

/* True once the handshake is done, with ALPN agreed and the peer's key known. */
bool tls_ready(const struct tls_session *s);
/* The binder of this connection; E_TLS_BINDER before tls_ready(). */
struct status tls_binder(const struct tls_session *s, uint8_t out[TLS_BINDER_LEN]) MUST_CHECK;
/* DER SPKI of the peer's and of the own certificate, P256_SPKI_LEN bytes each; after tls_ready().
 */
void tls_peer_spki(const struct tls_session *s, uint8_t out[P256_SPKI_LEN]);
void tls_own_spki(const struct tls_session *s, uint8_t out[P256_SPKI_LEN]);

/* Begins an orderly close (close_notify); what the peer sent and nobody read is dropped. */
void tls_shutdown(struct tls_session *s);
/* Wipes the session: keys, buffers, all of it. */
void tls_close(struct tls_session *s);

#endif
