/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statements in files: as they are, and wrapped as others carry evidence (CMW, RFC 9999). */
#ifndef TOOLS_VERIFY_VERIFY_CMW_H
#define TOOLS_VERIFY_VERIFY_CMW_H

#include "early/contract/wire.h"
#include "tools/lib/bytes.h"

#define STATEMENT_MEDIA_TYPE "application/vnd.protostar.statement"

/*
 * Appends the statement that the file has, or that a CMW record in JSON in it has. Complains. What
 * it appends is hostile still.
 */
bool statement_read(const char *path, struct bytes *out);
/* Writes it as a CMW record in JSON. Complains. */
bool statement_write_cmw(const char *path, struct span statement);

#endif
