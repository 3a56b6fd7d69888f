/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far an exchange has come and what is known of its node (exchange.h, which owns it). */
#ifndef TOOLS_SERVE_JOIN_EXCHANGE_DATA_H
#define TOOLS_SERVE_JOIN_EXCHANGE_DATA_H

#include "tools/serve/join/admission.h"

#define PEER_TEXT_MAX 64u

enum exchange_phase {
	EXCHANGE_HANDSHAKE, /* before exchange_start() */
	EXCHANGE_EVIDENCE,
	EXCHANGE_PROOF,
	EXCHANGE_COMMIT,      /* granted: the node prepares its disk */
	EXCHANGE_COMMIT_NEXT, /* committed: the node writes the header for another KEK */
	EXCHANGE_OVER,
};

/* How an exchange ended, for who has begun it. */
enum exchange_end {
	EXCHANGE_OPEN, /* it has not, or without a word */
	EXCHANGE_COMMITTED,
	EXCHANGE_DENIED,  /* with this code */
	EXCHANGE_ABORTED, /* by the node, with a code of its own */
};

struct exchange {
	enum exchange_phase phase;
	enum exchange_end end;
	uint16_t end_code;
	char peer[PEER_TEXT_MAX];	  /* the other side's address, for log and audit */
	uint8_t source[STORE_SOURCE_LEN]; /* what is bounded by where it comes from */
	struct channel channel;
	struct admission *admission;   /* NULL before the evidence came */
	uint8_t activation_secret[32]; /* what PROOF must bring */
	struct binding_grant granted;
	struct secret material; /* of the grant, in place of policy's; empty: policy's */
};

#endif
