/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event log parser: a node sends up to 128 KiB of this to the join service, and a person gives
 * the measurement tool logs from anywhere, confidential VMs' too.
 */
#include "tools/lib/ccel.h"
#include "tools/lib/event_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every event lies where it says, one behind the other, within the log. */
static void walk(struct event_log *log)
{
	struct event e;
	size_t end = log->pos;

	while (event_log_next(log, &e) == EVENT_LOG_EVENT) {
		if (e.offset != end || log->pos <= end || log->pos > log->len ||
			e.data + e.data_len != log->bytes + log->pos)
			__builtin_trap();
		end = log->pos;
	}
	if (log->flaw.reason && log->flaw.offset > log->len)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_replay replay;
	struct event_cc_replay cc;
	struct event_log log;
	struct ccel_table table;
	struct flaw flaw;
	const char *problem;

	if (event_log_replay(data, size, DIGEST_SHA256, &replay, &problem) &&
		replay.digest_len != 32)
		__builtin_trap();
	if (event_log_replay(data, size, DIGEST_SHA384, &replay, &problem) &&
		replay.digest_len != 48)
		__builtin_trap();
	if (event_log_open_cc(&log, data, size) && event_log_replay_cc(&log, &cc) &&
		cc.extended >> EVENT_LOG_RTMRS)
		__builtin_trap();
	if (event_log_open(&log, data, size)) {
		if (log.older && event_log_replay(data, size, DIGEST_SHA256, &replay, &problem))
			__builtin_trap(); /* the older form has SHA-1 alone */
		walk(&log);
	}
	if (event_log_replay(data, size, DIGEST_SHA1, &replay, &problem) && replay.digest_len != 20)
		__builtin_trap();
	if (event_log_open_cc(&log, data, size))
		walk(&log);
	if (!ccel_table_read(data, size, &table, &flaw) && (!flaw.reason || flaw.offset > size))
		__builtin_trap();
	return 0;
}
