/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interpreter of a stage table: runs each stage once, in order, and says how long it took.
 */
#ifndef EARLY_STAGES_H
#define EARLY_STAGES_H

#include <stddef.h>
#include "efi/base/status.h"

struct boot;

struct stage {
	const char *name; /* one lower-case word: the `phase=` of its failures */
	struct status (*run)(struct boot *b);
};

/* Stops at the first stage that fails and returns its status. */
struct status stages_run(const struct stage *table, size_t count, struct boot *b) MUST_CHECK;
/* The stage that runs or ran last; "start" before the first. Safe in a signal handler. */
const char *stage_name(void);

#endif
