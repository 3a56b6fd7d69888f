/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One exchange of PROTOCOL.md (section 5) by a plan. Outcomes are the code of a DENY, GOOD for what
 * was hoped for, or ENDED for a connection that ended without a word.
 */
#ifndef TESTS_INTEROP_INDEPENDENT_SESSION_H
#define TESTS_INTEROP_INDEPENDENT_SESSION_H

#include "tests/interop/independent/plan.h"

#define GOOD  0u
#define ENDED 1u

enum frame_type {
	HELLO = 1,
	EVIDENCE,
	CHALLENGE,
	PROOF,
	GRANT,
	DENY,
	COMMIT,
	ACK,
	ABORT,
};

enum action {
	FORMAT = 1,
	OPEN,
	OVERWRITE,
};

struct service {
	uint16_t port;
	uint8_t pin[32];
};

struct session {
	struct link l;
	const struct machine *m;
	struct plan plan;
	EVP_PKEY *kem;
	uint8_t nonce_v[32], nonce_a[32], rd[32];
	uint64_t service_time_s;
	uint32_t epoch, bank, mask, types;
	struct buf in, claims;
	bool challenged;
	uint32_t retry_ms;
	/* The grant. */
	uint32_t action, key_version, set_epoch;
	uint64_t generation;
	uint8_t header_mac[32], disk_key[32];
	uint32_t next_version;
	uint8_t next_header_mac[32], next_key[32];
	char role[65];
	size_t join_material_len;
	struct buf own_evidence; /* the service's */
	/* The ACK. */
	uint8_t certificate[4096];
	size_t certificate_len;
};

/* Up to HELLO: GOOD or ENDED. Always to be closed. */
unsigned session_open(struct session *s, const struct service *to, const struct machine *m,
	const struct plan *plan);
void session_close(struct session *s);
/* EVIDENCE, and PROOF where it is due, up to GRANT, which is opened. */
unsigned session_join(struct session *s);
/* The two halves of it. */
bool session_send_evidence(struct session *s);
unsigned session_answer(struct session *s);
/* What a node commits (section 7): its members are those of the message. */
struct commit {
	uint32_t action;
	uint64_t generation;
	uint32_t key_version, next_version;
	uint8_t header_mac[32], next_header_mac[32];
};

/* COMMIT of the header as it is up to ACK, the granted next version with it. */
unsigned session_commit(struct session *s);
/* What it commits; and what is committed behind its ACK, where it named a next version. */
void session_first(const struct session *s, struct commit *out);
void session_second(const struct session *s, struct commit *out);
unsigned session_send_commit(struct session *s, const struct commit *c);
bool session_send(struct session *s, unsigned type, const struct buf *body);
/* What a whole exchange by the plan comes to, COMMIT included. */
unsigned session_whole(const struct service *to, const struct machine *m, const struct plan *plan);

/* evidence.c: the parts of EVIDENCE. */
void make_claims(struct session *s);
void make_rd(struct session *s);
void make_evidence(struct session *s, struct buf *out);
/* quote.c: the item of type 1; event_log.c: its log. */
void make_quote(struct session *s, struct buf *out);
void make_log(const struct session *s, struct buf *out);

#endif
