/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node of the join protocol for tests: it follows PROTOCOL.md, and lets a test change any part of
 * what it sends. Blocking, with a deadline on everything.
 */
#ifndef TESTS_INTEROP_SERVE_CLIENT_H
#define TESTS_INTEROP_SERVE_CLIENT_H

#include "crypto/kem.h"
#include "crypto/tls.h"
#include "tests/interop/serve/machine.h"

struct client {
	int fd;
	struct tls_session tls;
	struct key_pair key;
	struct tls_identity identity;
	uint8_t binder[BINDER_LEN], own_spki[P256_SPKI_LEN], service_spki[P256_SPKI_LEN];
	struct msg_hello hello;
	uint8_t purpose; /* of its evidence: to join, unless a test says otherwise after HELLO */
	uint8_t frame[FRAME_MAX + 4]; /* the body of the last one received */
	size_t frame_len;
};

/* Connects to 127.0.0.1:port, -1 when that fails. */
int client_connect(uint16_t port);
/* Starts a session for a connected socket, moves nothing. client_close() ends it, always. */
void client_begin(struct client *c, int fd, const uint8_t pin[32]);
/* The handshake on a connected socket. False when it fails. */
bool client_shake(struct client *c, int fd, const uint8_t pin[32]);
/* Handshake and HELLO on a connected socket. False when it does not come to that. */
bool client_open(struct client *c, int fd, const uint8_t pin[32]);
/* Takes the HELLO that follows a handshake. */
bool client_hello(struct client *c);
void client_close(struct client *c);
/* Writes bytes and moves them out; false when the connection is gone. */
bool client_send(struct client *c, const uint8_t *bytes, size_t len);
/* The next frame; 0 when the connection ended or nothing came within 20 s. */
uint8_t client_receive(struct client *c, struct span *out_body);

/* Everything that an EVIDENCE says. Made right; tests change what they like before it is sent. */
struct evidence {
	struct kem_pair kem;
	uint8_t purpose;
	uint16_t type;
	uint8_t nonce_a[NONCE_LEN];
	uint8_t claims[CLAIMS_MAX];
	size_t claims_len;
	uint8_t rd[RD_LEN];
	struct quoted quote;
	struct span event_log;
	struct span certificates[CERTIFICATES_MAX];
	size_t certificate_count;
	bool no_tpm;			   /* claims and message say nothing of one */
	struct span items[EVIDENCE_TYPES]; /* at type - 1: of other kinds; borrowed */
};

void evidence_claims(struct evidence *e, const struct machine *m, const uint8_t disk[DISK_ID_LEN]);
/* Claims and rd for this connection, of a machine without a TPM when m is NULL. The same. */
void evidence_start(struct evidence *e, const struct client *c, const struct machine *m,
	const uint8_t disk[DISK_ID_LEN]);
/* Claims, rd and quote for this connection. The caller calls evidence_free(). */
void evidence_make(struct evidence *e, const struct client *c, struct machine *m,
	const uint8_t disk[DISK_ID_LEN]);
/* Claims, rd and quote anew, after a change of the keys in e. */
void evidence_renew(struct evidence *e, const struct client *c, struct machine *m,
	const uint8_t disk[DISK_ID_LEN]);
/* Writes the frame; out holds FRAME_MAX + 4 bytes. */
size_t evidence_frame(const struct evidence *e, uint8_t *out);
void evidence_free(struct evidence *e);

/* What a join came to. */
struct outcome {
	uint8_t type; /* of the last frame: MSG_GRANT, MSG_DENY, MSG_ACK; 0: the connection ended */
	uint16_t code; /* of a DENY */
	uint32_t retry_after_ms;
	bool challenged;
	struct msg_grant grant; /* spans hold until the connection receives or ends */
	char role[ROLE_TEXT_MAX + 1];
	uint8_t disk_key[DISK_KEY_LEN], next_key[DISK_KEY_LEN]; /* the second: zeros without */
	uint8_t material[JOIN_MATERIAL_MAX];
	size_t material_len;
	uint8_t certificate[CERTIFICATE_MAX]; /* of an ACK */
	size_t certificate_len;
};

/* Sends evidence, answers a challenge with the machine's TPM, opens the grant. */
void client_join(
	struct client *c, const struct evidence *e, struct machine *m, struct outcome *out);
/* Answers a CHALLENGE; false when the TPM refuses or the connection is gone. */
bool client_answer(struct client *c, struct machine *m, struct span body);
/* Sends a COMMIT as it is, and takes the answer. */
void client_commit_as(struct client *c, const struct msg_commit *commit, struct outcome *out);
/* Sends a COMMIT for the grant: generation + 1. */
void client_commit(struct client *c, const struct outcome *granted, const uint8_t mac[32],
	struct outcome *out);

#endif
