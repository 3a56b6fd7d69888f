/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the service says no. There are two ways, and which one a function has follows from who hears
 * it:
 *
 *   struct denial    an answer to a node: a code that goes over the wire (600 to 649 of
 *                    early/contract/errors.def), and what an operator should know beside it
 *   struct failure   (tools/lib/failure.h) the service could not do something: a file, the store,
 *                    the audit record, memory, a policy that somebody wrote. Only an operator ever
 *                    reads it; where a node waits for an answer it becomes E_DENY_INTERNAL
 *
 * Both are returned, and looked at after the call. crypto/ says no by its struct status,
 * tools/evidence/tpm by its enum tpm_fault, readers of tools/lib by their struct flaw; all end in
 * one of these two at the call.
 *
 * A denial carries facts, not a sentence: denial_text() writes that when the log or the audit
 * record wants it (anybody can cause denials, and both leave most of many out). The facts are
 * copies, or texts that are constant, so a denial may outlive all that it was made from. They hold
 * no secret, and never go to the node: it gets the code and its text of errors.def.
 */
#ifndef TOOLS_SERVE_JOIN_DENIAL_H
#define TOOLS_SERVE_JOIN_DENIAL_H

#include "early/contract/messages.h"
#include "tools/evidence/tpm/public.h"
#include "tools/lib/failure.h"
#include "tools/policy/policy.h"

enum denial_kind {
	DENIAL_SENTENCE,  /* sentence */
	DENIAL_FAILURE,	  /* failure */
	DENIAL_OFFER,	  /* numbers: purpose, and kinds of evidence as bits */
	DENIAL_EVENT_LOG, /* sentence: what is wrong with the log */
	DENIAL_LOG_PCR,	  /* numbers: the PCR for which the log leads to another value */
	DENIAL_NEAREST,	  /* nearest */
	DENIAL_EPOCH,	  /* numbers: of the set, and of the node's last join */
	DENIAL_REVOKED,	  /* revoked */
	DENIAL_PARTNERS,  /* partners */
	DENIAL_FIRMWARE,  /* firmware */
	DENIAL_LIMIT,	  /* numbers: nodes known, and how many may be */
	DENIAL_CONTENTS,  /* contents */
	DENIAL_KEK,	  /* numbers: the version that the key service seals nothing of */
};

/* A kind of store_revocations.h; policy's "revoked" has some of them too. */
#define DENIAL_REVOKED_BIT(kind) (1u << (kind))

struct denial {
	uint16_t code; /* E_DENY_...; 0: nothing is denied */
	bool alarm;    /* somebody comes with what is another's: the audit record's event says so */
	enum denial_kind kind;
	union {
		const char *sentence; /* a constant text */
		struct failure failure;
		uint64_t numbers[2];
		struct {
			char set_name[POLICY_NAME_MAX + 1];
			uint32_t differing; /* PCRs */
		} nearest;
		uint32_t revoked; /* DENIAL_REVOKED_BIT() of what is */
		/* A node and a disk, and what each of them is bound to, as far as it is known. */
		struct {
			bool has_node, has_disk;
			uint8_t disk_id[DISK_ID_LEN];
			uint8_t node_disk[DISK_ID_LEN];
			uint8_t disk_node[TPM_NAME_LEN];
		} partners;
		struct {
			uint32_t changed;		  /* PCRs */
			uint8_t value[POLICY_DIGEST_MAX]; /* of the first of them now */
			size_t value_len;
			uint8_t node_id[TPM_NAME_LEN];
		} firmware;
		struct {
			uint8_t disk_id[DISK_ID_LEN];
			bool known;
		} contents;
	};
};

static inline MUST_CHECK struct denial denial_none(void)
{
	return (struct denial){0};
}

static inline MUST_CHECK bool denied(struct denial d)
{
	return d.code != 0;
}

/* A denial that a constant sentence tells all about. */
struct denial deny(uint16_t code, const char *sentence) MUST_CHECK;
/* E_DENY_INTERNAL with the failure; nothing is denied when none happened. */
struct denial deny_failure(struct failure f) MUST_CHECK;

/* Leaves the calling function with the same denial when `call` denies. */
#define TRY_DENIAL(call)                            \
	do {                                        \
		struct denial try_denial_ = (call); \
		if (denied(try_denial_))            \
			return try_denial_;         \
	} while (0)

/* Writes the sentence for the log and the audit record; a longer one is cut. */
void denial_text(const struct denial *d, char out[FAILURE_TEXT_MAX]);

#endif
