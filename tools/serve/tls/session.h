/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection's TLS on the service's side, and its channel binder (early/contract/PROTOCOL.md,
 * sections 1 and 2). The node's side is crypto/tls.h.
 *
 * No sockets here: the caller moves bytes between its socket and the session with
 * session_send_buf/ack (records to put on the wire) and session_recv_buf/ack (where received
 * records go), and application data with session_read/write. session_state() tells which of these
 * can be done now. The session is half-duplex: while it has records to send it takes none, and a
 * side that has begun to receive a record writes only when it has read all of it.
 *
 * Memory: what was sent of a ClientHello until it is whole; about 45 KiB in the handshake, about
 * 20 KiB behind it, one record more while it is on its way. Received bytes land in a buffer that
 * all sessions of a server share: between session_recv_buf() and session_recv_ack() no other
 * session may be touched.
 *
 * A session that fails has one more record to send, a fatal alert; then it is closed.
 *
 * Order: session_open(); move records until session_ready(); session_binder(), session_peer_spki();
 * read and write; session_shutdown(); move records until closed; session_close().
 */
#ifndef TOOLS_SERVE_TLS_SESSION_H
#define TOOLS_SERVE_TLS_SESSION_H

#include "tools/serve/tls/fault.h"
#include "tools/serve/tls/tls_server.h"

#define SESSION_BINDER_LEN 32u
#define SESSION_WRITE_MAX  16384u /* bytes that one call takes: a record */

struct server_session;

/* NULL when there is no memory. `server` must outlive the session. */
struct server_session *session_open(struct tls_server *server) MUST_CHECK;
/* Wipes keys and releases the session. NULL is fine. */
void session_close(struct server_session *s);

/* What can be done now; several at once. */
#define SESSION_CAN_SEND  1u /* records wait for the wire: session_send_buf */
#define SESSION_CAN_RECV  2u /* room for records from the wire: session_recv_buf */
#define SESSION_CAN_READ  4u /* application data waits: session_read */
#define SESSION_CAN_WRITE 8u /* application data is taken: session_write */
#define SESSION_CLOSED	  16u
unsigned session_state(const struct server_session *s);

/*
 * Why the session failed, from that moment on; TLS_FINE while it lives and for an orderly close. A
 * connection cut without close_notify is the caller's to notice: its socket tells.
 */
enum tls_fault session_fault(const struct server_session *s);
/* The description of the peer's fatal alert (RFC 5246, 7.2), after TLS_PEER_ALERT. */
unsigned session_peer_alert(const struct server_session *s);

/* Borrowed buffers; ack says how many bytes were moved. NULL when the state does not allow it. */
uint8_t *session_send_buf(struct server_session *s, size_t *out_len);
void session_send_ack(struct server_session *s, size_t len);
uint8_t *session_recv_buf(struct server_session *s, size_t *out_len);
void session_recv_ack(struct server_session *s, size_t len);

/* Moves up to len bytes and returns how many; 0 when the state does not allow it now. */
size_t session_read(struct server_session *s, uint8_t *out, size_t len);
size_t session_write(struct server_session *s, const uint8_t *data, size_t len);

/* True once the handshake is done, with ALPN agreed and the peer's key known. */
bool session_ready(const struct server_session *s);
/* The binder of this connection; false before session_ready(). */
bool session_binder(const struct server_session *s, uint8_t out[SESSION_BINDER_LEN]) MUST_CHECK;
/* DER SPKI of the peer's and of the own certificate, P256_SPKI_LEN bytes; after session_ready(). */
void session_peer_spki(const struct server_session *s, uint8_t out[P256_SPKI_LEN]);
void session_own_spki(const struct server_session *s, uint8_t out[P256_SPKI_LEN]);

/* Begins an orderly close (close_notify); what the peer sent and nobody read is dropped. */
void session_shutdown(struct server_session *s);

#endif
