/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The node's side of a TLS connection whose start is the same in every run, for the TLS fuzz
 * targets and for the program that records their seeds.
 */
#ifndef TESTS_FUZZ_TLS_SESSION_FUZZ_H
#define TESTS_FUZZ_TLS_SESSION_FUZZ_H

#include "crypto/tls.h"

/* Starts the session with fixed keys and fixed random bytes; stops the program when it cannot. */
void fuzz_session_start(struct tls_session *s);
/* The key of the service that the session accepts. */
const struct key_pair *fuzz_server_key(void);
/* Feeds received bytes to the session and throws away what it sends, reading all it can. */
void fuzz_session_feed(struct tls_session *s, const uint8_t *data, size_t len);

#endif
