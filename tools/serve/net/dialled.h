/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection that the service's side has made itself, instead of accepting it: from the first
 * byte to the last with the code of connection.h, under the deadlines of the event loop. TCP alone
 * runs the other way round: the node is the client of TLS here, too, and says who it is; the caller
 * is judge and holds the key that the node pins.
 */
#ifndef TOOLS_SERVE_NET_DIALLED_H
#define TOOLS_SERVE_NET_DIALLED_H

#include "tools/serve/join/exchange_data.h"
#include "tools/serve/join/service.h"
#include "tools/serve/net/address.h"

struct dialled {
	enum exchange_end end;
	uint16_t code; /* of a denial, or of the node's ABORT */
	/* Of the node that was granted something: its names, and its disk as granted. */
	uint8_t node_id[TPM_NAME_LEN];
	struct store_disk disk;
	uint8_t action;
	bool granted; /* a GRANT was made; `unsent`: of it or its ACK something did not leave */
	bool unsent;
	bool broken; /* its TLS came to nothing, for this reason */
	enum refusal reason;
	unsigned peer_alert; /* of REFUSAL_BY_PEER: RFC 5246, 7.2 */
};

/*
 * Runs the exchange on a connected socket, which is closed whatever happens. A failure is the
 * machine's: no memory, no poll(2). How the exchange ended is in *out.
 */
struct failure dialled_run(
	int fd, const struct sockaddr_in6 *to, struct service *s, struct dialled *out) MUST_CHECK;

#endif
