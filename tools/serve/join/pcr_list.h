/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "4,7,11": the PCRs of a mask, for people. */
#ifndef TOOLS_SERVE_JOIN_PCR_LIST_H
#define TOOLS_SERVE_JOIN_PCR_LIST_H

#include <stdint.h>
#include "tools/policy/policy.h"

#define PCR_LIST_SIZE (POLICY_PCRS * 3 + 1)

/* Bit n of the mask is PCR n; "" for none. */
void pcr_list(uint32_t mask, char out[PCR_LIST_SIZE]);

#endif
