/*
 * The last word to a peer that broke the profile (RFC 5246, 7.2.2). BearSSL's engine says nothing
 * once it has failed, except where a ClientHello offers nothing to agree on.
 */
#include "crypto/tls_engine.h"

#define RECORD_HEADER 5u
#define RECORD_ALERT  21u
#define LEVEL_FATAL   2u

/* RFC 5246, 7.2.2. */
enum {
	NO_ALERT = 0, /* close_notify, which is never said here */
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
	INTERNAL_ERROR = 80,
	NO_APPLICATION_PROTOCOL = 120,
};

/* For what this room refuses by itself. */
static uint8_t of_failure(uint16_t failure)
{
	switch (failure) {
	case E_TLS_CERT_COUNT:
	case E_TLS_CERT_SIZE:
	case E_TLS_CERT_OVERRUN:
	case E_TLS_CERT_FORM:
		return BAD_CERTIFICATE;
	case E_TLS_PIN:
		return CERTIFICATE_UNKNOWN;
	case E_TLS_NOT_ASKED:
		return HANDSHAKE_FAILURE;
	case E_TLS_SERVER_ALPN:
		return NO_APPLICATION_PROTOCOL;
	case E_TLS_RENEGOTIATION:
		return UNEXPECTED_MESSAGE;
	default:
		return INTERNAL_ERROR;
	}
}

/* For what the engine refuses. */
static uint8_t of_engine(int err)
{
	switch (err) {
	case BR_ERR_OK:
		return NO_ALERT;
	case BR_ERR_UNSUPPORTED_VERSION:
	case BR_ERR_BAD_VERSION:
		return PROTOCOL_VERSION;
	case BR_ERR_BAD_LENGTH:
	case BR_ERR_TOO_LARGE:
		return RECORD_OVERFLOW;
	case BR_ERR_BAD_MAC:
		return BAD_RECORD_MAC;
	case BR_ERR_UNKNOWN_TYPE:
	case BR_ERR_UNEXPECTED:
	case BR_ERR_BAD_CCS:
		return UNEXPECTED_MESSAGE;
	case BR_ERR_BAD_FINISHED:
	case BR_ERR_BAD_SIGNATURE:
		return DECRYPT_ERROR;
	case BR_ERR_BAD_SECRENEG:
	case BR_ERR_NO_CLIENT_AUTH:
		return HANDSHAKE_FAILURE;
	case BR_ERR_BAD_CIPHER_SUITE:
	case BR_ERR_BAD_COMPRESSION:
	case BR_ERR_BAD_FRAGLEN:
	case BR_ERR_EXTRA_EXTENSION:
	case BR_ERR_RESUME_MISMATCH:
	case BR_ERR_INVALID_ALGORITHM:
	case BR_ERR_WRONG_KEY_USAGE:
		return ILLEGAL_PARAMETER;
	case BR_ERR_NO_RANDOM:
	case BR_ERR_BAD_STATE:
		return INTERNAL_ERROR;
	default:
		return err >= BR_ERR_X509_OK ? BAD_CERTIFICATE : DECODE_ERROR;
	}
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
	uint8_t description;

	/* The peer gave up, or the engine has told it. */
	if (s->closing || err >= BR_ERR_RECV_FATAL_ALERT)
		return;
	description = failure ? of_failure(failure) : of_engine(err);
	if (description == NO_ALERT)
		return;
	e->out.vtable->max_plaintext(&e->out.vtable, &start, &end);
	s->records[start] = LEVEL_FATAL;
	s->records[start + 1] = description;
	s->alert_len = 2;
	s->alert = e->out.vtable->encrypt(
		&e->out.vtable, RECORD_ALERT, BR_TLS12, s->records + start, &s->alert_len);
}
