/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What makes a node the service: its join material at `protostar init`. */
#ifndef TOOLS_OPERATOR_SERVICE_MATERIAL_H
#define TOOLS_OPERATOR_SERVICE_MATERIAL_H

#include "tools/serve/join/exchange_data.h"

/*
 * A service bundle, not sealed: keys and KEKs of the state folder, the policy with its files,
 * enrolments and tickets, and the record of the node that x grants its disk to, as it is once the
 * node has committed, but for what boot.json will say: generation, MAC and version of the disk.
 * The exchange releases *out.
 */
struct failure service_material(const struct service *s, const struct exchange *x,
	const char *state, const char *kek, const char *policy, struct secret *out) MUST_CHECK;

#endif
