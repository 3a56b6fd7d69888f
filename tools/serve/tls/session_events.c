/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libssl tells of a handshake, and what it asks. */
#include "tools/serve/tls/session_private.h"

#include <openssl/tls1.h>
#include <openssl/x509.h>
#include <string.h>

#include "tools/serve/tls/peer.h"

void session_refuse(struct server_session *s, enum tls_fault fault)
{
	if (!s->fault)
		s->fault = fault;
}

static void on_handshake(struct server_session *s, bool written, const uint8_t *message, size_t len)
{
	if (s->ready || len < MESSAGE_HEADER_LEN)
		return;
	/* RFC 5246, 7.4.9: every message with its header, HelloRequest excluded. */
	if (message[0] != SSL3_MT_HELLO_REQUEST &&
		EVP_DigestUpdate(s->transcript, message, len) != 1)
		session_refuse(s, TLS_INTERNAL);
	if (written || message[0] != SSL3_MT_CERTIFICATE)
		return;
	session_refuse(s, peer_certificate(message + MESSAGE_HEADER_LEN, len - MESSAGE_HEADER_LEN,
				  s->peer_pub));
	s->has_peer = !s->fault;
}

static void on_alert(struct server_session *s, bool written, const uint8_t alert[2])
{
	if (written || alert[0] != SSL3_AL_FATAL)
		return;
	s->peer_alert = alert[1];
	session_refuse(s, TLS_PEER_ALERT);
}

static void on_message(
	int written, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
	struct server_session *s = arg;
	const uint8_t *at = bytes;

	(void)version;
	(void)ssl;
	if (type == SSL3_RT_HANDSHAKE)
		on_handshake(s, written, at, len);
	else if (type == SSL3_RT_ALERT && len == 2)
		on_alert(s, written, at);
	else if (type == SSL3_RT_HEADER && len && !written && s->ready &&
		 at[0] == SSL3_RT_HANDSHAKE)
		session_refuse(s, TLS_RENEGOTIATION); /* it can be nothing else */
}

void session_watch(struct server_session *s)
{
	SSL_set_app_data(s->ssl, s);
	SSL_set_msg_callback(s->ssl, on_message);
	SSL_set_msg_callback_arg(s->ssl, s);
}

static bool offers_suite(SSL *ssl)
{
	const unsigned char *suites;
	size_t len = SSL_client_hello_get0_ciphers(ssl, &suites);

	for (size_t i = 0; i + 1 < len; i += 2)
		if (suites[i] == PROFILE_SUITE >> 8 && suites[i + 1] == (PROFILE_SUITE & 0xff))
			return true;
	return false;
}

/* What libssl would let pass, or would not tell apart; the rest is its own to refuse. */
static enum tls_fault judge_hello(SSL *ssl)
{
	const unsigned char *alpn;
	size_t len;

	if (SSL_client_hello_get0_legacy_version(ssl) < TLS1_2_VERSION)
		return TLS_TOO_OLD;
	if (offers_suite(ssl) &&
		SSL_client_hello_get0_ext(
			ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &alpn, &len) != 1)
		return TLS_NO_ALPN;
	return TLS_FINE;
}

static int on_hello(SSL *ssl, int *alert, void *arg)
{
	struct server_session *s = SSL_get_app_data(ssl);

	(void)arg;
	session_refuse(s, s->ready ? TLS_RENEGOTIATION : judge_hello(ssl));
	if (!s->fault)
		return SSL_CLIENT_HELLO_SUCCESS;
	*alert = tls_fault_alert(s->fault);
	return SSL_CLIENT_HELLO_ERROR;
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
	const unsigned char *in, unsigned in_len, void *arg)
{
	static const unsigned char own[] = PROFILE_PROTOCOL;
	const unsigned char own_len = sizeof(own) - 1;

	(void)arg;
	for (unsigned at = 0; at < in_len; at += 1u + in[at]) {
		if (in[at] != own_len || in_len - at <= own_len ||
			memcmp(in + at + 1, own, own_len) != 0)
			continue;
		*out = own;
		*out_len = own_len;
		return SSL_TLSEXT_ERR_OK;
	}
	session_refuse(SSL_get_app_data(ssl), TLS_OTHER_ALPN);
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* The key that libssl has taken from the certificate, if it is the one that was seen there. */
static bool same_key(X509 *cert, const uint8_t pub[P256_PUB_LEN])
{
	const ASN1_BIT_STRING *bits = cert ? X509_get0_pubkey_bitstr(cert) : NULL;

	/* libssl decodes the point here, and that checks that it is on the curve. */
	return bits && X509_get0_pubkey(cert) && ASN1_STRING_length(bits) == P256_PUB_LEN &&
	       memcmp(ASN1_STRING_get0_data(bits), pub, P256_PUB_LEN) == 0;
}

/* In place of the check of a path: any certificate will do, but one only. */
static int on_certificate(X509_STORE_CTX *store, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct server_session *s = SSL_get_app_data(ssl);

	(void)arg;
	if (!s->has_peer || !same_key(X509_STORE_CTX_get0_cert(store), s->peer_pub))
		session_refuse(s, TLS_CERTIFICATE_FORM);
	X509_STORE_CTX_set_error(store, s->fault ? X509_V_ERR_CERT_REJECTED : X509_V_OK);
	return !s->fault;
}

void session_events(SSL_CTX *ctx)
{
	SSL_CTX_set_client_hello_cb(ctx, on_hello, NULL);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_certificate, NULL);
}
