/* The event log parser: a node sends up to 48 KiB of this to the join service. */
#include "tools/lib/event_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_replay replay;
	const char *problem;

	if (event_log_replay(data, size, DIGEST_SHA256, &replay, &problem) &&
		replay.digest_len != 32)
		__builtin_trap();
	if (event_log_replay(data, size, DIGEST_SHA384, &replay, &problem) &&
		replay.digest_len != 48)
		__builtin_trap();
	return 0;
}
