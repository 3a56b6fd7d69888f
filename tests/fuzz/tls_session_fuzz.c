/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/tls_session_fuzz.h"

#include <stdlib.h>
#include <string.h>
#include "crypto/digest.h"
#include "crypto/random.h"
#include "tests/fuzz/fixed_random.h"

static struct key_pair keys[2];	     /* the server's, the client's */
static struct tls_identity identity; /* of the client */

static void make_keys(void)
{
	uint8_t scalar[P256_PRIV_LEN];

	if (keys[0].priv.bytes)
		return;
	if (failed(secret_pool_open(1 << 16)))
		abort();
	for (int i = 0; i < 2; i++) {
		memset(scalar, 1 + i, sizeof(scalar));
		if (failed(key_from_private(scalar, &keys[i])))
			abort();
	}
	tls_identity_make(&identity, &keys[1]);
}

const struct key_pair *fuzz_server_key(void)
{
	make_keys();
	return &keys[0];
}

void fuzz_session_start(struct tls_session *s)
{
	uint8_t spki[P256_SPKI_LEN], pin[1][32];
	struct status status;

	make_keys();
	fixed_random_restart();
	key_spki(keys[0].pub, spki);
	sha256(spki, sizeof(spki), pin[0]);
	status = tls_client_start(s, &identity, (const uint8_t(*)[32])pin, 1);
	if (failed(status))
		abort();
}

void fuzz_session_feed(struct tls_session *s, const uint8_t *data, size_t len)
{
	uint8_t app[1024], *buf;
	size_t n;

	do {
		while (tls_send_buf(s, &n))
			tls_send_ack(s, n);
		while (tls_read(s, app, sizeof(app)))
			;
		buf = tls_recv_buf(s, &n);
		if (n > len)
			n = len;
		if (buf && n) {
			memcpy(buf, data, n);
			tls_recv_ack(s, n);
			data += n;
			len -= n;
		}
	} while (buf && n);
}
