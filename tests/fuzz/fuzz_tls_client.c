/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a peer sends to the node's TLS, from its first byte on. Keys and random bytes are fixed, so
 * that a recorded connection goes on past the handshake.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "tests/fuzz/tls_session_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tls_session session, started;
	uint8_t binder[TLS_BINDER_LEN];

	if (tls_state(&started) == TLS_CLOSED) {
		fuzz_session_start(&session);
		started = session;
	}
	/* The session may not move: it is put back where it was started. */
	session = started;
	fuzz_session_feed(&session, data, size);
	if (tls_ready(&session) == failed(tls_binder(&session, binder)))
		abort();
	/* The feeder has sent what there was to send, an alert too, unless that came last. */
	if (failed(tls_error(&session)) && tls_state(&session) & ~(TLS_CLOSED | TLS_CAN_SEND))
		abort();
	tls_shutdown(&session);
	fuzz_session_feed(&session, data, size);
	return 0;
}
