/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records the seed of fuzz_tls_client: what a node receives in one good connection. To be run again
 * when the TLS profile changes:
 *     record_tls_seeds tests/fuzz/corpus
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/fuzz/tls_session_fuzz.h"
#include "tests/unit/join/bearssl_server.h"

static struct tls_session client;
static struct bearssl_server server;
static uint8_t received[16384];
static size_t received_len;

static size_t to_client(void)
{
	br_ssl_engine_context *e = &server.tls.eng;
	size_t have, room, moved = 0;
	uint8_t *src, *dst;

	while ((src = br_ssl_engine_sendrec_buf(e, &have)) &&
		(dst = tls_recv_buf(&client, &room))) {
		size_t n = have < room ? have : room;

		if (n > sizeof(received) - received_len)
			abort();
		memcpy(dst, src, n);
		memcpy(received + received_len, src, n);
		received_len += n;
		br_ssl_engine_sendrec_ack(e, n);
		tls_recv_ack(&client, n);
		moved += n;
	}
	return moved;
}

static size_t to_server(void)
{
	br_ssl_engine_context *e = &server.tls.eng;
	size_t have, room, moved = 0;
	uint8_t *src, *dst;

	while ((src = tls_send_buf(&client, &have)) &&
		(dst = br_ssl_engine_recvrec_buf(e, &room))) {
		size_t n = have < room ? have : room;

		memcpy(dst, src, n);
		tls_send_ack(&client, n);
		br_ssl_engine_recvrec_ack(e, n);
		moved += n;
	}
	return moved;
}

static void settle(void)
{
	while (to_server() + to_client())
		;
}

static void save(const char *corpus)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/fuzz_tls_client/connection", corpus);
	f = fopen(path, "wb");
	if (!f || fwrite(received, 1, received_len, f) != received_len || fclose(f)) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct tls_identity own;
	uint8_t got[64];

	if (argc != 2)
		return 2;
	tls_identity_make(&own, fuzz_server_key());
	fuzz_session_start(&client);
	if (!bearssl_start(&server, &own))
		abort();
	settle();
	if (!tls_ready(&client) || !bearssl_ready(&server))
		abort();
	if (bearssl_write(&server, (const uint8_t *)"hello node", 10) != 10)
		abort();
	br_ssl_engine_flush(&server.tls.eng, 0);
	settle();
	if (tls_read(&client, got, sizeof(got)) != 10)
		abort();
	bearssl_shutdown(&server);
	settle();
	save(argv[1]);
	return 0;
}
