/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a connection may take, and how many there may be. */
#ifndef TOOLS_SERVE_NET_LIMITS_H
#define TOOLS_SERVE_NET_LIMITS_H

#include <stddef.h>

#define STEP_MS	  10000u  /* handshake, and each message but COMMIT (PROTOCOL.md section 1) */
#define COMMIT_MS 300000u /* between GRANT and COMMIT */
#define DRAIN_MS  5000u	  /* for commits, at the end */

struct server_limits {
	size_t connections; /* in all */
	size_t per_source;  /* from one IPv4 address or IPv6 /64 */
};

#endif
