/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may be a node: policy's member "identity". A policy without it is refused, and there is no
 * default. All rules that it names must hold.
 */
#ifndef TOOLS_POLICY_POLICY_RULES_H
#define TOOLS_POLICY_POLICY_RULES_H

#include "tools/evidence/tpm/ek_certificate.h"
#include "tools/evidence/tpm/firmware.h"

#define POLICY_PENDING_MAX	  4096u
#define POLICY_PENDING_DEFAULT	  64u
#define POLICY_FIRMWARE_RULES_MAX 64u

struct policy;

/* Names of files, owned: policy_files.h. */
struct policy_files {
	char **names;
	size_t count;
};

/* Bits of struct policy_identity's rules, by their names in a policy. */
enum identity_rule {
	IDENTITY_EK_CERTIFICATE = 1u << 0, /* the TPM's maker certified its endorsement key */
	IDENTITY_AK_CERTIFICATE = 1u << 1, /* a cloud certified the attestation key */
	IDENTITY_LISTED = 1u << 2,	   /* an operator enrolled the node beforehand */
	IDENTITY_APPROVAL = 1u << 3,	   /* an operator approves each newcomer */
	IDENTITY_TEE = 1u << 4,		   /* the set's report of a processor */
	IDENTITY_FIRST_USE = 1u << 5,	   /* none: whoever comes first */
};

/* "ek_certificate" and "ak_certificate": the files by name, then what they hold. */
struct policy_certificates {
	struct policy_files roots, intermediates, crls;
	struct ek_trust trust;
};

struct policy_identity {
	unsigned rules; /* enum identity_rule */
	struct policy_certificates ek, ak;
	uint32_t max_pending; /* newcomers who may wait for approval at once */
};

/* "evidence"."tpm": which makers' firmware is taken. */
struct policy_tpm {
	struct tpm_firmware_range allowed[POLICY_FIRMWARE_RULES_MAX];
	size_t allowed_count;
	struct tpm_firmware_range denied[POLICY_FIRMWARE_RULES_MAX];
	size_t denied_count;
};

/* Reads the certificates' files; `folder` is the policy's. */
struct failure policy_load_identity(
	struct policy_identity *identity, const char *folder) MUST_CHECK;
void policy_free_identity(struct policy_identity *identity);

/* The rules as tpm_firmware_check() takes them; they borrow from t. */
struct tpm_firmware_rules policy_tpm_rules(const struct policy_tpm *t) MUST_CHECK;

#endif
