/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP to a node that listens, now or soon: it does so only when no service has answered it. */
#ifndef TOOLS_OPERATOR_DIAL_H
#define TOOLS_OPERATOR_DIAL_H

#include <netinet/in.h>
#include <stdint.h>

#include "tools/lib/failure.h"

/*
 * Tries again each second until now_ms() is until_ms; once at least. The socket is the caller's to
 * close. A failure names the address, and what the last try came to.
 */
struct failure dial(const struct sockaddr_in6 *to, uint64_t until_ms, int *out_socket) MUST_CHECK;

#endif
