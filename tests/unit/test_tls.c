/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TLS profile against itself and against records that were changed on the way. */
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
		REQUIRE(!failed(tls_pair_start(&pair)));
		CHECK(!tls_ready(&pair.client) && !tls_ready(&pair.server));
		CHECK(tls_binder(&pair.client, client).code == E_TLS_BINDER);
		CHECK(tls_write(&pair.client, (const uint8_t *)"x", 1) == 0);
		tls_settle(&pair.client, &pair.server);
		REQUIRE(tls_ready(&pair.client) && tls_ready(&pair.server));
		REQUIRE(!failed(tls_binder(&pair.client, client)));
		REQUIRE(!failed(tls_binder(&pair.server, server)));
		CHECK_BYTES(client, server, sizeof(client));
		CHECK(memcmp(client, before, sizeof(client)) != 0);
		memcpy(before, client, sizeof(before));

		key_spki(pair.server_key.pub, want);
		tls_peer_spki(&pair.client, spki);
		CHECK_BYTES(spki, want, sizeof(spki));
		tls_own_spki(&pair.server, spki);
		CHECK_BYTES(spki, want, sizeof(spki));
		key_spki(pair.client_key.pub, want);
		tls_peer_spki(&pair.server, spki);
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

	REQUIRE(!failed(tls_pair_start(&pair)));
	tls_move(&pair.client, &pair.server);
	bytes = tls_send_buf(&pair.server, &len);
	/* Record header, message header, version and random; then the length of the session's id.
	 */
	REQUIRE(bytes && len > 43);
	CHECK(bytes[0] == 22 && bytes[5] == 2);
	CHECK(bytes[43] == 0);
	CHECK(bytes[44] == 0xc0 && bytes[45] == 0x2c);
	tls_pair_end(&pair);
}

/* Sends len bytes one way, moving records while the buffers fill, and checks what arrives. */
static void carry(struct tls_session *from, struct tls_session *to, size_t len)
{
	uint8_t chunk[1000], got[1000];
	size_t sent = 0, received = 0;

	while (received < len) {
		size_t n = len - sent < sizeof(chunk) ? len - sent : sizeof(chunk);

		memset(chunk, (int)(sent / sizeof(chunk)), sizeof(chunk));
		n = n ? tls_write(from, chunk, n) : 0;
		sent += n;
		tls_flush(from);
		tls_settle(from, to);
		while (received < sent) {
			size_t m = tls_read(to, got, 1 + received % 700);

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

static void test_data_and_close(void)
{
	uint8_t binder[2][TLS_BINDER_LEN];

	REQUIRE(!failed(tls_pair_start(&pair)));
	tls_settle(&pair.client, &pair.server);
	REQUIRE(!failed(tls_binder(&pair.client, binder[0])));
	carry(&pair.server, &pair.client, 120);
	carry(&pair.client, &pair.server, 65536);
	carry(&pair.server, &pair.client, 20000);
	carry(&pair.client, &pair.server, 1);
	REQUIRE(!failed(tls_binder(&pair.client, binder[1])));
	CHECK_BYTES(binder[0], binder[1], TLS_BINDER_LEN);
	/* Data that the closing side has not read is dropped. */
	REQUIRE(tls_write(&pair.client, (const uint8_t *)"unread", 6) == 6);
	tls_flush(&pair.client);
	tls_settle(&pair.client, &pair.server);
	tls_shutdown(&pair.server);
	tls_settle(&pair.client, &pair.server);
	CHECK(tls_state(&pair.client) == TLS_CLOSED);
	CHECK(tls_state(&pair.server) == TLS_CLOSED);
	CHECK(!failed(tls_error(&pair.client)) && !failed(tls_error(&pair.server)));
	tls_pair_end(&pair);
	CHECK(!tls_ready(&pair.client));
}

static void test_pins(void)
{
	uint8_t pins[TLS_PINS_MAX][32] = {{0}};

	REQUIRE(!failed(tls_pair_start(&pair)));
	CHECK(tls_client_start(&pair.client, &pair.client_own, (const uint8_t(*)[32])pins, 0)
			.code == E_TLS_PIN_COUNT);
	CHECK(tls_client_start(&pair.client, &pair.client_own, (const uint8_t(*)[32])pins, 3)
			.code == E_TLS_PIN_COUNT);
	/* The second pin is as good as the first. */
	memcpy(pins[1], pair.pin[0], 32);
	REQUIRE(!failed(
		tls_client_start(&pair.client, &pair.client_own, (const uint8_t(*)[32])pins, 2)));
	tls_settle(&pair.client, &pair.server);
	CHECK(tls_ready(&pair.client) && tls_ready(&pair.server));
	for (unsigned bit = 0; bit < 256; bit++) {
		pins[1][bit / 8] ^= (uint8_t)(1u << bit % 8);
		REQUIRE(!failed(tls_server_start(&pair.server, &pair.server_own)));
		REQUIRE(!failed(tls_client_start(
			&pair.client, &pair.client_own, (const uint8_t(*)[32])pins, 2)));
		tls_settle(&pair.client, &pair.server);
		CHECK(tls_error(&pair.client).code == E_TLS_PIN);
		CHECK(tls_state(&pair.client) == TLS_CLOSED);
		CHECK(!tls_ready(&pair.client) && !tls_ready(&pair.server));
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

	REQUIRE(!failed(tls_pair_start(&pair)));
	br_ssl_engine_set_protocol_names(&pair.client.tls.engine, other, 1);
	REQUIRE(br_ssl_client_reset(&pair.client.tls.client, NULL, 0));
	tls_settle(&pair.client, &pair.server);
	CHECK(tls_error(&pair.server).code == E_TLS_ALPN);
	CHECK(tls_error(&pair.client).code == E_TLS_ALERT);
	CHECK(!tls_ready(&pair.client) && !tls_ready(&pair.server));
	tls_pair_end(&pair);
}

static void test_no_alpn(void)
{
	REQUIRE(!failed(tls_pair_start(&pair)));
	br_ssl_engine_set_protocol_names(&pair.client.tls.engine, NULL, 0);
	REQUIRE(br_ssl_client_reset(&pair.client.tls.client, NULL, 0));
	tls_settle(&pair.client, &pair.server);
	CHECK(tls_error(&pair.server).code == E_TLS_CLIENT_ALPN);
	CHECK(!tls_ready(&pair.client) && !tls_ready(&pair.server));
	tls_pair_end(&pair);
}

static void test_no_client_certificate(void)
{
	REQUIRE(!failed(tls_pair_start(&pair)));
	br_ssl_client_set_client_certificate(&pair.client.tls.client, NULL);
	REQUIRE(br_ssl_client_reset(&pair.client.tls.client, NULL, 0));
	tls_settle(&pair.client, &pair.server);
	CHECK(tls_error(&pair.server).code == E_TLS_NO_CERT);
	CHECK(!tls_ready(&pair.server));
	tls_pair_end(&pair);
}

/* A server that does not ask for the node's certificate is not the join service. */
static void test_server_does_not_ask(void)
{
	REQUIRE(!failed(tls_pair_start(&pair)));
	br_ssl_server_set_trust_anchor_names(&pair.server.tls.server, NULL, 0);
	REQUIRE(br_ssl_server_reset(&pair.server.tls.server));
	tls_settle(&pair.client, &pair.server);
	CHECK(tls_error(&pair.client).code == E_TLS_NOT_ASKED);
	CHECK(!tls_ready(&pair.client));
	tls_pair_end(&pair);
}

/* Runs a handshake in which the client sends this chain. */
static uint16_t server_verdict_on(br_x509_certificate *chain, size_t count)
{
	uint16_t code;

	if (failed(tls_pair_start(&pair)))
		return 0;
	br_ssl_client_set_single_ec(&pair.client.tls.client, chain, count, &pair.client_own.priv,
		BR_KEYTYPE_SIGN, BR_KEYTYPE_EC, &br_ec_p256_m31, br_ecdsa_i31_sign_asn1);
	if (!br_ssl_client_reset(&pair.client.tls.client, NULL, 0))
		return 0;
	tls_settle(&pair.client, &pair.server);
	CHECK(!tls_ready(&pair.server));
	code = tls_error(&pair.server).code;
	tls_pair_end(&pair);
	return code;
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
	CHECK(server_verdict_on(chain, 2) == E_TLS_CERT_COUNT);
	chain[0] = (br_x509_certificate){huge, TLS_PEER_CERT_MAX + 1};
	CHECK(server_verdict_on(chain, 1) == E_TLS_CERT_SIZE);
	chain[0] = (br_x509_certificate){huge, sizeof(huge)};
	CHECK(server_verdict_on(chain, 1) == E_TLS_CERT_SIZE);
	chain[0] = (br_x509_certificate){huge, TLS_PEER_CERT_MAX};
	CHECK(server_verdict_on(chain, 1) == E_TLS_CERT_FORM);
	chain[0] = (br_x509_certificate){cert, len - 1};
	CHECK(server_verdict_on(chain, 1) == E_TLS_CERT_FORM);
	/* Somebody else's certificate: CertificateVerify does not fit. */
	chain[0] = (br_x509_certificate){cert, len};
	CHECK(server_verdict_on(chain, 1) == E_TLS_PROTOCOL);
	key_free(&k);
}

/* Flips one bit of the n-th byte on the way to the server (or the client); nobody gets ready. */
static void test_changed_byte(void)
{
	for (size_t at = 0; at < 1500; at += 7) {
		bool to_server = at % 2;
		size_t counter = at;
		size_t moved;

		REQUIRE(!failed(tls_pair_start(&pair)));
		do {
			moved = 0;
			for (int way = 0; way < 2; way++) {
				struct tls_session *from = way ? &pair.server : &pair.client;
				struct tls_session *to = way ? &pair.client : &pair.server;
				size_t have, room;
				uint8_t *src = tls_send_buf(from, &have);
				uint8_t *dst = tls_recv_buf(to, &room);
				size_t n = have < room ? have : room;

				if (!src || !dst)
					continue;
				memcpy(dst, src, n);
				if (to_server == !way) {
					if (counter < n)
						dst[counter] ^= (uint8_t)(1u << at % 8);
					counter = counter < n ? SIZE_MAX : counter - n;
				}
				tls_send_ack(from, n);
				tls_recv_ack(to, n);
				moved += n;
			}
		} while (moved);
		/* Beyond the handshake's end nothing was changed. */
		if (counter > SIZE_MAX / 2)
			CHECK(!(tls_ready(&pair.client) && tls_ready(&pair.server)));
		tls_pair_end(&pair);
	}
}

static void test_garbage(void)
{
	for (unsigned round = 0; round < 200; round++) {
		struct tls_session *to = round % 2 ? &pair.server : &pair.client;
		size_t room;
		uint8_t *dst;

		REQUIRE(!failed(tls_pair_start(&pair)));
		for (int i = 0; i < 100 && (dst = tls_recv_buf(to, &room)); i++) {
			REQUIRE(!failed(random_bytes(dst, room)));
			if (round % 4 < 2 && room == 5)
				memcpy(dst, "\x16\x03\x03\x01\x00", 5);
			tls_recv_ack(to, room);
		}
		CHECK(!tls_ready(to));
		tls_pair_end(&pair);
	}
}

/* Making an identity and starting a session neither signs nor reads the key. */
static void test_identity_reads_no_key(void)
{
	uint8_t scalar[P256_PRIV_LEN];

	REQUIRE(!failed(tls_pair_start(&pair)));
	tls_close(&pair.server);
	memcpy(scalar, pair.server_key.priv.bytes, sizeof(scalar));
	memset(pair.server_key.priv.bytes, 0,
		sizeof(scalar)); /* with which nothing can be signed */
	tls_identity_make(&pair.server_own, &pair.server_key);
	REQUIRE(!failed(tls_server_start(&pair.server, &pair.server_own)));
	memcpy(pair.server_key.priv.bytes, scalar, sizeof(scalar));
	tls_settle(&pair.client, &pair.server);
	CHECK(tls_ready(&pair.client) && tls_ready(&pair.server));
	tls_pair_end(&pair);
}

static void test_not_seeded(void)
{
	struct tls_identity own = {0};

	secret_pool_close();
	CHECK(tls_server_start(&pair.server, &own).code == E_RANDOM_CLOSED);
	REQUIRE(!failed(secret_pool_open(1 << 16)) && !failed(random_open()));
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()))
		return 1;
	RUN(test_size);
	RUN(test_handshake);
	RUN(test_server_hello);
	RUN(test_data_and_close);
	RUN(test_pins);
	RUN(test_wrong_alpn);
	RUN(test_no_alpn);
	RUN(test_no_client_certificate);
	RUN(test_server_does_not_ask);
	RUN(test_chains);
	RUN(test_changed_byte);
	RUN(test_garbage);
	RUN(test_identity_reads_no_key);
	RUN(test_not_seeded);
	secret_pool_close();
	return test_summary();
}
