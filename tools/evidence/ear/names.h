/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two spellings of an attestation result's claims; private to this room. */
#ifndef TOOLS_EVIDENCE_EAR_NAMES_H
#define TOOLS_EVIDENCE_EAR_NAMES_H

#include "tools/evidence/ear/ear.h"

struct ear_names {
	const char *profile, *verifier_id, *status, *vector, *policies;
	const char *policy_claims, *key_attestation; /* Veraison's own, in both spellings */
	bool one_policy;			     /* a text in place of a list */
};

extern const struct ear_names ear_spellings[2]; /* by enum ear_profile */
extern const char *const ear_status_names[4];	/* by enum ear_status */
extern const char *const ear_claim_names[EAR_CLAIMS];

#endif
