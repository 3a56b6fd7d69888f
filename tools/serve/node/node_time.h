/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as `protostar node` shows them; private to this room. */
#ifndef TOOLS_SERVE_NODE_NODE_TIME_H
#define TOOLS_SERVE_NODE_NODE_TIME_H

#include <stdint.h>

#define NODE_TIME_LEN 32u

/* "2026-01-31T12:00:00Z", or "never" of 0. */
void node_time(uint64_t seconds, char out[NODE_TIME_LEN]);

#endif
