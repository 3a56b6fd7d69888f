/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attestation results (EAR, draft-ietf-rats-ear): what a verifier says of a node, as claims that
 * are signed as a JWT. Made here, and checked as a relying party does.
 *
 * Two spellings are in use. EAR_IETF is that of the draft: names with underscores, a list of
 * policies. EAR_VERAISON is what Veraison and its libraries read: names with points, one policy.
 * A reader takes the one that it was told and refuses the other; results of before there were
 * profiles have none, and are refused.
 *
 * A status is never better than the worst claim of its vector: the writer sees to it, and the
 * reader refuses a result that breaks it.
 */
#ifndef TOOLS_EVIDENCE_EAR_EAR_H
#define TOOLS_EVIDENCE_EAR_EAR_H

#include <openssl/evp.h>

#include "early/contract/wire.h"
#include "tools/lib/bytes.h"
#include "tools/lib/failure.h"

#define EAR_NONCE_MIN	8u /* bytes; RFC 9711 section 4.1 */
#define EAR_NONCE_MAX	64u
#define EAR_SUBMODS_MAX 16u
#define EAR_CLOCK_SKEW	60 /* seconds that another machine's clock may be ahead */

enum ear_profile { EAR_IETF, EAR_VERAISON };

/* Ordered: a later one is worse, but EAR_NONE says nothing at all. */
enum ear_status { EAR_NONE, EAR_AFFIRMING, EAR_WARNING, EAR_CONTRAINDICATED };

/* The vector's members (draft-ietf-rats-ar4si); values -128 to 127, 0: nothing is said. */
enum ear_claim {
	EAR_INSTANCE_IDENTITY,
	EAR_CONFIGURATION,
	EAR_EXECUTABLES,
	EAR_FILE_SYSTEM,
	EAR_HARDWARE,
	EAR_RUNTIME_OPAQUE,
	EAR_STORAGE_OPAQUE,
	EAR_SOURCED_DATA,
	EAR_CLAIMS,
};

/* What is said about one thing. Texts and bytes are borrowed. */
struct ear_result {
	enum ear_profile profile;
	const char *developer, *build; /* of the verifier */
	int64_t issued_s, ends_s;      /* seconds since 1970; ends_s 0: it does not end */
	struct span nonce;	       /* that the evidence was about; empty: none */
	const char *label;	       /* of the submodule: what was judged */
	enum ear_status status;	       /* becomes worse when a claim of the vector is worse */
	int8_t vector[EAR_CLAIMS];
	const char *policy_id; /* NULL: none */
	struct span claims; /* JSON object of further claims, in the verifier's words; or empty */
};

/* The status that a claim's value stands for. */
enum ear_status ear_tier(int8_t value);

/* Appends the claims as JSON. A failure: a text is not UTF-8, a nonce has not its length. */
struct failure ear_claims(const struct ear_result *r, struct bytes *out) MUST_CHECK;
/* The same as a token signed by a P-256 private key (jwt.h). */
struct failure ear_sign(const struct ear_result *r, EVP_PKEY *key, struct bytes *out) MUST_CHECK;

/* What a result has to be. */
struct ear_wanted {
	enum ear_profile profile;
	int64_t now_s;
	struct span nonce; /* empty: a result about any nonce or none; "exp" and "iat" bound it */
};

/* What was read. */
struct ear_seen {
	int64_t issued_s, ends_s; /* ends_s 0: it does not end */
	enum ear_status status; /* the worst of all submodules; EAR_NONE is worse than affirming */
	size_t submods;		/* at least 1 */
};

/*
 * Judges claims that somebody else has authenticated: mandatory claims, types, times, nonce,
 * statuses. Nothing may be said twice. A status that is not affirming is no failure: the caller
 * looks at it.
 */
struct failure ear_claims_check(
	struct span json, const struct ear_wanted *wanted, struct ear_seen *out) MUST_CHECK;
/* The same of a token, by the P-256 public key that configuration names (jwt.h). */
struct failure ear_check(struct span token, EVP_PKEY *key, const struct ear_wanted *wanted,
	struct ear_seen *out) MUST_CHECK;

#endif
