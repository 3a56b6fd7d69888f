/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of TDX quotes share: policies' words out of literals, and files. */
#ifndef TESTS_UNIT_EVIDENCE_TDX_RIG_H
#define TESTS_UNIT_EVIDENCE_TDX_RIG_H

#include "tools/evidence/azure/hcl.h"
#include "tools/evidence/tdx/judge.h"

/* A set's "tdx"; free() it. */
struct failure tdx_rig_expected(const char *json, struct tdx_expected **out) MUST_CHECK;
/* A set's "azure"; hcl_expected_free() and free() it. */
struct failure tdx_rig_azure(const char *json, struct hcl_expected **out) MUST_CHECK;
/* "evidence"."tdx", with its files loaded. */
struct failure tdx_rig_trust(
	const char *json, const char *folder, struct tdx_trust **out) MUST_CHECK;
void tdx_rig_trust_free(struct tdx_trust *t);

/* The whole file in the folder; free() its data. It aborts when there is none. */
struct span tdx_rig_file(const char *folder, const char *name);
void tdx_rig_file_free(struct span file);

#endif
