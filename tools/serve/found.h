/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first node of a cluster becomes its service: the state folder is made from what `protostar
 * init` has put into the node's join material (a service bundle, not sealed) and from boot.json,
 * where PID 1 says what it committed for its own disk (early/contract/handoff.h).
 *
 * The folder is made whole beside its place and then renamed, so that there is all of it or
 * nothing, whenever the power goes. What is there already is never changed: a folder with a store
 * in it is the service's from an earlier boot, and nothing is done.
 */
#ifndef TOOLS_SERVE_FOUND_H
#define TOOLS_SERVE_FOUND_H

#include <stdbool.h>
#include "tools/lib/failure.h"

/* In the state folder: the policy that came with the join material, and its files beside it. */
#define FOUND_POLICY "policy/policy.json"

/*
 * handoff: PID 1's folder, /run/protostar. Needs secret_pool_open(). *out_made: there was none
 * before. kek: where the operator says that the KEKs are, or NULL; needed where they are in a
 * token.
 */
struct failure found_state(
	const char *handoff, const char *state, const char *kek, bool *out_made) MUST_CHECK;

#endif
