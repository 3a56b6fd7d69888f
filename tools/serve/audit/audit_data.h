/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of the audit record: a line of it, and its end as a start finds it. */
#ifndef TOOLS_SERVE_AUDIT_AUDIT_DATA_H
#define TOOLS_SERVE_AUDIT_AUDIT_DATA_H

#include <stdbool.h>
#include <stdint.h>
#include "crypto/digest.h"

#define AUDIT_HASH_HEX (2 * SHA256_LEN)

/* A line of the record. */
struct audit_position {
	uint64_t seq; /* its number; 0: none */
	char hash[AUDIT_HASH_HEX + 1];
	uint64_t end; /* bytes of its file up to and with it */
};

/* What the record holds behind the line that the store knows. */
struct audit_tail {
	bool missing;	    /* there was no record where one must be: a new one was begun */
	uint64_t decisions; /* lines `grant` or `commit` that no line `void` takes back */
	uint64_t first;	    /* number of the first of them */
	bool last_line;	    /* there is one, and nothing was decided or denied since: a crash may
			     * have come between it and the store */
	char event[16], disk[33], action[16]; /* of the last of them, as the line has it */
};

#endif
