/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A look at what a peer sends before libssl sees it: is it TLS at all, where do records begin and
 * end, and is a message of the handshake longer than any that is due? libssl makes room for a
 * message as soon as its length is announced, for a ClientHello of up to 128 KiB; here the bound is
 * HELLO_MAX, so that a peer costs little more than what it has sent.
 *
 * Messages are read as long as they come in the clear, up to ChangeCipherSpec. Whether they are due
 * and well-formed is libssl's to say.
 */
#ifndef TOOLS_SERVE_TLS_RECORD_GUARD_H
#define TOOLS_SERVE_TLS_RECORD_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/serve/tls/fault.h"

#define RECORD_HEADER_LEN  5u
#define MESSAGE_HEADER_LEN 4u
#define HELLO_MAX	   16384u /* bytes of a ClientHello's body */
#define MESSAGE_MAX	   1024u  /* of any other but Certificate */

/* All zero is a good start. */
struct record_guard {
	uint8_t header[RECORD_HEADER_LEN], message[MESSAGE_HEADER_LEN];
	size_t header_have, message_have;
	size_t body_left;    /* of the record */
	size_t message_left; /* of the message */
	size_t messages;     /* that were read to their ends */
	bool begun;	     /* a record's header was read */
	bool sealed;	     /* ChangeCipherSpec has come */
};

/* Takes received bytes; TLS_FINE, or why they may not go on to libssl. */
enum tls_fault record_guard_take(struct record_guard *g, const uint8_t *bytes, size_t len);
/* True when what has come is enough to work on: a message, or a record that is none. */
bool record_guard_has_first(const struct record_guard *g);
/* True between a record's first byte and its last one. */
bool record_guard_inside(const struct record_guard *g);

#endif
