/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process that holds an operator's secrets has to be, and what both commands share. */
#ifndef TOOLS_OPERATOR_PROCESS_H
#define TOOLS_OPERATOR_PROCESS_H

#include "tools/lib/command.h"
#include "tools/operator/meet.h"

struct operator_options {
	struct sockaddr_in6 node;
	bool node_given;
	const char *key; /* file */
	uint64_t wait_s;
	bool json, pin;
};

#define OPERATOR_WAIT_S 300

/* The rows of a command whose struct begins with operator_options. */
extern const struct option_row operator_rows[];

/* No core dumps, locked memory, random bytes, OpenSSL. process_end() wipes and releases. */
struct failure process_begin(void) MUST_CHECK;
void process_end(void);

/* The operator's key, which is made where there is none and the pin is asked for. */
struct failure operator_key(const struct operator_options *o, struct key_pair *out) MUST_CHECK;
/* What nodes are told it by: protostar.operator=<pin>. */
void operator_print_pin(const struct operator_options *o, const struct key_pair *key);

#endif
