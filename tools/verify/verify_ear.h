/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A verdict as an attestation result that others read (EAR as a JWT). */
#ifndef TOOLS_VERIFY_VERIFY_EAR_H
#define TOOLS_VERIFY_VERIFY_EAR_H

#include "tools/evidence/ear/ear.h"
#include "tools/verify/verdict.h"

#define VERIFY_EAR_LIFETIME_S 300 /* seconds that a result holds */

/* What signs results, and by which policy they are; zero it, close it at the end. */
struct ear_maker {
	EVP_PKEY *key; /* NULL: no results are made */
	enum ear_profile profile;
	char policy_id[80]; /* the policy file by its SHA-256, as a name of RFC 6920 */
};

/* Reads the private key (P-256, PEM or DER) and names the policy by its file. */
struct failure ear_maker_open(
	const char *key_path, const char *policy_path, struct ear_maker *out) MUST_CHECK;
void ear_maker_close(struct ear_maker *m);

/*
 * Appends the result of a verdict, good or refused, on a statement about this nonce, and a line's
 * end. now_s: seconds since 1970.
 */
struct failure verdict_ear(const struct verdict *v, const struct ear_maker *m, struct span nonce,
	int64_t now_s, struct bytes *out) MUST_CHECK;

#endif
