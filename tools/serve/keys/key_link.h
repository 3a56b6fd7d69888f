/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to a key service: to one that listens, or to one that is started for it as a child
 * process (`protostar keys --connected`) and ends with it.
 */
#ifndef TOOLS_SERVE_KEYS_KEY_LINK_H
#define TOOLS_SERVE_KEYS_KEY_LINK_H

#include <sys/types.h>

#include "tools/lib/failure.h"

/* Where the key service is. All texts are borrowed and must stay. */
struct key_place {
	const char *socket;	     /* it listens there; NULL: a child, of which the rest tells */
	const char *kek;	     /* file, or a token's URI */
	const char *passphrase_file; /* NULL: none */
	const char *tenant;	     /* whose disks; NULL: everybody's */
	const char *program;	     /* NULL: this one */
	bool create;		     /* keys are made when there are none */
	bool token_network;
};

struct key_link {
	int fd;	     /* -1: there is none; does not block */
	pid_t child; /* 0: none */
};

/* Connects, or starts the child; it need not have looked at its keys yet. */
struct failure key_link_open(
	const struct key_place *place, bool create, struct key_link *out) MUST_CHECK;
/* Ends the connection, and waits for the child to end, which is killed after a while. */
void key_link_close(struct key_link *l);

#endif
