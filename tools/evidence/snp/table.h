/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of certificates that a host hands to its guest beside a report (auxblob of
 * configfs-tsm; AMD GHCB 2.0, "SNP Extended Guest Request"): entries of GUID, offset and length,
 * ended by a zero entry, then the certificates. The host fills it: what is in it is a hint of where
 * a path may go, and never an anchor. A root in it is not even looked at.
 */
#ifndef TOOLS_EVIDENCE_SNP_TABLE_H
#define TOOLS_EVIDENCE_SNP_TABLE_H

#include "early/contract/wire.h"
#include "tools/lib/failure.h"

#define SNP_TABLE_MAX 32768u

struct snp_table {
	struct span vcek, vlek; /* DER, borrowed from the table; empty: none */
	struct span ask;	/* of the VCEK or the VLEK */
};

/* Reads a table of up to SNP_TABLE_MAX bytes; an empty one has nothing in it. */
struct failure snp_table_parse(struct span bytes, struct snp_table *out) MUST_CHECK;

#endif
