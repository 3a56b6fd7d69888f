/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of check_run(), in the order in which it calls them. Each adds to the check what it
 * finds; the check's owner frees it.
 */
#ifndef TOOLS_MEASURE_CHECK_CHECK_PRIVATE_H
#define TOOLS_MEASURE_CHECK_CHECK_PRIVATE_H

#include "tools/measure/check/check.h"

#define DIVERGENCES_MAX 512u /* what is beyond is lumped together */

struct gap;

/* check_align.c: the register of a predicted event; BOOT_PCRS when it is in none of the evidence.
 */
unsigned check_register_of(const struct check *check, const struct boot_event *event);
/* PID 1 and systemd extend after the firmware's log has ended. */
bool check_logged_by_firmware(const struct boot_event *event);
/* Lines up a register's events with those of a boot. check_align_free() is due. */
void check_align(const struct check *check, const struct boot *boot, unsigned reg,
	struct alignment *alignment);
void check_align_free(struct alignment *alignment);

/* check_binding.c: whether a log leads to the PCR values beside it. */
void check_binding(struct check *check);
/* check_gaps.c: what differs between two logs, and why. */
void check_gaps(struct check *check);
/* The same of one gap, whose events need not be in a alignment's log order. when: order in time. */
void check_gap(struct check *check, const struct gap *gap, size_t when, bool counts);
/* check_value.c: the same where one side has values alone. */
void check_values(struct check *check);

/* Takes the divergence, and its evidence text with it. */
void check_add(struct check *check, const struct divergence *divergence);

#endif
