/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of SEV-SNP evidence share: policies out of text, files, trust in a test's chain.
 */
#ifndef TESTS_UNIT_EVIDENCE_SNP_RIG_H
#define TESTS_UNIT_EVIDENCE_SNP_RIG_H

#include "tests/interop/evidence/snp_pki.h"
#include "tools/evidence/snp/judge.h"

/* Reads the JSON of a set's member "snp"; free() what comes. */
struct failure rig_expected(const char *json, struct snp_expected **out);
/* Reads the JSON of "evidence"."snp" and its files in folder; rig_trust_free() what comes. */
struct failure rig_trust(const char *json, const char *folder, struct snp_trust **out);
void rig_trust_free(struct snp_trust *t);

/*
 * Writes ark.pem, ask.pem and vek.pem of a chain into folder and trusts all three, any chip, and
 * the chain's product line; no revocation list.
 */
struct failure rig_trust_chain(const struct snp_pki *p, const char *folder, struct snp_trust **out);

/* Reads folder/name; aborts when it is missing or longer than cap. */
struct span rig_file(const char *folder, const char *name, uint8_t *buffer, size_t cap);

#endif
