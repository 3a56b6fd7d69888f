/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters of what was decided, for monitoring: a file in Prometheus' text format, as the textfile
 * collector of its node exporter reads it. It is written anew, whole or not at all, at most once a
 * second: what strangers cause costs numbers, and no space.
 *
 *   metrics_open(), then metrics_count() as things happen; metrics_write() when metrics_due() says,
 *   and metrics_close() at the end. Whoever writes fills in `state` first.
 */
#ifndef TOOLS_SERVE_LOG_METRICS_H
#define TOOLS_SERVE_LOG_METRICS_H

#include <limits.h>

#include "tools/lib/failure.h"
#include "tools/serve/log/log.h"

#define METRICS_MS	 1000u
#define METRICS_DENY_MIN 600u
#define METRICS_DENIALS	 50u /* codes from 600 on */

enum metric { METRIC_GRANT, METRIC_COMMIT, METRIC_ALARM, METRIC_ABORT, METRIC_ROTATION, METRICS };

#define METRICS_VERSIONS 64u

/* How things stand, as counted in the store. */
struct metrics_state {
	bool known;
	uint64_t revocations;
	size_t version_count;
	struct {
		uint32_t version; /* of the key-encryption key */
		uint64_t disks;
	} versions[METRICS_VERSIONS];
};

/* All zero: nobody wants a file. */
struct metrics {
	char path[PATH_MAX]; /* empty: none */
	uint64_t counts[METRICS];
	uint64_t denials[METRICS_DENIALS];
	struct metrics_state state;
	uint64_t state_ms; /* when it was counted */
	uint64_t due_ms;   /* when what has changed is to be written; 0: nothing has */
	bool failing;	   /* the last time it could not be, and the log has said so */
};

/* Writes the first file, of zeros; refuses when that cannot be done. */
struct failure metrics_open(struct metrics *m, const char *path) MUST_CHECK;
/* One more since the service started. */
void metrics_count(struct metrics *m, enum metric what);
void metrics_count_denial(struct metrics *m, uint16_t code);
/* When metrics_write() is to be called next, in now_ms() time; UINT64_MAX: not yet. */
uint64_t metrics_due(const struct metrics *m);
/* Writes what has changed, if that is due; the log says when that begins to fail. */
void metrics_write(struct metrics *m, struct log *log);
/* Writes what has changed, due or not. */
void metrics_close(struct metrics *m, struct log *log);

#endif
