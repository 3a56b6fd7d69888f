/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `protostar recover`: a node that is cut off from every service gets its disk's key from an
 * operator's bundle.
 */
#ifndef TOOLS_OPERATOR_RECOVER_H
#define TOOLS_OPERATOR_RECOVER_H

#include "tools/operator/bundle_file.h"
#include "tools/operator/process.h"

struct recover_request {
	struct operator_options common; /* first: its rows' struct */
	struct bundle_file_request file;
};

struct recover_result {
	struct dialled node;
	uint64_t uses_left;
};

/*
 * Opens the bundle, counts its use and runs the exchange. Nothing but the ledger beside the bundle
 * is written to. Writes *out when the node has committed.
 */
struct failure recover_node(const struct recover_request *r, const struct key_pair *key,
	struct recover_result *out) MUST_CHECK;

extern const struct command recover_command;

#endif
