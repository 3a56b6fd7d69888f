/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a peer's TLS came to nothing (early/contract/PROTOCOL.md, section 1). */
#ifndef TOOLS_SERVE_TLS_FAULT_H
#define TOOLS_SERVE_TLS_FAULT_H

enum tls_fault {
	TLS_FINE,
	TLS_NOT_TLS,
	TLS_TOO_OLD,
	TLS_NOTHING_COMMON,
	TLS_NO_HASH,
	TLS_NO_ALPN,
	TLS_OTHER_ALPN,
	TLS_MESSAGE_SIZE,
	TLS_NO_CERTIFICATE,
	TLS_CERTIFICATE_COUNT,
	TLS_CERTIFICATE_SIZE,
	TLS_CERTIFICATE_FORM,
	TLS_RENEGOTIATION,
	TLS_PEER_ALERT,
	TLS_BROKEN,
	TLS_INTERNAL,
	TLS_FAULTS
};

/* In words, for the log; "" for TLS_FINE. */
const char *tls_fault_text(enum tls_fault fault);
/* The fatal alert that tells the peer of it (RFC 5246, 7.2.2). */
unsigned char tls_fault_alert(enum tls_fault fault);
/* What a reason of libssl's (ERR_GET_REASON) means here. */
enum tls_fault tls_fault_of(int reason);

#endif
