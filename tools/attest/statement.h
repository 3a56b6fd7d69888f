/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A statement: what a running node says of itself when somebody asks with a nonce (PROTOCOL.md
 * section 12). `protostar attest` makes it, `protostar verify` judges it; over a connection or as a
 * file. What it signs begins with a label of its own, so it can never serve in a join.
 *
 * Decoders are total and borrow from what they read, as those of early/contract/messages.h.
 */
#ifndef TOOLS_ATTEST_STATEMENT_H
#define TOOLS_ATTEST_STATEMENT_H

#include "early/contract/messages.h"

#define STATEMENT_NONCE_MIN 8u
#define STATEMENT_NONCE_MAX 64u
/* Bytes of the longest statement: items and certificate at their limits. */
#define STATEMENT_MAX (2u * EVIDENCE_ITEM_MAX)

struct statement {
	struct span nonce;		   /* STATEMENT_NONCE_MIN..MAX bytes, the verifier's */
	struct span version;		   /* printable ASCII, 1..VERSION_TEXT_MAX */
	struct span ak_pub;		   /* TPMT_PUBLIC; empty without a TPM */
	struct span ek_pub;		   /* TPMT_PUBLIC; may be empty */
	uint16_t bank;			   /* of the quote: 0x000B or 0x000C */
	uint32_t pcr_mask;		   /* of the quote */
	struct span items[EVIDENCE_TYPES]; /* as in EVIDENCE */
	struct span certificate;	   /* that the service made for the AK, DER; may be empty */
};

/* Writes the whole statement; look at w->failed afterwards. */
void statement_put(struct wire_writer *w, const struct statement *m);
/* False when a single bit of it is not as specified. */
bool statement_get(struct span bytes, struct statement *out);
/* What its evidence signs: SHA-256 over label, nonce, keys, bank and mask. False: too long. */
bool statement_rd(const struct statement *m, uint8_t rd[RD_LEN]);

/* The frames of a connection: u32 length, u8 type, u8 version 1, body; length counts the last
 * three.
 */
#define ATTEST_FRAME_HEADER_LEN 6u
#define ATTEST_REQUEST_MAX	128u /* bytes of a request's frame */
#define ATTEST_REFUSAL_MAX	256u

enum attest_frame {
	ATTEST_REQUEST = 32,   /* verifier -> node: what to say */
	ATTEST_STATEMENT = 33, /* node -> verifier: a statement */
	ATTEST_REFUSAL = 34,   /* node -> verifier: printable text for a person */
	ATTEST_RENEWAL = 35,   /* verifier -> node: a newer certificate of its AK */
};

struct attest_request {
	struct span nonce;
	uint16_t bank;
	uint32_t pcr_mask;
};

void attest_request_put(struct wire_writer *w, const struct attest_request *m);
bool attest_request_get(struct span body, struct attest_request *out);
/* A frame around a body that is there already. */
void attest_frame_put(struct wire_writer *w, enum attest_frame type, struct span body);
/* Reads a frame's first ATTEST_FRAME_HEADER_LEN bytes; false: not such a frame. */
bool attest_frame_header(
	const uint8_t header[ATTEST_FRAME_HEADER_LEN], uint8_t *out_type, size_t *out_body_len);

#endif
