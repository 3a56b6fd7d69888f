/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How things stand in the store, for monitoring. */
#ifndef TOOLS_SERVE_JOIN_STANDING_H
#define TOOLS_SERVE_JOIN_STANDING_H

#include "tools/serve/join/service.h"

#define STANDING_MS 10000u /* counting goes through all disks: no more often than this */

/*
 * Counts revocations, and disks by key version, for the metrics file when that is about to be
 * written. `now`: also when it was counted a moment ago. What cannot be read stays as it was.
 */
void standing_count(struct service *s, bool now);

#endif
