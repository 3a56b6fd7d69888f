/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificates of a node's AK, one behind the other in DER: the node's, then that of the CA that
 * made it. PID 1 leaves the first ones; a renewal takes their place when it is of the same key and
 * by the same CA, and ends later. So nobody else on the network can change what the node shows.
 */
#ifndef TOOLS_ATTEST_RENEWAL_H
#define TOOLS_ATTEST_RENEWAL_H

#include "early/contract/wire.h"
#include "tools/lib/failure.h"

/*
 * Checks `certificates` against those in the file at path and puts them in their place, whole or
 * not at all. ak_pub: TPMT_PUBLIC of the AK.
 */
struct failure renewal_store(
	const char *path, struct span ak_pub, struct span certificates) MUST_CHECK;

#endif
