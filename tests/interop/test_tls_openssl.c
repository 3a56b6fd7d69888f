/*
 * The TLS profile against OpenSSL: only a peer that keeps to the profile gets a connection, and its
 * own computation of the binder gives the same bytes as ours.
 */
#include "tests/unit/test.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <time.h>
#include "crypto/digest.h"
#include "crypto/random.h"
#include "tests/interop/openssl_peer.h"

static struct tls_session session;
static struct openssl_peer peer;
static struct key_pair own;

/* Starts our side against OpenSSL with this profile; our client pins the peer's key. */
static bool start(const struct openssl_profile *profile)
{
	if (!openssl_start(&peer, profile))
		return false;
	if (!profile->is_server)
		return !failed(tls_server_start(&session, &own));
	return !failed(tls_client_start(&session, &own, (const uint8_t(*)[32])peer.pin, 1));
}

static void end(void)
{
	tls_close(&session);
	openssl_end(&peer);
}

/* Runs the handshake and gives our verdict: 0 when both sides are ready. */
static uint16_t verdict(const struct openssl_profile *profile)
{
	uint16_t code = UINT16_MAX;

	if (start(profile)) {
		openssl_settle(&peer, &session);
		code = tls_error(&session).code;
		if (!code && !(tls_ready(&session) && peer.done))
			code = UINT16_MAX;
		CHECK(tls_ready(&session) == !code);
	}
	end();
	return code;
}

/* Our self-signed certificate, as OpenSSL sees it: signed by its own key, valid at any time. */
static void check_certificate(X509 *cert)
{
	time_t now = time(NULL);

	REQUIRE(cert != NULL);
	CHECK(X509_verify(cert, X509_get0_pubkey(cert)) == 1);
	CHECK(X509_cmp_time(X509_get0_notBefore(cert), &now) < 0);
	CHECK(X509_cmp_time(X509_get0_notAfter(cert), &now) > 0);
}

static void check_binder(bool openssl_is_server)
{
	struct openssl_profile good = openssl_good(openssl_is_server);
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

static void test_binder_as_client(void)
{
	check_binder(true);
}

static void test_binder_as_server(void)
{
	check_binder(false);
}

static void test_data(void)
{
	struct openssl_profile good = openssl_good(false);
	uint8_t got[100];

	REQUIRE(start(&good));
	openssl_settle(&peer, &session);
	CHECK(tls_write(&session, (const uint8_t *)"from the service", 16) == 16);
	tls_flush(&session);
	openssl_settle(&peer, &session);
	CHECK(SSL_read(peer.ssl, got, sizeof(got)) == 16 && !memcmp(got, "from the service", 16));
	CHECK(SSL_write(peer.ssl, "from the node", 13) == 13);
	openssl_settle(&peer, &session);
	CHECK(tls_read(&session, got, sizeof(got)) == 13 && !memcmp(got, "from the node", 13));
	CHECK(SSL_shutdown(peer.ssl) == 0);
	openssl_settle(&peer, &session);
	CHECK(tls_state(&session) == TLS_CLOSED && !failed(tls_error(&session)));
	CHECK(SSL_shutdown(peer.ssl) == 1);
	end();
}

/* One field of the good profile changed, our side's verdict expected. */
#define REFUSED(openssl_is_server, field, value, code)                       \
	do {                                                                 \
		struct openssl_profile p_ = openssl_good(openssl_is_server); \
		p_.field = (value);                                          \
		CHECK(verdict(&p_) == (code));                               \
	} while (0)

static void test_clients_refused(void)
{
	struct openssl_profile p = openssl_good(false);

	CHECK(verdict(&p) == 0);
	p.version_min = p.version_max = TLS1_3_VERSION;
	CHECK(verdict(&p) == E_TLS_NO_COMMON);
	p.ciphers = "ALL:@SECLEVEL=0";
	p.version_min = p.version_max = TLS1_1_VERSION;
	CHECK(verdict(&p) == E_TLS_NO_COMMON);
	p.version_min = p.version_max = TLS1_VERSION;
	CHECK(verdict(&p) == E_TLS_NO_COMMON);
	/* With more to offer than the profile, TLS 1.2 and the one suite are chosen all the same.
	 */
	REFUSED(false, version_max, TLS1_3_VERSION, 0);
	REFUSED(false, ciphers, "ALL", 0);
	REFUSED(false, groups, "X25519:P-384:P-256", 0);
	REFUSED(false, ciphers, "ECDHE-ECDSA-AES128-GCM-SHA256", E_TLS_NO_COMMON);
	REFUSED(false, ciphers, "ECDHE-ECDSA-CHACHA20-POLY1305", E_TLS_NO_COMMON);
	REFUSED(false, ciphers, "ECDHE-RSA-AES256-GCM-SHA384", E_TLS_NO_COMMON);
	REFUSED(false, groups, "X25519", E_TLS_NO_COMMON);
	REFUSED(false, groups, "P-384", E_TLS_NO_COMMON);
	REFUSED(false, sigalgs, "ECDSA+SHA384", E_TLS_CLIENT_HASH);
	/* It takes SHA-256, but signs with SHA-384. */
	REFUSED(false, cert_sigalgs, "ECDSA+SHA384", E_TLS_PROTOCOL);
	REFUSED(false, alpn, NULL, E_TLS_CLIENT_ALPN);
	REFUSED(false, alpn, "h2", E_TLS_ALPN);
	REFUSED(false, alpn, "protostar/2", E_TLS_ALPN);
	REFUSED(false, key, NULL, E_TLS_NO_CERT);
	REFUSED(false, key, "RSA", E_TLS_NO_CERT);
	REFUSED(false, key, "P-384", E_TLS_CERT_FORM);
	REFUSED(false, chain, 2, E_TLS_CERT_COUNT);
}

static void test_servers_refused(void)
{
	struct openssl_profile p = openssl_good(true);

	CHECK(verdict(&p) == 0);
	p.version_min = p.version_max = TLS1_3_VERSION;
	CHECK(verdict(&p) == E_TLS_ALERT);
	p.ciphers = "ALL:@SECLEVEL=0";
	p.version_min = p.version_max = TLS1_1_VERSION;
	CHECK(verdict(&p) == E_TLS_ALERT);
	p.version_min = p.version_max = TLS1_VERSION;
	CHECK(verdict(&p) == E_TLS_ALERT);
	REFUSED(true, version_max, TLS1_3_VERSION, 0);
	REFUSED(true, ciphers, "ECDHE-ECDSA-AES128-GCM-SHA256", E_TLS_ALERT);
	REFUSED(true, groups, "X25519", E_TLS_ALERT);
	REFUSED(true, groups, "P-384", E_TLS_ALERT);
	REFUSED(true, key, "RSA", E_TLS_ALERT);
	REFUSED(true, key, "P-384", E_TLS_ALERT);
	REFUSED(true, sigalgs, "ECDSA+SHA384", E_TLS_PROTOCOL);
	REFUSED(true, alpn, "h2", E_TLS_ALERT);
	REFUSED(true, alpn, NULL, E_TLS_SERVER_ALPN);
	REFUSED(true, ask_for_certificate, false, E_TLS_NOT_ASKED);
	REFUSED(true, chain, 2, E_TLS_CERT_COUNT);
}

static void test_wrong_pin(void)
{
	struct openssl_profile good = openssl_good(true);

	REQUIRE(openssl_start(&peer, &good));
	peer.pin[0][31] ^= 1;
	REQUIRE(!failed(tls_client_start(&session, &own, (const uint8_t(*)[32])peer.pin, 1)));
	openssl_settle(&peer, &session);
	CHECK(tls_error(&session).code == E_TLS_PIN);
	CHECK(!peer.done);
	end();
}

static void renegotiate(bool openssl_is_server)
{
	struct openssl_profile good = openssl_good(openssl_is_server);

	REQUIRE(start(&good));
	openssl_settle(&peer, &session);
	REQUIRE(tls_ready(&session) && peer.done);
	CHECK(SSL_renegotiate(peer.ssl) == 1);
	SSL_do_handshake(peer.ssl);
	openssl_settle(&peer, &session);
	CHECK(tls_error(&session).code == E_TLS_RENEGOTIATION);
	CHECK(tls_state(&session) == TLS_CLOSED);
	end();
}

static void test_renegotiation(void)
{
	renegotiate(true);
	renegotiate(false);
}

int main(void)
{
	if (failed(secret_room_open(1 << 16)) || failed(random_open()) ||
		failed(key_generate(&own)))
		return 1;
	RUN(test_binder_as_client);
	RUN(test_binder_as_server);
	RUN(test_data);
	RUN(test_clients_refused);
	RUN(test_servers_refused);
	RUN(test_wrong_pin);
	RUN(test_renegotiation);
	key_free(&own);
	secret_room_close();
	return test_summary();
}
