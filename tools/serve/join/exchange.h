/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One exchange of the join protocol (PROTOCOL.md section 5) from the service's side: which message
 * is due, and what is answered. No sockets, no TLS: bodies come in, frames go out.
 *
 *   exchange_start()   -> HELLO
 *   EVIDENCE           -> CHALLENGE | GRANT | DENY
 *   PROOF              -> GRANT | DENY
 *   COMMIT             -> ACK | DENY; one that names a next version is followed by another
 *   ABORT              -> nothing, or DENY when it is malformed
 *
 * A key leaves only after the node's and disk's records and an audit line are on disk. The caller
 * owns the exchange and ends it with exchange_end(), whatever happened.
 */
#ifndef TOOLS_SERVE_JOIN_EXCHANGE_H
#define TOOLS_SERVE_JOIN_EXCHANGE_H

#include "tools/serve/join/exchange_data.h"

#define EXCHANGE_REPLY_MAX \
	(WRAPPED_MAX + SERVICE_EVIDENCE_MAX + 512u) /* bytes of the longest frame, a GRANT */

/* Writes HELLO. The channel's binder and keys must have been filled in. False: end the connection.
 */
bool exchange_start(struct exchange *x, const struct service *s, struct wire_writer *reply);
/* Bytes of the longest body that a message of this type may have now; 0 when it is not due. */
size_t exchange_due(const struct exchange *x, uint8_t type);
/* Takes a due message. An empty reply and EXCHANGE_OVER: close without a word. */
void exchange_message(struct exchange *x, struct service *s, uint8_t type, struct span body,
	struct wire_writer *reply);
/* Ends the exchange with a DENY, recorded in the log. */
void exchange_deny(
	struct exchange *x, struct service *s, const struct denial *d, struct wire_writer *reply);
/* Wipes and releases what the exchange holds. */
void exchange_end(struct exchange *x);

#endif
