/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compares what a machine measured with a predicted boot, register by register, and names the cause
 * of each difference.
 *
 * The value of a register is the machine's PCR when there are PCR values, else what the log leads
 * to. Registers that the prediction does not know are unknown and decide nothing, unless they were
 * asked for. When the machine gives no value of a predicted register, the register counts as
 * different: otherwise a machine could hide a difference by leaving it out. A log is compared with
 * the PCR values too. One that does not lead to them proves nothing: its differences are then the
 * log's, not the machine's.
 *
 * A cause is proved when a digest shows it: the digest is that of what the cause says was measured.
 * Otherwise it is likely at best. Event texts are shown as proved when their hash is the digest and
 * as claimed when it is not.
 *
 * Order: a struct check_request; check_run(); read the result; check_free(). The request, the
 * evidence and the boots must outlive the result.
 */
#ifndef TOOLS_MEASURE_CHECK_CHECK_H
#define TOOLS_MEASURE_CHECK_CHECK_H

#include "tools/measure/cause/comparison.h"

/* Complains and returns false when the two sides cannot be compared: no bank in common. */
bool check_run(const struct check_request *request, struct check *check);
void check_free(struct check *check);

/* "PCR 4", "RTMR 0"; the text lives until the next call but three. */
const char *check_register_name(const struct check *check, unsigned reg);

#endif
