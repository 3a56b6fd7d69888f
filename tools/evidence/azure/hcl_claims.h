/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The claims of Azure's paravisor: JSON, as the hardware report commits to it. */
#ifndef TOOLS_EVIDENCE_AZURE_HCL_CLAIMS_H
#define TOOLS_EVIDENCE_AZURE_HCL_CLAIMS_H

#include "tools/evidence/azure/hcl_report.h"
#include "tools/lib/failure.h"

#define HCL_CLAIMS_MAX 4096u

/* Fills in what the claims say: key, user data, configuration. Nothing else of *out changes. */
struct failure hcl_claims_parse(struct span text, struct hcl_report *out) MUST_CHECK;

#endif
