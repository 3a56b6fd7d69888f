/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies that admit a node, and for each member of a policy a change of that member alone after
 * which the service refuses the same node, or the policy. A member without such a change fails the
 * test: the members are read out of the tables in tools/policy's sources.
 */
#ifndef TESTS_INTEROP_SERVE_MUTATION_H
#define TESTS_INTEROP_SERVE_MUTATION_H

#include <stddef.h>
#include <stdint.h>

/* In place of a denial's code. */
#define NOT_READ   1u /* the service does not start with it, and says why */
#define NOT_JUDGED 2u /* it demands nothing of a node; `to` says what it is for */
#define LIST_OF(t) (t), sizeof(t) / sizeof((t)[0])

struct mutation {
	/* File, table and member in tools/policy: "snp.vmpl" is of policy_snp.c's `members`,
	 * "identity.approval.max_pending" of policy_identity.c's `approval_members`. */
	const char *member;
	const char *from, *to; /* `from` is in the policy once */
	uint16_t code;
	uint16_t (*boot)(void); /* of another node, which the policy admits; NULL: the policy's */
};

/* A policy, and a node that joins by it. */
struct mutated {
	const char *name, *policy;
	uint16_t (*boot)(void); /* a whole join: the code of the denial, 0 for an ACK */
	void (*known)(void);	/* after the node's first join; NULL: nothing */
	const struct mutation *rows;
	size_t count;
};

/* Joins once, tries each change, and joins again; all with one store. */
void mutate(const struct mutated *m);
/* Fails for each member in the sources in this folder that no row has named; the exit code. */
int mutations_end(const char *sources);

/* Parts of the test. */
void mutate_tpm(void);
void mutate_snp(void);
void mutate_tdx(void);
void mutate_azure(void);

#endif
