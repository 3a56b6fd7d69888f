/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The open file of the audit record: what opening, appending and rotating it share. Private. */
#ifndef TOOLS_SERVE_AUDIT_AUDIT_PRIVATE_H
#define TOOLS_SERVE_AUDIT_AUDIT_PRIVATE_H

#include <sys/types.h>
#include "tools/serve/audit/audit.h"

struct audit {
	int fd;
	char *path;
	const char *broken; /* why nothing can be appended any more; NULL: it can */
	struct audit_position last;
	bool unsynced; /* lines were appended since the last sync */
};

/* False, with the reason, when the file is no longer what was written. */
struct failure audit_file_intact(struct audit *a) MUST_CHECK;
/* Everything appended is on disk. */
struct failure audit_file_sync(struct audit *a) MUST_CHECK;
/* Appends the line that begins a file which goes on from a->last, and makes file and name durable.
 */
struct failure audit_file_continue(struct audit *a, bool missing) MUST_CHECK;
/* A file that was created or renamed keeps its name. */
struct failure audit_file_sync_folder(struct audit *a) MUST_CHECK;

#endif
