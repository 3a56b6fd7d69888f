/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node becomes the service. The first of a cluster: its state folder is made from what `protostar
 * init` has put into the node's join material (a service bundle, not sealed) and from boot.json,
 * where PID 1 says what it committed for its own disk (early/contract/handoff.h). A standby: from a
 * service bundle's file, sealed with a passphrase; its own disk is on record in it.
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

/* Names of files. One of handoff and bundle is given. */
struct found_source {
	const char *handoff;	/* PID 1's folder, /run/protostar */
	const char *bundle;	/* what `protostar node export --service` wrote */
	const char *passphrase; /* opens the bundle */
	const char *kek;	/* where the operator says that the KEKs are, or NULL; needed where
				 * they are in a token */
};

/* Needs secret_pool_open() and random_open(). *out_made: there was none before. */
struct failure found_state(
	const struct found_source *from, const char *state, bool *out_made) MUST_CHECK;

#endif
