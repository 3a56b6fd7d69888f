/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `protostar keys`. */
#ifndef TOOLS_KEYS_OPTIONS_H
#define TOOLS_KEYS_OPTIONS_H

#include "tools/keys/server.h"
#include "tools/lib/command.h"

struct keys_options {
	const char *kek;	       /* a file, or a token's URI */
	const char *passphrase_file;   /* NULL: the file is not encrypted */
	const char *socket;	       /* path; NULL: systemd's, or connected */
	const char *encrypt, *decrypt; /* where to write the keys; NULL */
	struct keys_users users;
	struct keys_tenants tenants;
	bool create, connected, token_network;
};

extern const struct option_row keys_rows[];

/* -1 to go on, otherwise the exit code: after --help, or after a complaint. */
int keys_options(const struct command *command, int argc, char **argv, struct keys_options *out);

#endif
