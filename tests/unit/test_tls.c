/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two sides of TLS against each other, and against records that were changed on the way. */
#include "crypto/errors.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include "crypto/random.h"
#include "tests/unit/tls_pair.h"

static struct tls_pair pair;

static void test_size(void)
{
	CHECK(sizeof(struct tls_session) <= 25 * 1024);
}

static void test_handshake(void)
{
	uint8_t client[TLS_BINDER_LEN], server[TLS_BINDER_LEN], before[TLS_BINDER_LEN];
	uint8_t spki[P256_SPKI_LEN], want[P256_SPKI_LEN];

	memset(before, 0, sizeof(before));
	for (int round = 0; round < 3; round++) {
		REQUIRE(tls_pair_start(&pair));
		CHECK(!tls_ready(&pair.client) && !session_ready(pair.session));
		CHECK(tls_binder(&pair.client, client).code == E_TLS_BINDER);
		CHECK(!session_binder(pair.session, server));
		CHECK(session_write(pair.session, (const uint8_t *)"x", 1) == 0);
		CHECK(tls_write(&pair.client, (const uint8_t *)"x", 1) == 0);
		tls_settle(&pair);
		REQUIRE(tls_ready(&pair.client) && session_ready(pair.session));
		REQUIRE(!failed(tls_binder(&pair.client, client)));
		REQUIRE(session_binder(pair.session, server));
		CHECK_BYTES(client, server, sizeof(client));
		CHECK(memcmp(client, before, sizeof(client)) != 0);
		memcpy(before, client, sizeof(before));

		key_spki(pair.server_key.pub, want);
		tls_peer_spki(&pair.client, spki);
		CHECK_BYTES(spki, want, sizeof(spki));
		session_own_spki(pair.session, spki);
		CHECK_BYTES(spki, want, sizeof(spki));
		key_spki(pair.client_key.pub, want);
		session_peer_spki(pair.session, spki);
		CHECK_BYTES(spki, want, sizeof(spki));
		tls_own_spki(&pair.client, spki);
		CHECK_BYTES(spki, want, sizeof(spki));
		tls_pair_end(&pair);
	}
}

/* The record's bytes, not a library's view of them. */
static void test_server_hello(void)
{
	const uint8_t *bytes;
	size_t len;

	REQUIRE(tls_pair_start(&pair));
	tls_to_server(&pair);
	bytes = session_send_buf(pair.session, &len);
	/* Record header, message header, version and random; then the length of the session's id.
	 */
	REQUIRE(bytes && len > 43);
	CHECK(bytes[0] == 22 && bytes[5] == 2);
	CHECK(bytes[43] == 0);
	CHECK(bytes[44] == 0xc0 && bytes[45] == 0x2c);
	tls_pair_end(&pair);
}

static size_t write_some(bool to_server, const uint8_t *data, size_t len)
{
	size_t n;

	if (!to_server)
		return session_write(pair.session, data, len);
	n = tls_write(&pair.client, data, len);
	tls_flush(&pair.client);
	return n;
}

static size_t read_some(bool to_server, uint8_t *out, size_t len)
{
	return to_server ? session_read(pair.session, out, len) : tls_read(&pair.client, out, len);
}

/* Sends len bytes one way, moving records while the buffers fill, and checks what arrives. */
static void carry(bool to_server, size_t len)
{
	uint8_t chunk[1000], got[1000];
	size_t sent = 0, received = 0;

	while (received < len) {
		size_t n = len - sent < sizeof(chunk) ? len - sent : sizeof(chunk);

		memset(chunk, (int)(sent / sizeof(chunk)), sizeof(chunk));
		sent += write_some(to_server, chunk, n);
		tls_settle(&pair);
		while (received < sent) {
			size_t m = read_some(to_server, got, 1 + received % 700);

			if (!m)
				break;
			for (size_t i = 0; i < m; i++) {
				if (got[i] != (uint8_t)((received + i) / sizeof(chunk))) {
					CHECK(!"carried byte");
					return;
				}
			}
			received += m;
		}
		REQUIRE(received == sent);
	}
	CHECK(received == len);
}

/* One write of as much as fits one record, and of more. */
static void test_full_record(void)
{
	static uint8_t data[SESSION_WRITE_MAX + 1], got[sizeof(data)];
	size_t have = 0, n;

	memset(data, 7, sizeof(data));
	REQUIRE(tls_pair_start(&pair));
	tls_settle(&pair);
	CHECK(session_write(pair.session, data, sizeof(data)) == SESSION_WRITE_MAX);
	CHECK(session_write(pair.session, data, 1) == 0); /* it has records to send first */
	tls_settle(&pair);
	while ((n = tls_read(&pair.client, got + have, sizeof(got) - have)))
		have += n;
	CHECK(have == SESSION_WRITE_MAX && !memcmp(got, data, have));
	tls_pair_end(&pair);
}

static void test_data_and_close(void)
{
	uint8_t binder[2][TLS_BINDER_LEN];

	REQUIRE(tls_pair_start(&pair));
	tls_settle(&pair);
	REQUIRE(!failed(tls_binder(&pair.client, binder[0])));
	carry(false, 120);
	carry(true, 65536);
	carry(false, 20000);
	carry(true, 1);
	REQUIRE(!failed(tls_binder(&pair.client, binder[1])));
	CHECK_BYTES(binder[0], binder[1], TLS_BINDER_LEN);
	/* Data that the closing side has not read is dropped. */
	REQUIRE(tls_write(&pair.client, (const uint8_t *)"unread", 6) == 6);
	tls_flush(&pair.client);
	tls_settle(&pair);
	session_shutdown(pair.session);
	tls_settle(&pair);
	CHECK(tls_state(&pair.client) == TLS_CLOSED);
	CHECK(session_state(pair.session) == SESSION_CLOSED);
	CHECK(!failed(tls_error(&pair.client)) && !session_fault(pair.session));
	tls_pair_end(&pair);
	CHECK(!tls_ready(&pair.client));
}

static void test_pins(void)
{
	uint8_t pins[TLS_PINS_MAX][32] = {{0}};

	REQUIRE(tls_pair_start(&pair));
	CHECK(tls_client_start(&pair.client, &pair.client_own, (const uint8_t(*)[32])pins, 0)
			.code == E_TLS_PIN_COUNT);
	CHECK(tls_client_start(&pair.client, &pair.client_own, (const uint8_t(*)[32])pins, 3)
			.code == E_TLS_PIN_COUNT);
	/* No pins at all are said by NULL, and only so. */
	CHECK(tls_client_start(&pair.client, &pair.client_own, NULL, 1).code == E_TLS_PIN_COUNT);
	CHECK(tls_client_start(&pair.client, &pair.client_own, NULL, 0).code == 0);
	/* The second pin is as good as the first. */
	memcpy(pins[1], pair.pin[0], 32);
	REQUIRE(!failed(
		tls_client_start(&pair.client, &pair.client_own, (const uint8_t(*)[32])pins, 2)));
	tls_settle(&pair);
	CHECK(tls_ready(&pair.client) && session_ready(pair.session));
	for (unsigned bit = 0; bit < 256; bit++) {
		pins[1][bit / 8] ^= (uint8_t)(1u << bit % 8);
		REQUIRE(tls_pair_restart(&pair));
		REQUIRE(!failed(tls_client_start(
			&pair.client, &pair.client_own, (const uint8_t(*)[32])pins, 2)));
		tls_settle(&pair);
		CHECK(tls_error(&pair.client).code == E_TLS_PIN);
		CHECK(!(tls_state(&pair.client) & ~(TLS_CLOSED | TLS_CAN_SEND)));
		CHECK(!tls_ready(&pair.client) && !session_ready(pair.session));
		pins[1][bit / 8] ^= (uint8_t)(1u << bit % 8);
		bit += 16;
	}
	tls_pair_end(&pair);
}

/* The engine's own knobs turned away from the profile, as another implementation would have them.
 */
static void test_wrong_alpn(void)
{
	static const char *other[] = {"http/1.1"};

	REQUIRE(tls_pair_start(&pair));
	br_ssl_engine_set_protocol_names(&pair.client.tls.engine, other, 1);
	REQUIRE(br_ssl_client_reset(&pair.client.tls.client, NULL, 0));
	tls_settle(&pair);
	CHECK(session_fault(pair.session) == TLS_OTHER_ALPN);
	CHECK(tls_error(&pair.client).code == E_TLS_ALERT);
	CHECK(!tls_ready(&pair.client) && !session_ready(pair.session));
	tls_pair_end(&pair);
}

static void test_no_alpn(void)
{
	REQUIRE(tls_pair_start(&pair));
	br_ssl_engine_set_protocol_names(&pair.client.tls.engine, NULL, 0);
	REQUIRE(br_ssl_client_reset(&pair.client.tls.client, NULL, 0));
	tls_settle(&pair);
	CHECK(session_fault(pair.session) == TLS_NO_ALPN);
	CHECK(!tls_ready(&pair.client) && !session_ready(pair.session));
	tls_pair_end(&pair);
}

static void test_no_client_certificate(void)
{
	REQUIRE(tls_pair_start(&pair));
	br_ssl_client_set_client_certificate(&pair.client.tls.client, NULL);
	REQUIRE(br_ssl_client_reset(&pair.client.tls.client, NULL, 0));
	tls_settle(&pair);
	CHECK(session_fault(pair.session) == TLS_NO_CERTIFICATE);
	CHECK(!session_ready(pair.session));
	tls_pair_end(&pair);
}

/* Runs a handshake in which the client sends this chain. */
static enum tls_fault server_verdict_on(br_x509_certificate *chain, size_t count)
{
	enum tls_fault fault;

	if (!tls_pair_start(&pair))
		return TLS_FINE;
	br_ssl_client_set_single_ec(&pair.client.tls.client, chain, count, &pair.client_own.priv,
		BR_KEYTYPE_SIGN, BR_KEYTYPE_EC, &br_ec_p256_m31, br_ecdsa_i31_sign_asn1);
	if (!br_ssl_client_reset(&pair.client.tls.client, NULL, 0))
		return TLS_FINE;
	tls_settle(&pair);
	CHECK(!session_ready(pair.session));
	fault = session_fault(pair.session);
	tls_pair_end(&pair);
	return fault;
}

static void test_chains(void)
{
	static unsigned char huge[1 << 20];
	uint8_t cert[CERT_LEN];
	br_x509_certificate chain[2];
	const size_t len = sizeof(cert);
	struct key_pair k;

	REQUIRE(!failed(key_generate(&k)));
	key_certificate(k.pub, cert);
	chain[0] = chain[1] = (br_x509_certificate){cert, len};
	CHECK(server_verdict_on(chain, 2) == TLS_CERTIFICATE_COUNT);
	chain[0] = (br_x509_certificate){huge, TLS_PEER_CERT_MAX + 1};
	CHECK(server_verdict_on(chain, 1) == TLS_CERTIFICATE_SIZE);
	chain[0] = (br_x509_certificate){huge, sizeof(huge)};
	CHECK(server_verdict_on(chain, 1) == TLS_CERTIFICATE_SIZE);
	chain[0] = (br_x509_certificate){huge, TLS_PEER_CERT_MAX};
	CHECK(server_verdict_on(chain, 1) == TLS_CERTIFICATE_FORM);
	chain[0] = (br_x509_certificate){cert, len - 1};
	CHECK(server_verdict_on(chain, 1) == TLS_CERTIFICATE_FORM);
	/* Somebody else's certificate: CertificateVerify does not fit. */
	chain[0] = (br_x509_certificate){cert, len};
	CHECK(server_verdict_on(chain, 1) == TLS_BROKEN);
	key_free(&k);
}

/* What moves one way, as much as the other side takes at once, through a tap that may change it. */
static size_t move(bool to_server, void (*tap)(bool to_server, uint8_t *bytes, size_t len))
{
	size_t have = 0, room = 0, n;
	uint8_t *src, *dst;

	if (to_server) {
		src = tls_send_buf(&pair.client, &have);
		dst = session_recv_buf(pair.session, &room);
	} else {
		src = session_send_buf(pair.session, &have);
		dst = tls_recv_buf(&pair.client, &room);
	}
	if (!src || !dst)
		return 0;
	n = have < room ? have : room;
	memcpy(dst, src, n);
	tap(to_server, dst, n);
	if (to_server) {
		tls_send_ack(&pair.client, n);
		session_recv_ack(pair.session, n);
	} else {
		session_send_ack(pair.session, n);
		tls_recv_ack(&pair.client, n);
	}
	return n;
}

static size_t changed_at, counter;
static bool changed_way;

static void change(bool to_server, uint8_t *bytes, size_t len)
{
	if (to_server != changed_way)
		return;
	if (counter < len)
		bytes[counter] ^= (uint8_t)(1u << changed_at % 8);
	counter = counter < len ? SIZE_MAX : counter - len;
}

/* Flips one bit of the n-th byte on the way to the server (or the client); nobody gets ready. */
static void test_changed_byte(void)
{
	REQUIRE(tls_pair_start(&pair));
	for (changed_at = 0; changed_at < 1500; changed_at += 7) {
		changed_way = changed_at % 2;
		counter = changed_at;
		REQUIRE(tls_pair_restart(&pair));
		while (move(true, change) + move(false, change))
			;
		/* Beyond the handshake's end nothing was changed. */
		if (counter > SIZE_MAX / 2)
			CHECK(!(tls_ready(&pair.client) && session_ready(pair.session)));
	}
	tls_pair_end(&pair);
}

static void feed_garbage(bool to_server, bool framed)
{
	for (int i = 0; i < 100; i++) {
		size_t room;
		uint8_t *dst = to_server ? session_recv_buf(pair.session, &room)
					 : tls_recv_buf(&pair.client, &room);

		if (!dst)
			return;
		if (to_server && room > 600)
			room = 600;
		REQUIRE(!failed(random_bytes(dst, room)));
		if (framed && room >= 5)
			memcpy(dst, "\x16\x03\x03\x01\x00", 5);
		if (to_server)
			session_recv_ack(pair.session, room);
		else
			tls_recv_ack(&pair.client, room);
	}
}

static void test_garbage(void)
{
	REQUIRE(tls_pair_start(&pair));
	for (unsigned round = 0; round < 200; round++) {
		REQUIRE(tls_pair_restart(&pair));
		feed_garbage(round % 2, round % 4 < 2);
		CHECK(!tls_ready(&pair.client) && !session_ready(pair.session));
	}
	tls_pair_end(&pair);
}

/* Messages longer than any that is due are refused by their headers, before room is made. */
static void test_long_messages(void)
{
	static const uint8_t hello[] = {22, 3, 1, 0, 4, 1, 0, 0x40, 1},
			     other[] = {22, 3, 1, 0, 4, 16, 0, 4, 1},
			     good[] = {22, 3, 1, 0, 4, 1, 0, 0x40, 0};
	static const struct {
		const uint8_t *bytes;
		enum tls_fault fault;
	} rows[] = {{hello, TLS_MESSAGE_SIZE}, {other, TLS_MESSAGE_SIZE}, {good, TLS_FINE}};
	size_t room;

	REQUIRE(tls_pair_start(&pair));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		REQUIRE(tls_pair_restart(&pair));
		memcpy(session_recv_buf(pair.session, &room), rows[i].bytes, sizeof(hello));
		session_recv_ack(pair.session, sizeof(hello));
		CHECK(session_fault(pair.session) == rows[i].fault);
		CHECK(session_state(pair.session) ==
			(rows[i].fault ? SESSION_CAN_SEND : SESSION_CAN_RECV));
	}
	tls_pair_end(&pair);
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()))
		return 1;
	RUN(test_size);
	RUN(test_handshake);
	RUN(test_server_hello);
	RUN(test_data_and_close);
	RUN(test_full_record);
	RUN(test_pins);
	RUN(test_wrong_alpn);
	RUN(test_no_alpn);
	RUN(test_no_client_certificate);
	RUN(test_chains);
	RUN(test_changed_byte);
	RUN(test_garbage);
	RUN(test_long_messages);
	secret_pool_close();
	return test_summary();
}
