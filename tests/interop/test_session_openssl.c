/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service's TLS against OpenSSL's client: only one that keeps to the profile gets a connection,
 * and its own computation of the binder gives the same bytes as ours.
 */
#include "tests/unit/test.h"

#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "tests/interop/openssl_peer.h"

static struct tls_server *server;
static struct server_session *session;
static struct openssl_peer peer;
static struct key_pair own_key;

static bool start(const struct openssl_profile *profile)
{
	session = session_open(server);
	return session && openssl_start(&peer, profile);
}

static void end(void)
{
	session_close(session);
	openssl_end(&peer);
}

/* A connection whose handshake is done. */
static bool connect(void)
{
	struct openssl_profile good = openssl_good(false);

	if (!start(&good))
		return false;
	openssl_settle_server(&peer, session);
	return session_ready(session) && peer.done;
}

/* The fatal alert that OpenSSL got; 0 for none. */
static uint8_t alert_seen;

/* Runs the handshake and gives our verdict. */
static enum tls_fault verdict(const struct openssl_profile *profile)
{
	enum tls_fault fault = TLS_FAULTS;

	if (start(profile)) {
		openssl_settle_server(&peer, session);
		alert_seen = peer.alert[0] == SSL3_AL_FATAL ? peer.alert[1] : 0;
		fault = session_fault(session);
		CHECK(session_ready(session) == (fault == TLS_FINE && peer.done));
		CHECK(fault == TLS_FINE || session_state(session) == SESSION_CLOSED);
	}
	end();
	return fault;
}

/* Our certificate, as OpenSSL sees it: of a P-256 key, valid at any time, and signed by nobody. */
static void check_certificate(X509 *cert)
{
	time_t now = time(NULL);

	REQUIRE(cert != NULL);
	CHECK(EVP_PKEY_get_bits(X509_get0_pubkey(cert)) == 256);
	CHECK(X509_verify(cert, X509_get0_pubkey(cert)) != 1);
	CHECK(X509_cmp_time(X509_get0_notBefore(cert), &now) < 0);
	CHECK(X509_cmp_time(X509_get0_notAfter(cert), &now) > 0);
}

static void check_profile(void)
{
	const unsigned char *alpn;
	unsigned alpn_len;

	SSL_get0_alpn_selected(peer.ssl, &alpn, &alpn_len);
	CHECK(alpn_len == 11 && !memcmp(alpn, "protostar/1", 11));
	CHECK(!strcmp(SSL_get_version(peer.ssl), "TLSv1.2"));
	CHECK(!strcmp(SSL_get_cipher_name(peer.ssl), "ECDHE-ECDSA-AES256-GCM-SHA384"));
	CHECK(SSL_get_negotiated_group(peer.ssl) == NID_X9_62_prime256v1);
	CHECK(SSL_get_extms_support(peer.ssl) == 0);
	check_certificate(SSL_get0_peer_certificate(peer.ssl));
}

static void test_binder(void)
{
	uint8_t ours[SESSION_BINDER_LEN], theirs[TLS_BINDER_LEN], spki[P256_SPKI_LEN], hash[32];

	for (int round = 0; round < 3; round++) {
		REQUIRE(connect());
		REQUIRE(session_binder(session, ours));
		REQUIRE(openssl_binder(&peer, theirs));
		CHECK_BYTES(ours, theirs, sizeof(ours));
		session_peer_spki(session, spki);
		sha256(spki, sizeof(spki), hash);
		CHECK_BYTES(hash, peer.pin[0], sizeof(hash));
		check_profile();
		end();
	}
}

/* RFC 5246, 7.4.1.3: a server that resumes nothing names no session. */
static void test_no_session(void)
{
	struct openssl_profile good = openssl_good(false);
	unsigned len = 1;

	/* One that also speaks TLS 1.3 offers the name of a session that never was. */
	good.version_max = TLS1_3_VERSION;
	REQUIRE(start(&good));
	openssl_settle_server(&peer, session);
	REQUIRE(session_ready(session) && peer.done);
	SSL_SESSION_get_id(SSL_get0_session(peer.ssl), &len);
	CHECK(len == 0);
	CHECK(!SSL_SESSION_has_ticket(SSL_get0_session(peer.ssl)));
	end();
}

static void test_data(void)
{
	uint8_t got[100];

	REQUIRE(connect());
	CHECK(session_write(session, (const uint8_t *)"from the service", 16) == 16);
	CHECK(session_state(session) == SESSION_CAN_SEND);
	openssl_settle_server(&peer, session);
	CHECK(SSL_read(peer.ssl, got, sizeof(got)) == 16 && !memcmp(got, "from the service", 16));
	CHECK(SSL_write(peer.ssl, "from the node", 13) == 13);
	openssl_settle_server(&peer, session);
	CHECK(session_state(session) == (SESSION_CAN_READ | SESSION_CAN_WRITE));
	CHECK(session_read(session, got, 4) == 4 && session_read(session, got + 4, 96) == 9);
	CHECK(!memcmp(got, "from the node", 13));
	CHECK(session_read(session, got, sizeof(got)) == 0);
	CHECK(SSL_shutdown(peer.ssl) == 0);
	openssl_settle_server(&peer, session);
	CHECK(session_state(session) == SESSION_CLOSED && !session_fault(session));
	CHECK(SSL_shutdown(peer.ssl) == 1);
	end();
}

/* Our close: what came and was not read is dropped, and what still comes is. */
static void test_close(void)
{
	uint8_t got[8];

	REQUIRE(connect());
	CHECK(SSL_write(peer.ssl, "unread", 6) == 6);
	openssl_settle_server(&peer, session);
	session_shutdown(session);
	CHECK(SSL_write(peer.ssl, "too late", 8) == 8);
	openssl_settle_server(&peer, session);
	CHECK(session_state(session) == SESSION_CAN_RECV);
	CHECK(session_read(session, got, sizeof(got)) == 0);
	CHECK(session_write(session, got, sizeof(got)) == 0);
	CHECK(SSL_get_shutdown(peer.ssl) & SSL_RECEIVED_SHUTDOWN);
	CHECK(SSL_shutdown(peer.ssl) == 1);
	openssl_settle_server(&peer, session);
	CHECK(session_state(session) == SESSION_CLOSED && !session_fault(session));
	end();
}

/* One field of the good profile changed: our verdict, and the alert (RFC 5246, 7.2.2). */
#define REFUSED(field, value, fault, alert)                      \
	do {                                                     \
		struct openssl_profile p_ = openssl_good(false); \
		p_.field = (value);                              \
		CHECK(verdict(&p_) == (fault));                  \
		CHECK(alert_seen == (alert));                    \
	} while (0)

/* Versions before and after TLS 1.2, with all the cipher suites that OpenSSL has for them. */
static void check_version(int version, enum tls_fault fault)
{
	struct openssl_profile p = openssl_good(false);

	p.version_min = p.version_max = version;
	p.ciphers = "ALL:@SECLEVEL=0";
	CHECK(verdict(&p) == fault);
	CHECK(alert_seen == SSL_AD_PROTOCOL_VERSION);
}

static void test_refused(void)
{
	struct openssl_profile p = openssl_good(false);

	CHECK(verdict(&p) == TLS_FINE && !alert_seen);
	check_version(TLS1_3_VERSION, TLS_NOTHING_COMMON);
	check_version(TLS1_1_VERSION, TLS_TOO_OLD);
	check_version(TLS1_VERSION, TLS_TOO_OLD);
	/* With more to offer than the profile, TLS 1.2 and the one suite are chosen all the same.
	 */
	REFUSED(version_max, TLS1_3_VERSION, TLS_FINE, 0);
	REFUSED(ciphers, "ALL", TLS_FINE, 0);
	REFUSED(groups, "X25519:P-384:P-256", TLS_FINE, 0);
	REFUSED(ciphers, "ECDHE-ECDSA-AES128-GCM-SHA256", TLS_NOTHING_COMMON,
		SSL_AD_HANDSHAKE_FAILURE);
	REFUSED(ciphers, "ECDHE-ECDSA-CHACHA20-POLY1305", TLS_NOTHING_COMMON,
		SSL_AD_HANDSHAKE_FAILURE);
	REFUSED(ciphers, "ECDHE-RSA-AES256-GCM-SHA384", TLS_NOTHING_COMMON,
		SSL_AD_HANDSHAKE_FAILURE);
	REFUSED(groups, "X25519", TLS_NOTHING_COMMON, SSL_AD_HANDSHAKE_FAILURE);
	REFUSED(groups, "P-384", TLS_NOTHING_COMMON, SSL_AD_HANDSHAKE_FAILURE);
	REFUSED(sigalgs, "ECDSA+SHA384", TLS_NO_HASH, SSL_AD_HANDSHAKE_FAILURE);
	REFUSED(alpn, NULL, TLS_NO_ALPN, SSL_AD_HANDSHAKE_FAILURE);
	REFUSED(alpn, "h2", TLS_OTHER_ALPN, SSL_AD_NO_APPLICATION_PROTOCOL);
	REFUSED(alpn, "protostar/2", TLS_OTHER_ALPN, SSL_AD_NO_APPLICATION_PROTOCOL);
	REFUSED(key, NULL, TLS_NO_CERTIFICATE, SSL_AD_HANDSHAKE_FAILURE);
	/* What we ask for these cannot sign with, so OpenSSL shows nothing. */
	REFUSED(key, "RSA", TLS_NO_CERTIFICATE, SSL_AD_HANDSHAKE_FAILURE);
	REFUSED(cert_sigalgs, "ECDSA+SHA384", TLS_NO_CERTIFICATE, SSL_AD_HANDSHAKE_FAILURE);
	REFUSED(key, "P-384", TLS_CERTIFICATE_FORM, SSL_AD_BAD_CERTIFICATE);
	REFUSED(chain, 2, TLS_CERTIFICATE_COUNT, SSL_AD_BAD_CERTIFICATE);
}

static void test_renegotiation(void)
{
	REQUIRE(connect());
	CHECK(SSL_renegotiate(peer.ssl) == 1);
	SSL_do_handshake(peer.ssl);
	openssl_settle_server(&peer, session);
	CHECK(session_fault(session) == TLS_RENEGOTIATION);
	CHECK(session_state(session) == SESSION_CLOSED);
	/* Sealed with the connection's keys, or OpenSSL would not have seen it. */
	CHECK(peer.alert[0] == SSL3_AL_FATAL && peer.alert[1] == SSL_AD_UNEXPECTED_MESSAGE);
	end();
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()) ||
		failed(key_generate(&own_key)))
		return 1;
	if (tls_library_start(64).happened || tls_server_open(&own_key, &server).happened)
		return 1;
	RUN(test_binder);
	RUN(test_no_session);
	RUN(test_data);
	RUN(test_close);
	RUN(test_refused);
	RUN(test_renegotiation);
	tls_server_close(server);
	key_free(&own_key);
	secret_pool_close();
	return test_summary();
}
