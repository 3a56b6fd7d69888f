/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy: which measured states may join, in which role, and which nodes, disks and sets may
 * not. README.md beside this file specifies the JSON; policy_parse() refuses what it does not know,
 * so that a misspelt key never weakens a policy unnoticed.
 *
 * A policy owns its memory and its join material; policy_free() releases both.
 */
#ifndef TOOLS_POLICY_POLICY_H
#define TOOLS_POLICY_POLICY_H

#include "crypto/secret.h"
#include "crypto/digest.h"
#include "tools/evidence/tpm/public.h"
#include "early/contract/messages.h"
#include "tools/policy/policy_rules.h"
#include "tools/policy/policy_path.h"
#include "tools/lib/failure.h"

#define POLICY_FILE_MAX	    (1u << 20)
#define POLICY_SETS_MAX	    64u
#define POLICY_NAME_MAX	    64u	  /* characters of a tenant, set or role */
#define POLICY_REVOKED_MAX  4096u /* of each kind */
#define POLICY_PCRS	    24u
#define POLICY_DIGEST_MAX   48u
#define POLICY_ACCEPTED_MAX 1024u

/* The registers that firmware and its settings fill before the image runs: always quoted. */
#define POLICY_FIRMWARE_PCRS (1u << 0 | 1u << 1 | 1u << 2 | 1u << 3 | 1u << 7)

/*
 * A set without one of these lets in code of the host's, or a machine whose PCR 15 is capped
 * already: drivers and option ROMs (2, 3), applications (4), the image (11), what came from beside
 * it (12), and the cap (15), which must be zero.
 */
#define POLICY_REQUIRED_PCRS (1u << 2 | 1u << 3 | 1u << 4 | 1u << 11 | 1u << 12 | 1u << 15)

struct snp_expected;
struct snp_trust;
struct tdx_expected;
struct tdx_trust;
struct hcl_expected;

/*
 * What a returning node is known by. Nothing falls back to nothing: when a node's evidence does not
 * bring what its set says, the node is refused.
 */
enum policy_recognise {
	RECOGNISE_NOTHING,   /* a set that has not said it: refused when it is read */
	RECOGNISE_EK,	     /* the endorsement key of its TPM */
	RECOGNISE_AK,	     /* its attestation key, which somebody certified */
	RECOGNISE_CHIP,	     /* the processor: SEV-SNP's CHIP_ID */
	RECOGNISE_HOST_DATA, /* what its owner had the host put into SEV-SNP's HOST_DATA */
	RECOGNISE_CONFIG_ID, /* the same of TDX: MRCONFIGID */
	RECOGNISE_TICKET,    /* an operator's word for its disk, for each time */
	RECOGNISE_SET,	     /* being of this family of sets and this role: no machine at all */
};

struct policy_set {
	char name[POLICY_NAME_MAX + 1];
	char role[POLICY_NAME_MAX + 1]; /* may be empty */
	uint32_t epoch;			/* a node never goes back to a lower one */
	bool revoked;
	uint32_t enforced, warned; /* bit n: PCR n is compared; a bit is in one of them at most */
	uint32_t allow_missing;	   /* of POLICY_REQUIRED_PCRS, those that this set may leave out */
	uint32_t kinds; /* bit (evidence_type - 1): evidence that it demands, all of it */
	enum policy_recognise recognise;
	char family[POLICY_NAME_MAX + 1]; /* of RECOGNISE_SET; else its name */
	bool listed_only; /* for nodes alone that an operator enrolled or approved */
	bool no_seal;	  /* "accept_risk": a running root may join again */
	/* What it expects of reports, owned; with azure snp and tdx are of the report within. */
	struct snp_expected *snp, *svsm;
	struct tdx_expected *tdx;
	struct hcl_expected *azure;
	uint8_t expected[POLICY_PCRS][POLICY_DIGEST_MAX];
};

/* A value that a node's register may change to. */
struct policy_accepted {
	unsigned pcr;
	uint8_t value[POLICY_DIGEST_MAX];
};

struct policy {
	uint32_t epoch; /* what nodes are told; the highest of the sets' unless given */
	char tenant[POLICY_NAME_MAX + 1];
	uint16_t bank; /* TPM_ALG_ID */
	size_t digest_len;
	uint32_t pcr_mask; /* what nodes quote: every PCR that a set names, and the firmware's */
	uint32_t allow_missing; /* of the file as a whole: for each of its sets */
	/* Of the firmware's registers: those that may change, and values that may come. */
	uint32_t may_change;
	struct policy_accepted *accepted;
	size_t accepted_count;
	struct policy_set sets[POLICY_SETS_MAX];
	size_t set_count;
	uint8_t (*revoked_nodes)[TPM_NAME_LEN]; /* EK names */
	size_t revoked_node_count;
	uint8_t (*revoked_disks)[DISK_ID_LEN];
	size_t revoked_disk_count;
	struct policy_identity identity;
	struct policy_tpm tpm;	  /* "evidence"."tpm" */
	struct snp_trust *snp;	  /* "evidence"."snp", owned; NULL: none */
	struct tdx_trust *tdx;	  /* "evidence"."tdx", owned; NULL: none */
	uint32_t kinds;		  /* of all sets */
	uint64_t max_nodes;	  /* UINT64_MAX without a limit */
	bool pin_ak;		  /* a known node with a new attestation key is refused */
	bool classical_wrap;	  /* a node whose wrapping key has no ML-KEM half is served too */
	char *join_material_file; /* NULL: none */
	struct secret join_material;
	struct policy_path *path; /* where its reader is; NULL once it is read */
};

/*
 * Parses len bytes of JSON; no other file is opened: join_material and what certificates are of
 * stay empty. A failure names line and member.
 */
struct failure policy_parse(const char *text, size_t len, struct policy **out) MUST_CHECK;
/* Reads and parses a file, and reads the files that it names; relative ones are in its folder. */
struct failure policy_load(const char *path, struct policy **out) MUST_CHECK;
void policy_free(struct policy *p);

/*
 * Calls `each` for every file that the policy names, by the name that it has there; `secret`: it is
 * the join material's. A failure of each's ends it, and is returned.
 */
struct failure policy_each_file(const struct policy *p,
	struct failure (*each)(void *context, const char *name, bool secret),
	void *context) MUST_CHECK;

bool policy_node_revoked(const struct policy *p, const uint8_t node_id[TPM_NAME_LEN]);
bool policy_disk_revoked(const struct policy *p, const uint8_t disk_id[DISK_ID_LEN]);

/* True when "accepted" names this value (digest_len bytes) of the PCR. */
bool policy_accepts(const struct policy *p, unsigned pcr, const uint8_t *value);

/* Of two sets that take a node: one that is not revoked comes first, then the higher epoch. */
bool policy_set_better(const struct policy_set *a, const struct policy_set *b);

struct policy_match {
	const struct policy_set *set; /* that matched; else the nearest; NULL: none could */
	bool matched;
	uint32_t differing; /* enforced PCRs of the nearest set that differ; 0 after a match */
	uint32_t warned;    /* warn-only PCRs of `set` that differ */
};

/* One set's PCRs with quoted values, as below. A set without measurements matches any. */
struct policy_match policy_compare(
	const struct policy *p, const struct policy_set *set, const uint8_t *pcr_values);

/*
 * Compares quoted values (the PCRs of pcr_mask, ascending, digest_len bytes each). Of several sets
 * that match, one that is not revoked wins, then the highest epoch, then the first. Sets without
 * measurements are passed over, and one that demands more than a TPM's quote is never matched by
 * registers alone: where there is no other, `set` is NULL. `set` borrows from p.
 */
struct policy_match policy_match(const struct policy *p, const uint8_t *pcr_values);

#endif
