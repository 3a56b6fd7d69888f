/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is turned away before his evidence is told why by an alert where TLS has one, and the log
 * says who and why, a few times a minute. The strangers are OpenSSL in many settings, and raw
 * bytes.
 */
#include "tests/interop/openssl_peer.h"
#include "tests/interop/serve/setting.h"
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 20000

static struct openssl_peer peer;

/* Hands OpenSSL's records to the service and takes what comes back; false when nothing does. */
static bool exchange_records(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint8_t bytes[16384];
	int n;

	while ((n = BIO_read(peer.out, bytes, sizeof(bytes))) > 0)
		if (send(fd, bytes, (size_t)n, MSG_NOSIGNAL) != n)
			return false;
	if (poll(&p, 1, WAIT_MS) != 1)
		return false;
	n = (int)recv(fd, bytes, sizeof(bytes), 0);
	return n > 0 && BIO_write(peer.in, bytes, n) == n;
}

/* Until the service has sent an alert or has closed the connection. */
static uint8_t wait_for_alert(int fd)
{
	char scrap[256];

	do {
		if (!peer.done)
			peer.done = SSL_do_handshake(peer.ssl) == 1;
		while (peer.done && SSL_read(peer.ssl, scrap, sizeof(scrap)) > 0)
			; /* HELLO, behind which the alert is */
	} while (!peer.alert[0] && exchange_records(fd));
	return peer.alert[1];
}

/* The log's member that names this end of the connection. */
static const char *as_peer(int fd)
{
	static char text[64];
	struct sockaddr_in own;
	socklen_t len = sizeof(own);

	if (getsockname(fd, (struct sockaddr *)&own, &len))
		exit(2);
	snprintf(text, sizeof(text), "\"peer\":\"127.0.0.1:%u\"", ntohs(own.sin_port));
	return text;
}

/* True when the log has a line about the socket with this reason. */
static bool logged(int fd, const char *reason)
{
	char text[160];

	snprintf(text, sizeof(text), "%s,\"reason\":\"%s\"", as_peer(fd), reason);
	return service_logged(&at.service, text);
}

/* One field of the good profile changed: the alert that comes and the reason in the log. */
static void check_refused(const struct openssl_profile *profile, uint8_t alert, const char *reason)
{
	int fd = client_connect(at.service.port);

	REQUIRE(fd >= 0);
	REQUIRE(openssl_start(&peer, profile));
	CHECK(wait_for_alert(fd) == alert);
	CHECK(logged(fd, reason));
	openssl_end(&peer);
	close(fd);
}

#define REFUSED(field, value, alert, reason)                     \
	do {                                                     \
		struct openssl_profile p_ = openssl_good(false); \
		p_.field = (value);                              \
		check_refused(&p_, (alert), (reason));           \
	} while (0)

static void test_tls_reasons(void)
{
	struct openssl_profile p = openssl_good(false);

	p.version_min = p.version_max = TLS1_3_VERSION;
	check_refused(&p, SSL_AD_PROTOCOL_VERSION, "tls13-only");
	p.version_min = p.version_max = TLS1_1_VERSION;
	p.ciphers = "ALL:@SECLEVEL=0";
	check_refused(&p, SSL_AD_PROTOCOL_VERSION, "tls-too-old");
	REFUSED(ciphers, "ECDHE-ECDSA-AES128-GCM-SHA256", SSL_AD_HANDSHAKE_FAILURE,
		"nothing-common");
	REFUSED(sigalgs, "ECDSA+SHA384", SSL_AD_HANDSHAKE_FAILURE, "nothing-common");
	REFUSED(alpn, NULL, SSL_AD_HANDSHAKE_FAILURE, "no-alpn");
	REFUSED(alpn, "h2", SSL_AD_NO_APPLICATION_PROTOCOL, "other-alpn");
	REFUSED(key, NULL, SSL_AD_HANDSHAKE_FAILURE, "no-certificate");
	REFUSED(key, "P-384", SSL_AD_BAD_CERTIFICATE, "bad-certificate");
	REFUSED(chain, 2, SSL_AD_BAD_CERTIFICATE, "bad-certificate");
	REFUSED(cert_sigalgs, "ECDSA+SHA384", SSL_AD_HANDSHAKE_FAILURE, "no-certificate");
}

/* A record that was not made with the connection's keys, after a good handshake. */
static void test_forged_record(void)
{
	static const uint8_t forged[40] = {23, 3, 3, 0, 35};
	struct openssl_profile good = openssl_good(false);
	int fd = client_connect(at.service.port);

	REQUIRE(fd >= 0 && openssl_start(&peer, &good));
	while (SSL_do_handshake(peer.ssl) != 1)
		REQUIRE(exchange_records(fd));
	peer.done = true;
	CHECK(send(fd, forged, sizeof(forged), MSG_NOSIGNAL) == sizeof(forged));
	CHECK(wait_for_alert(fd) == SSL_AD_BAD_RECORD_MAC);
	CHECK(logged(fd, "broken-tls"));
	openssl_end(&peer);
	close(fd);
}

/* A node whose pin is another service's. */
static void test_other_pin(void)
{
	uint8_t pin[32];
	struct client c;
	int fd = client_connect(at.service.port);

	REQUIRE(fd >= 0);
	memcpy(pin, at.service.pin, sizeof(pin));
	pin[0] ^= 1;
	CHECK(!client_shake(&c, fd, pin));
	CHECK(logged(fd, "refused-by-peer"));
	CHECK(service_logged(&at.service, "TLS alert 46: it does not know this service's key"));
	client_close(&c);
}

static void test_raw_bytes(void)
{
	static const uint8_t begun[] = {0x16, 3, 3, 0, 200, 1, 0, 0, 196, 3, 3};
	static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, SSL_AD_PROTOCOL_VERSION};
	uint8_t got[sizeof(alert)];
	int fd = client_connect(at.service.port);

	REQUIRE(fd >= 0);
	CHECK(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL) == 18);
	CHECK(recv(fd, got, sizeof(got), MSG_WAITALL) == sizeof(got));
	CHECK_BYTES(got, alert, sizeof(got));
	CHECK(recv(fd, got, 1, 0) == 0);
	CHECK(logged(fd, "not-tls"));
	close(fd);
	fd = client_connect(at.service.port);
	REQUIRE(fd >= 0);
	CHECK(send(fd, begun, sizeof(begun), MSG_NOSIGNAL) == sizeof(begun));
	shutdown(fd, SHUT_WR);
	CHECK(logged(fd, "cut"));
	close(fd);
}

static void test_late_ones(void)
{
	static const uint8_t begun[] = {0x16, 3, 3, 0, 200, 1, 0, 0, 196, 3, 3};
	int silent = client_connect(at.service.port), half = client_connect(at.service.port);
	struct client shaken;
	char byte;

	REQUIRE(silent >= 0 && half >= 0);
	CHECK(send(half, begun, sizeof(begun), MSG_NOSIGNAL) == sizeof(begun));
	setting_connect(&shaken);
	CHECK(recv(silent, &byte, 1, 0) == 0 && logged(silent, "silent"));
	CHECK(recv(half, &byte, 1, 0) == 0 && logged(half, "handshake-late"));
	CHECK(recv(shaken.fd, &byte, 1, 0) == 0 && logged(shaken.fd, "evidence-late"));
	close(silent);
	close(half);
	client_close(&shaken);
}

/* However many there are of one kind, a minute has five lines of it at most, and they are counted.
 */
static void test_log_is_bounded(void)
{
	unsigned before, after;

	CHECK(service_stop(&at.service, SIGTERM) == 0);
	REQUIRE(service_start(&at.service, NULL));
	before = service_count(&at.service, "../log", "\n");
	for (unsigned i = 0; i < 200; i++) {
		int fd = client_connect(at.service.port);
		char byte;

		CHECK(send(fd, "nonsense", 8, MSG_NOSIGNAL) == 8);
		while (recv(fd, &byte, 1, 0) > 0)
			;
		close(fd);
	}
	after = service_count(&at.service, "../log", "\n");
	printf("200 strangers left %u lines\n", after - before);
	CHECK(after - before >= 5 && after - before <= 15); /* 5 a minute, and a slow machine */
	CHECK(service_logged(&at.service, "\"count\":5,"));
	CHECK(setting_try(&at.a, disk_1) == 0);
}

/* However the program ends, what it started ends too. */
static void clean_up(void)
{
	service_stop(&at.service, SIGKILL);
	setting_close();
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	atexit(clean_up);
	CHECK(service_start(&at.service, NULL));
	RUN(test_tls_reasons);
	RUN(test_forged_record);
	RUN(test_other_pin);
	RUN(test_raw_bytes);
	RUN(test_late_ones);
	RUN(test_log_is_bounded);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	return test_summary();
}
