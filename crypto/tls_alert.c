/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last word to a peer that broke the profile (RFC 5246, 7.2.2). BearSSL's engine says nothing
 * once it has failed, except where a ClientHello offers nothing to agree on.
 */
#include "crypto/errors.h"
#include "crypto/tls_private.h"

#define RECORD_HEADER 5u
#define RECORD_ALERT  21u
#define LEVEL_FATAL   2u

enum {
	UNEXPECTED_MESSAGE = 10,
	BAD_RECORD_MAC = 20,
	RECORD_OVERFLOW = 22,
	HANDSHAKE_FAILURE = 40,
	BAD_CERTIFICATE = 42,
	CERTIFICATE_UNKNOWN = 46,
	ILLEGAL_PARAMETER = 47,
	DECODE_ERROR = 50,
	DECRYPT_ERROR = 51,
	PROTOCOL_VERSION = 70,
	NO_APPLICATION_PROTOCOL = 120,
};

/* What the engine refuses; DECODE_ERROR where nothing is said. */
static const uint8_t of_engine[BR_ERR_IO] = {
	[BR_ERR_UNSUPPORTED_VERSION] = PROTOCOL_VERSION,
	[BR_ERR_BAD_VERSION] = PROTOCOL_VERSION,
	[BR_ERR_BAD_LENGTH] = RECORD_OVERFLOW,
	[BR_ERR_TOO_LARGE] = RECORD_OVERFLOW,
	[BR_ERR_BAD_MAC] = BAD_RECORD_MAC,
	[BR_ERR_UNKNOWN_TYPE] = UNEXPECTED_MESSAGE,
	[BR_ERR_UNEXPECTED] = UNEXPECTED_MESSAGE,
	[BR_ERR_BAD_CCS] = UNEXPECTED_MESSAGE,
	[BR_ERR_BAD_CIPHER_SUITE] = ILLEGAL_PARAMETER,
	[BR_ERR_BAD_COMPRESSION] = ILLEGAL_PARAMETER,
	[BR_ERR_BAD_FRAGLEN] = ILLEGAL_PARAMETER,
	[BR_ERR_BAD_SECRENEG] = HANDSHAKE_FAILURE,
	[BR_ERR_EXTRA_EXTENSION] = ILLEGAL_PARAMETER,
	[BR_ERR_BAD_FINISHED] = DECRYPT_ERROR,
	[BR_ERR_RESUME_MISMATCH] = ILLEGAL_PARAMETER,
	[BR_ERR_INVALID_ALGORITHM] = ILLEGAL_PARAMETER,
	[BR_ERR_BAD_SIGNATURE] = DECRYPT_ERROR,
	[BR_ERR_WRONG_KEY_USAGE] = ILLEGAL_PARAMETER,
};

static uint8_t description(uint16_t failure, int engine_error)
{
	switch (failure) {
	case E_TLS_CERT_COUNT:
	case E_TLS_CERT_SIZE:
	case E_TLS_CERT_OVERRUN:
	case E_TLS_CERT_FORM:
		return BAD_CERTIFICATE;
	case E_TLS_PIN:
		return CERTIFICATE_UNKNOWN;
	case E_TLS_SERVER_ALPN:
		return NO_APPLICATION_PROTOCOL;
	case E_TLS_RENEGOTIATION:
		return UNEXPECTED_MESSAGE;
	case 0:
		break;
	default:
		return HANDSHAKE_FAILURE;
	}
	if (engine_error >= BR_ERR_IO)
		return BAD_CERTIFICATE;
	return of_engine[engine_error] ? of_engine[engine_error] : DECODE_ERROR;
}

/*
 * A record made outside the engine, but by the engine's own means: in the clear or sealed with the
 * next sequence number, as what was sent before it. Failures come while something is received, so
 * no record of the engine's is half sent, and its buffer is free.
 */
void tls_alert(struct tls_session *s)
{
	br_ssl_engine_context *e = &s->tls.engine;
	int err = br_ssl_engine_last_error(e);
	uint16_t failure = s->failure ? s->failure : s->peer.failure;
	size_t start = RECORD_HEADER, end = sizeof(s->records) - RECORD_HEADER;

	/* The peer gave up, or the engine has told it. */
	if (s->closing || err >= BR_ERR_RECV_FATAL_ALERT || (!failure && err == BR_ERR_OK))
		return;
	e->out.vtable->max_plaintext(&e->out.vtable, &start, &end);
	s->records[start] = LEVEL_FATAL;
	s->records[start + 1] = description(failure, err);
	s->alert_len = 2;
	s->alert = e->out.vtable->encrypt(
		&e->out.vtable, RECORD_ALERT, BR_TLS12, s->records + start, &s->alert_len);
}
