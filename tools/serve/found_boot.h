/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What boot.json tells of this machine's own disk (early/contract/handoff.h). */
#ifndef TOOLS_SERVE_FOUND_BOOT_H
#define TOOLS_SERVE_FOUND_BOOT_H

#include "early/contract/messages.h"
#include "tools/lib/failure.h"

struct found_boot {
	uint8_t disk_id[DISK_ID_LEN];
	uint32_t key_version;
	uint64_t generation; /* as committed, at least 1 */
	uint8_t header_mac[HEADER_MAC_LEN];
};

/* Of a boot that `protostar init` has served; any other is refused. What fails has complained. */
struct failure found_boot_read(const char *handoff, struct found_boot *out) MUST_CHECK;

#endif
