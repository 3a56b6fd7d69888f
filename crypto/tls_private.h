/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the TLS client share: setting up BearSSL's engine, taking the peer's
 * certificate, and the alert at a failure. Private to this room.
 */
#ifndef CRYPTO_TLS_PRIVATE_H
#define CRYPTO_TLS_PRIVATE_H

#include "crypto/tls.h"

/*
 * Puts the whole profile but the side into a zeroed session: versions, suite, algorithms, buffers,
 * the own identity, fresh entropy.
 */
struct status tls_profile(struct tls_session *s, const struct tls_identity *own) MUST_CHECK;

/* Writes the fatal alert that a failed session owes its peer, if it owes one. */
void tls_alert(struct tls_session *s);

/* Makes p the taker of the peer's certificate: one of at most TLS_PEER_CERT_MAX bytes. */
void tls_peer_init(struct tls_peer *p);

#endif
