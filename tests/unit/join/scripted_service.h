/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A join service for tests, in a process of its own: the real TLS, codecs and wrapping, a policy
 * that says yes to everybody, and one scripted fault.
 *
 * service_start() forks it on a port of the loopback; it serves connections one after the other
 * until service_stop(). What it saw stands in service_report(), shared memory of both processes.
 */
#ifndef TESTS_UNIT_JOIN_SCRIPTED_SERVICE_H
#define TESTS_UNIT_JOIN_SCRIPTED_SERVICE_H

#include <netinet/in.h>
#include <sys/types.h>
#include "early/contract/messages.h"

enum turn { TURN_NONE, TURN_HELLO, TURN_CHALLENGE, TURN_GRANT, TURN_ACK, TURN_SECOND_ACK };

enum fault {
	FAULT_NONE,
	FAULT_STALL,	/* says nothing more, keeps the connection */
	FAULT_CLOSE,	/* closes TLS orderly in place of its message */
	FAULT_TRUNCATE, /* sends the first `amount` bytes of its message, then closes TLS orderly */
	FAULT_BYTES,	/* sends script->bytes in place of its message */
	FAULT_DENY,	/* sends DENY with `amount` as code and script->retry_after_ms */
	FAULT_NONCE,	/* seals the grant for another node's nonce */
	FAULT_AAD,	/* changes the generation after sealing */
	FAULT_SECRETS,	/* seals something that is no grant_secrets */
	FAULT_NEXT,	/* seals a next key where the grant names none, none where it names one */
};

struct script {
	enum turn at;
	enum fault fault;
	size_t amount;
	uint32_t retry_after_ms;
	struct span bytes;
	size_t cut_wire;      /* > 0: the connection ends after so many bytes on the wire */
	unsigned records;     /* > 0: HELLO comes in so many, in one segment with Finished */
	unsigned empty;	      /* records without data before these */
	uint8_t key;	      /* which private key: the pin is service_pin(key) */
	uint8_t action;	      /* 0: ACTION_OPEN */
	uint8_t purpose;      /* 0: PURPOSE_JOIN */
	uint64_t generation;  /* granted */
	bool challenge;	      /* ask for an activation */
	bool rotate;	      /* grant SERVICE_NEXT_VERSION as well */
	bool next_committed;  /* with service_header_mac() as the MAC of its header */
	bool once;	      /* an operator that comes once, whatever that ends with */
	unsigned faulty;      /* connections that get the fault; 0: all */
	unsigned silent_from; /* > 0: the connection from which on nothing is said at all */
};

/* What the service's side saw of the last connection. */
struct report {
	unsigned connections;
	size_t wire_bytes; /* that the service sent */
	bool evidence, proof;
	size_t certificates;	  /* in the TPM's evidence */
	uint8_t contents;	  /* enum disk_contents, as claimed */
	unsigned commits;	  /* that came and, all but the last, had their ACK */
	struct msg_commit commit; /* the first; action 0: none came */
	struct msg_commit second; /* the same for the one that ends a rotation */
	bool acked;
	uint16_t abort_code; /* 0: none came */
};

#define SERVICE_VERSION	     4u
#define SERVICE_NEXT_VERSION 5u
#define SERVICE_DISK_KEY     0x5a /* every byte of it */
#define SERVICE_NEXT_KEY     0x5b
#define SERVICE_MATERIAL     "join material"
#define SERVICE_ROLE	     "worker"
#define SERVICE_CERTIFICATE  "certificate"
#define SERVICE_PROOF	     "thirty-two bytes of the secret.." /* what the activation must give */

void service_pin(uint8_t key, uint8_t out[32]);
/* The MAC that a grant to open carries. */
void service_header_mac(uint8_t out[HEADER_MAC_LEN]);

/* Starts it and says where it listens. Returns its process id, -1 on failure. */
pid_t service_start(const struct script *script, struct sockaddr_in6 *out_address);
/*
 * An operator in its place: connects to the port of the loopback, as soon as somebody listens
 * there, and serves what it got; again and again, until one exchange was good.
 */
pid_t operator_start(const struct script *script, uint16_t port);
void service_stop(pid_t pid);
const struct report *service_report(void);

#endif
