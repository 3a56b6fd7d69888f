/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a client has to send, as one segment and in records of the test's choosing. RFC 5246, 6.2.1
 * lets a peer cut handshake messages and application data into any number of records.
 */
#ifndef TESTS_INTEROP_SERVE_FLIGHT_H
#define TESTS_INTEROP_SERVE_FLIGHT_H

#include "crypto/tls.h"

struct flight {
	uint8_t bytes[1u << 17];
	size_t len;
};

/* Appends all records that the session has ready. */
void flight_gather(struct flight *f, struct tls_session *s);
/*
 * The client's last flight in this many records, 3 or more: its handshake messages are cut into all
 * but two, ChangeCipherSpec and Finished are the others.
 */
void flight_last(struct flight *f, struct tls_session *s, unsigned records);
/* Appends application data in records of `each` bytes. */
void flight_data(
	struct flight *f, struct tls_session *s, const uint8_t *data, size_t len, size_t each);
/* Sends it as one segment, or in as few as the socket takes. False when the connection is gone. */
bool flight_send(const struct flight *f, int fd);

#endif
