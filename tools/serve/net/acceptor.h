/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accepting: new connections, and who gives way to them. */
#ifndef TOOLS_SERVE_NET_ACCEPTOR_H
#define TOOLS_SERVE_NET_ACCEPTOR_H

#include "tools/serve/net/loop.h"

/* Takes new connections, as many as are there, but leaves the others their turn. */
void acceptor_run(struct server *s);

#endif
