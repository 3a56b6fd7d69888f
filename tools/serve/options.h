/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `protostar serve`. */
#ifndef TOOLS_SERVE_OPTIONS_H
#define TOOLS_SERVE_OPTIONS_H

#include <stdbool.h>
#include "tools/lib/command.h"
#include "tools/serve/found.h"
#include "tools/serve/keys/key_link.h"
#include "tools/serve/net/address.h"
#include "tools/serve/net/server.h"

struct options {
	const char *state;	    /* folder */
	const char *policy;	    /* file; NULL: none needed, or the state folder's own */
	struct found_source found;  /* all NULL unless this machine becomes the service */
	struct key_place keys;	    /* without socket and kek: in the state folder */
	const char *metrics;	    /* file; NULL: none */
	struct sockaddr_in6 listen; /* the loopback interface unless it was given */
	bool listen_given;
	struct server_limits limits;
	const char *evidence;	/* "tpm" or "tpm:TCTI"; NULL: none */
	uint32_t evidence_pcrs; /* bit n: PCR n */
	bool json, init, pin, evidence_option;
};

extern const struct option_row serve_rows[];

/* -1 to go on, otherwise the exit code: after --help, or after a complaint. */
int serve_options(const struct command *command, int argc, char **argv, struct options *out);

#endif
