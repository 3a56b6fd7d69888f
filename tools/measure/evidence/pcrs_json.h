/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCR values as JSON. */
#ifndef TOOLS_MEASURE_EVIDENCE_PCRS_JSON_H
#define TOOLS_MEASURE_EVIDENCE_PCRS_JSON_H

#include "tools/measure/output/output.h"

/*
 * Reads {"sha256":{"4":"hex",...},...}, a measurements file (tools/measure/output), or rows as
 * systemd-analyze pcrs --json has them. Complains; name is for that.
 */
bool evidence_pcrs_json(
	const char *name, const uint8_t *text, size_t len, struct register_values *values);

#endif
