/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The node's TLS against OpenSSL: only a peer that keeps to the profile gets a connection, and its
 * own computation of the binder gives the same bytes as ours.
 */
#include "crypto/errors.h"
#include "tests/unit/test.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <time.h>
#include "crypto/digest.h"
#include "crypto/random.h"
#include "tests/interop/openssl_peer.h"

static struct tls_session session;
static struct openssl_peer peer;
static struct key_pair own_key;
static struct tls_identity own;

/* Starts our client against OpenSSL with this profile; it pins the peer's key. */
static bool start(const struct openssl_profile *profile)
{
	if (!openssl_start(&peer, profile))
		return false;
	return !failed(tls_client_start(&session, &own, (const uint8_t(*)[32])peer.pin, 1));
}

static void end(void)
{
	tls_close(&session);
	openssl_end(&peer);
}

/* The fatal alert that OpenSSL got from our side; 0 for none. */
static uint8_t alert_seen;

/* Runs the handshake and gives our verdict: 0 when both sides are ready. */
static uint16_t verdict(const struct openssl_profile *profile)
{
	uint16_t code = UINT16_MAX;

	if (start(profile)) {
		openssl_settle(&peer, &session);
		alert_seen = peer.alert[0] == SSL3_AL_FATAL ? peer.alert[1] : 0;
		code = tls_error(&session).code;
		if (!code && !(tls_ready(&session) && peer.done))
			code = UINT16_MAX;
		CHECK(tls_ready(&session) == !code);
	}
	end();
	return code;
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

static void test_binder(void)
{
	struct openssl_profile good = openssl_good(true);
	uint8_t ours[TLS_BINDER_LEN], theirs[TLS_BINDER_LEN], spki[P256_SPKI_LEN], hash[32];
	const unsigned char *alpn;
	unsigned alpn_len;

	for (int round = 0; round < 3; round++) {
		REQUIRE(start(&good));
		openssl_settle(&peer, &session);
		REQUIRE(tls_ready(&session) && peer.done);
		REQUIRE(!failed(tls_binder(&session, ours)));
		REQUIRE(openssl_binder(&peer, theirs));
		CHECK_BYTES(ours, theirs, sizeof(ours));
		tls_peer_spki(&session, spki);
		sha256(spki, sizeof(spki), hash);
		CHECK_BYTES(hash, peer.pin[0], sizeof(hash));
		SSL_get0_alpn_selected(peer.ssl, &alpn, &alpn_len);
		CHECK(alpn_len == 11 && !memcmp(alpn, "protostar/1", 11));
		CHECK(!strcmp(SSL_get_version(peer.ssl), "TLSv1.2"));
		CHECK(!strcmp(SSL_get_cipher_name(peer.ssl), "ECDHE-ECDSA-AES256-GCM-SHA384"));
		CHECK(SSL_get_negotiated_group(peer.ssl) == NID_X9_62_prime256v1);
		check_certificate(SSL_get0_peer_certificate(peer.ssl));
		end();
	}
}

static void test_data(void)
{
	struct openssl_profile good = openssl_good(true);
	uint8_t got[100];

	REQUIRE(start(&good));
	openssl_settle(&peer, &session);
	CHECK(tls_write(&session, (const uint8_t *)"from the node", 13) == 13);
	tls_flush(&session);
	openssl_settle(&peer, &session);
	CHECK(SSL_read(peer.ssl, got, sizeof(got)) == 13 && !memcmp(got, "from the node", 13));
	CHECK(SSL_write(peer.ssl, "from the service", 16) == 16);
	openssl_settle(&peer, &session);
	CHECK(tls_read(&session, got, sizeof(got)) == 16 && !memcmp(got, "from the service", 16));
	CHECK(SSL_shutdown(peer.ssl) == 0);
	openssl_settle(&peer, &session);
	CHECK(tls_state(&session) == TLS_CLOSED && !failed(tls_error(&session)));
	CHECK(SSL_shutdown(peer.ssl) == 1);
	end();
}

/* One field of the good profile changed: our side's verdict, and the alert (RFC 5246, 7.2.2). */
#define REFUSED(field, value, code, alert)                      \
	do {                                                    \
		struct openssl_profile p_ = openssl_good(true); \
		p_.field = (value);                             \
		CHECK(verdict(&p_) == (code));                  \
		CHECK(alert_seen == (alert));                   \
	} while (0)

/* Versions before and after TLS 1.2, with all the cipher suites that OpenSSL has for them. */
static void check_version(int version, uint16_t code, uint8_t alert)
{
	struct openssl_profile p = openssl_good(true);

	p.version_min = p.version_max = version;
	p.ciphers = "ALL:@SECLEVEL=0";
	CHECK(verdict(&p) == code);
	CHECK(alert_seen == alert);
}

/* A peer that has sent an alert itself gets none. */
static void test_servers_refused(void)
{
	struct openssl_profile p = openssl_good(true);

	CHECK(verdict(&p) == 0 && !alert_seen);
	check_version(TLS1_3_VERSION, E_TLS_ALERT, 0);
	check_version(TLS1_1_VERSION, E_TLS_ALERT, 0);
	check_version(TLS1_VERSION, E_TLS_ALERT, 0);
	REFUSED(version_max, TLS1_3_VERSION, 0, 0);
	REFUSED(ciphers, "ECDHE-ECDSA-AES128-GCM-SHA256", E_TLS_ALERT, 0);
	REFUSED(groups, "X25519", E_TLS_ALERT, 0);
	REFUSED(groups, "P-384", E_TLS_ALERT, 0);
	REFUSED(key, "RSA", E_TLS_ALERT, 0);
	REFUSED(key, "P-384", E_TLS_ALERT, 0);
	REFUSED(sigalgs, "ECDSA+SHA384", E_TLS_PROTOCOL, SSL_AD_DECRYPT_ERROR);
	REFUSED(alpn, "h2", E_TLS_ALERT, 0);
	REFUSED(alpn, NULL, E_TLS_SERVER_ALPN, SSL_AD_NO_APPLICATION_PROTOCOL);
	REFUSED(ask_for_certificate, false, E_TLS_NOT_ASKED, SSL_AD_HANDSHAKE_FAILURE);
	REFUSED(chain, 2, E_TLS_CERT_COUNT, SSL_AD_BAD_CERTIFICATE);
}

static void test_wrong_pin(void)
{
	struct openssl_profile good = openssl_good(true);

	REQUIRE(openssl_start(&peer, &good));
	peer.pin[0][31] ^= 1;
	REQUIRE(!failed(tls_client_start(&session, &own, (const uint8_t(*)[32])peer.pin, 1)));
	openssl_settle(&peer, &session);
	CHECK(tls_error(&session).code == E_TLS_PIN);
	CHECK(!peer.done && peer.alert[1] == SSL_AD_CERTIFICATE_UNKNOWN);
	end();
}

static void test_renegotiation(void)
{
	struct openssl_profile good = openssl_good(true);

	REQUIRE(start(&good));
	openssl_settle(&peer, &session);
	REQUIRE(tls_ready(&session) && peer.done);
	CHECK(SSL_renegotiate(peer.ssl) == 1);
	SSL_do_handshake(peer.ssl);
	openssl_settle(&peer, &session);
	CHECK(tls_error(&session).code == E_TLS_RENEGOTIATION);
	CHECK(tls_state(&session) == TLS_CLOSED);
	/* Sealed with the connection's keys, or OpenSSL would not have seen it. */
	CHECK(peer.alert[0] == SSL3_AL_FATAL && peer.alert[1] == SSL_AD_UNEXPECTED_MESSAGE);
	end();
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()) ||
		failed(key_generate(&own_key)))
		return 1;
	tls_identity_make(&own, &own_key);
	RUN(test_binder);
	RUN(test_data);
	RUN(test_servers_refused);
	RUN(test_wrong_pin);
	RUN(test_renegotiation);
	key_free(&own_key);
	secret_pool_close();
	return test_summary();
}
