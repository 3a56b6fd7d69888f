/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service's TLS session under a node's client whose bytes are changed on the way. What the
 * first byte of an input says, modulo 4:
 *
 *   0  the rest comes in place of a client
 *   1  u16 n: the client's first n bytes, then the rest
 *   2  u16 n: the client's bytes, the rest exclusive-ored to them from the n-th on
 *   3  a good handshake; the rest is application data
 *
 * So the whole handshake is reached with every release of OpenSSL, which a recorded one is not.
 */
#ifndef TESTS_FUZZ_TLS_SERVER_FUZZ_H
#define TESTS_FUZZ_TLS_SERVER_FUZZ_H

#include "tools/serve/tls/session.h"

struct fuzz_server_result {
	bool was_ready;	 /* the handshake came to its end */
	bool changed;	 /* a byte of the client's was */
	size_t received; /* application data */
	enum tls_fault fault;
};

/* Runs one input, and stops the program where the session breaks a promise of its header. */
struct fuzz_server_result fuzz_server_run(const uint8_t *data, size_t len);

#endif
