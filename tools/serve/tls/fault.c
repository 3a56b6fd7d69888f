/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/tls/fault.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

static const struct {
	unsigned char alert;
	const char *text;
} faults[TLS_FAULTS] = {
	[TLS_FINE] = {SSL_AD_CLOSE_NOTIFY, ""},
	[TLS_NOT_TLS] = {SSL_AD_PROTOCOL_VERSION, "what the peer sent is not TLS"},
	[TLS_TOO_OLD] = {SSL_AD_PROTOCOL_VERSION, "the peer's TLS is older than TLS 1.2"},
	[TLS_NOTHING_COMMON] = {SSL_AD_HANDSHAKE_FAILURE,
		"the peer's TLS offers nothing that is allowed here"},
	[TLS_NO_HASH] = {SSL_AD_HANDSHAKE_FAILURE,
		"the peer does not take signatures by ECDSA with SHA-256"},
	[TLS_NO_ALPN] = {SSL_AD_HANDSHAKE_FAILURE, "the peer names no protocol (ALPN)"},
	[TLS_OTHER_ALPN] = {SSL_AD_NO_APPLICATION_PROTOCOL,
		"the peer does not offer the protocol protostar/1 (ALPN)"},
	[TLS_MESSAGE_SIZE] = {SSL_AD_ILLEGAL_PARAMETER,
		"a message of the handshake is longer than any that is due"},
	[TLS_NO_CERTIFICATE] = {SSL_AD_HANDSHAKE_FAILURE, "the peer showed no certificate"},
	[TLS_CERTIFICATE_COUNT] = {SSL_AD_BAD_CERTIFICATE,
		"the peer showed more than one certificate"},
	[TLS_CERTIFICATE_SIZE] = {SSL_AD_BAD_CERTIFICATE,
		"the peer showed more than one certificate of 4096 bytes"},
	[TLS_CERTIFICATE_FORM] = {SSL_AD_BAD_CERTIFICATE,
		"the peer's certificate is not well-formed or not of a P-256 key"},
	[TLS_RENEGOTIATION] = {SSL_AD_UNEXPECTED_MESSAGE, "the peer began a renegotiation"},
	[TLS_PEER_ALERT] = {SSL_AD_CLOSE_NOTIFY, "the peer ended TLS with an alert"},
	[TLS_BROKEN] = {SSL_AD_DECODE_ERROR, "what the peer sent breaks the rules of TLS"},
	[TLS_INTERNAL] = {SSL_AD_INTERNAL_ERROR, "the TLS library failed; memory may be short"},
};

const char *tls_fault_text(enum tls_fault fault)
{
	return faults[fault].text;
}

unsigned char tls_fault_alert(enum tls_fault fault)
{
	return faults[fault].alert;
}

enum tls_fault tls_fault_of(int reason)
{
	switch (reason) {
	case SSL_R_UNSUPPORTED_PROTOCOL: /* newer versions alone: older ones are refused before */
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_NO_SHARED_GROUPS:
	case SSL_R_NO_SUITABLE_GROUPS:
		return TLS_NOTHING_COMMON;
	case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
	case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
		return TLS_NO_HASH;
	case SSL_R_NO_APPLICATION_PROTOCOL:
		return TLS_OTHER_ALPN;
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		return TLS_NO_CERTIFICATE;
	case SSL_R_EXCESSIVE_MESSAGE_SIZE:
		return TLS_MESSAGE_SIZE;
	case ERR_R_MALLOC_FAILURE:
	case ERR_R_INTERNAL_ERROR:
		return TLS_INTERNAL;
	default:
		return TLS_BROKEN;
	}
}
