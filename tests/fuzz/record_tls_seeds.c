/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records the seeds of fuzz_tls_client and fuzz_tls_server: what each side of one good connection
 * receives. To be run again when the TLS profile changes:
 *     record_tls_seeds tests/fuzz/corpus
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/fuzz/tls_session_fuzz.h"

struct side {
	struct tls_session session;
	uint8_t received[16384];
	size_t received_len;
};

static size_t move(struct side *from, struct side *to)
{
	size_t have, room, moved = 0;
	uint8_t *src, *dst;

	while ((src = tls_send_buf(&from->session, &have)) &&
		(dst = tls_recv_buf(&to->session, &room))) {
		size_t n = have < room ? have : room;

		if (n > sizeof(to->received) - to->received_len)
			abort();
		memcpy(dst, src, n);
		memcpy(to->received + to->received_len, src, n);
		to->received_len += n;
		tls_send_ack(&from->session, n);
		tls_recv_ack(&to->session, n);
		moved += n;
	}
	return moved;
}

static void settle(struct side *a, struct side *b)
{
	while (move(a, b) + move(b, a))
		;
}

static void say(struct side *from, struct side *to, const char *text)
{
	uint8_t got[64];

	if (tls_write(&from->session, (const uint8_t *)text, strlen(text)) != strlen(text))
		abort();
	tls_flush(&from->session);
	settle(from, to);
	if (tls_read(&to->session, got, sizeof(got)) != strlen(text))
		abort();
}

static void save(const char *corpus, const char *name, const struct side *side)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/connection", corpus, name);
	f = fopen(path, "wb");
	if (!f || fwrite(side->received, 1, side->received_len, f) != side->received_len ||
		fclose(f)) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	static struct side client, server;

	if (argc != 2)
		return 2;
	fuzz_session_start(&server.session, false);
	fuzz_session_start(&client.session, true);
	settle(&client, &server);
	if (!tls_ready(&client.session) || !tls_ready(&server.session))
		abort();
	say(&server, &client, "hello node");
	say(&client, &server, "hello service");
	tls_shutdown(&server.session);
	settle(&client, &server);
	save(argv[1], "fuzz_tls_client", &client);
	save(argv[1], "fuzz_tls_server", &server);
	return 0;
}
