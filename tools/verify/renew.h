/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A newer certificate for a node that was found good (PROTOCOL.md section 12.3). A running node
 * gets no more than a join would give it now: policy and the service's store are asked again.
 */
#ifndef TOOLS_VERIFY_RENEW_H
#define TOOLS_VERIFY_RENEW_H

#include "tools/verify/verdict.h"

/*
 * folder: the join service's state, also while it serves. statement: the one that the verdict is
 * of; its certificate is renewed and sent to the node at fd. Needs the pool of secrets and random
 * bytes. Fails, and sends nothing, when the verdict does not rest on that certificate, when the
 * set's epoch is another one than at the join, and when the store does not know the node any more,
 * or policy and operators would not let it join.
 */
struct failure renew_node(const char *folder, const struct policy *policy,
	const struct verdict *verdict, struct span statement, int fd) MUST_CHECK;

#endif
