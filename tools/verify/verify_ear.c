/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verify/verify_ear.h"

#include <stdio.h>

#include "crypto/secret.h"
#include "tools/evidence/ear/base64.h"
#include "tools/evidence/ear/key.h"
#include "tools/lib/file.h"
#include "tools/verify/judge_private.h"
#include "tools/verify/verify_print.h"

#define SECRETS_BYTES (1u << 16)

/* Values of AR4SI (draft-ietf-rats-ar4si section 2.3). */
enum {
	INSTANCE_KNOWN = 2,    /* the key is one that is trusted */
	INSTANCE_UNKNOWN = 97, /* nothing trusted says whose key it is */
	CONFIGURATION_APPROVED = 2,
	CONFIGURATION_UNJUDGED = 36, /* the policy lets pass that registers differ or say nothing */
	EXECUTABLES_BOOT = 3,	     /* what booted is approved; what ran later is not looked at */
	EXECUTABLES_UNKNOWN = 33,    /* something that booted is not in the policy */
	EXECUTABLES_REFUSED = 96,    /* known, and refused: revoked, not handed over, another log */
	HARDWARE_GENUINE = 2,	     /* of its maker, and current enough for the policy */
	HARDWARE_UNSAFE = 32,	     /* genuine, but not as the policy wants it */
	RUNTIME_ENCRYPTED = 2,	     /* the host does not see the machine's memory */
	EVIDENCE_INVALID = 99,	     /* none that holds */
};

struct failure ear_maker_open(const char *key_path, const char *policy_path, struct ear_maker *out)
{
	struct bytes name = {0};
	struct failure f;
	uint8_t digest[32];

	if (!file_sha256(policy_path, digest))
		return refuse("%s cannot be read for its name in the result", policy_path);
	if (failed(secret_pool_open(SECRETS_BYTES)))
		return refuse("no locked memory: raise RLIMIT_MEMLOCK above 64 KiB");
	f = ear_private_key(key_path, &out->key);
	secret_pool_close();
	base64url_add(&name, (struct span){digest, sizeof(digest)});
	snprintf(out->policy_id, sizeof(out->policy_id), "ni:///sha-256;%.*s", (int)name.len,
		(const char *)name.data);
	bytes_free(&name);
	return f;
}

void ear_maker_close(struct ear_maker *m)
{
	EVP_PKEY_free(m->key);
	m->key = NULL;
}

/* A TPM says nothing of the processor; a report does. */
static void fill_hardware(const struct verdict *v, int8_t vector[static EAR_CLAIMS])
{
	bool reported = v->kinds & (KIND(EVIDENCE_SNP) | KIND(EVIDENCE_TDX));

	if (!reported)
		return;
	if (v->judged & (KIND(EVIDENCE_SNP) | KIND(EVIDENCE_TDX))) {
		vector[EAR_HARDWARE] = HARDWARE_GENUINE;
		vector[EAR_RUNTIME_OPAQUE] = RUNTIME_ENCRYPTED;
	} else if (v->fault == FAULT_PLATFORM) {
		vector[EAR_HARDWARE] = HARDWARE_UNSAFE;
	}
}

/*
 * File system and storage are left at "nothing is said": the statement of a running system does not
 * prove them anew.
 */
static void fill_vector(const struct verdict *v, int8_t vector[static EAR_CLAIMS])
{
	if (!v->kinds) {
		vector[EAR_INSTANCE_IDENTITY] = EVIDENCE_INVALID;
		vector[EAR_EXECUTABLES] = EVIDENCE_INVALID;
		vector[EAR_CONFIGURATION] = EVIDENCE_INVALID;
		return;
	}
	vector[EAR_INSTANCE_IDENTITY] = v->key == KEY_UNKNOWN ? INSTANCE_UNKNOWN : INSTANCE_KNOWN;
	if (v->good) {
		vector[EAR_EXECUTABLES] = EXECUTABLES_BOOT;
		vector[EAR_CONFIGURATION] = v->warned || verdict_unsealed(v)
						    ? CONFIGURATION_UNJUDGED
						    : CONFIGURATION_APPROVED;
	} else if (v->key != KEY_UNKNOWN || v->fault != FAULT_NONE) {
		vector[EAR_EXECUTABLES] = v->fault == FAULT_MEASUREMENT ? EXECUTABLES_UNKNOWN
									: EXECUTABLES_REFUSED;
	}
	fill_hardware(v, vector);
}

struct failure verdict_ear(const struct verdict *v, const struct ear_maker *m, struct span nonce,
	int64_t now_s, struct bytes *out)
{
	struct bytes claims = {0};
	struct ear_result r = {.profile = m->profile,
		.developer = "protostar",
		.build = "protostar " PROTOSTAR_VERSION,
		.issued_s = now_s,
		.ends_s = now_s + VERIFY_EAR_LIFETIME_S,
		.nonce = nonce,
		.label = "node",
		.status = v->good ? EAR_AFFIRMING : EAR_CONTRAINDICATED,
		.policy_id = m->policy_id};
	struct failure f;

	fill_vector(v, r.vector);
	verdict_json(v, &claims);
	r.claims = (struct span){claims.data, claims.len};
	f = ear_sign(&r, m->key, out);
	bytes_free(&claims);
	if (!f.happened)
		bytes_add_text(out, "\n");
	return f;
}
