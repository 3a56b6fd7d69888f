/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the key service is asked: a Unix socket of its own, systemd's, or one connection. */
#ifndef TOOLS_KEYS_UNIX_SOCKET_H
#define TOOLS_KEYS_UNIX_SOCKET_H

#include "tools/keys/options.h"

struct keys_socket {
	int listener;  /* -1: none */
	int connected; /* -1: none */
};

/*
 * As the options say. A socket file that nobody listens on any more is replaced; who may connect to
 * a new one is decided by who it is, once another user is named, and else by the file's mode, too.
 */
struct failure keys_socket_open(const struct keys_options *o, struct keys_socket *out) MUST_CHECK;

#endif
