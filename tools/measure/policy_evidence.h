/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of `measure policy` that say what a node must show, and what that is held to. */
#ifndef TOOLS_MEASURE_POLICY_EVIDENCE_H
#define TOOLS_MEASURE_POLICY_EVIDENCE_H

#include "tools/lib/command.h"
#include "tools/measure/output/policy_write.h"

/* Into a struct policy_options, whose evidence json_object_put() releases. */
extern const struct option_row policy_evidence_rows[];

/*
 * Whether these options, once all are read, are about kinds that a node must show, and do not
 * contradict each other. Complains, else.
 */
bool policy_evidence_fits(const struct policy_options *options);

/*
 * Whether the join service would take a finished policy; no file that it names is opened. Complains
 * with the service's own sentence.
 */
bool policy_would_be_taken(const struct bytes *text);

#endif
