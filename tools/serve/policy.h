/*
 * The policy: which measured states may join, as whom, and who is shut out. README.md beside this
 * file specifies the JSON; policy_parse() refuses what it does not know, so that a misspelt key
 * never weakens a policy unnoticed.
 *
 * A policy owns its memory and its join material; policy_free() releases both.
 */
#ifndef TOOLS_SERVE_POLICY_H
#define TOOLS_SERVE_POLICY_H

#include "crypto/secret.h"
#include "crypto/digest.h"
#include "crypto/tpm_evidence.h"
#include "early/contract/messages.h"
#include "tools/serve/why.h"

#define POLICY_FILE_MAX	   (1u << 20)
#define POLICY_SETS_MAX	   64u
#define POLICY_NAME_MAX	   64u	 /* characters of a tenant, set or role */
#define POLICY_REVOKED_MAX 4096u /* of each kind */
#define POLICY_PCRS	   24u
#define POLICY_DIGEST_MAX  48u

struct policy_set {
	char name[POLICY_NAME_MAX + 1];
	char role[POLICY_NAME_MAX + 1]; /* may be empty */
	uint32_t epoch;			/* a node never goes back to a lower one */
	bool revoked;
	uint32_t enforced, warned; /* bit n: PCR n is compared; a bit is in one of them at most */
	uint8_t expected[POLICY_PCRS][POLICY_DIGEST_MAX];
};

struct policy {
	uint32_t epoch; /* what nodes are told; the highest of the sets' unless given */
	char tenant[POLICY_NAME_MAX + 1];
	uint16_t bank; /* TPM_ALG_ID */
	size_t digest_len;
	uint32_t pcr_mask; /* every PCR that a set names */
	struct policy_set sets[POLICY_SETS_MAX];
	size_t set_count;
	uint8_t (*revoked_nodes)[TPM_NAME_LEN]; /* EK names */
	size_t revoked_node_count;
	uint8_t (*revoked_disks)[DISK_ID_LEN];
	size_t revoked_disk_count;
	uint64_t max_nodes;	  /* UINT64_MAX without a limit */
	bool pin_ak;		  /* a known node with a new attestation key is refused */
	char *join_material_file; /* NULL: none */
	struct secret join_material;
};

/* Parses len bytes of JSON. join_material stays empty. */
bool policy_parse(const char *text, size_t len, struct policy **out, struct why *why);
/* Reads and parses a file, and reads the join material that it names. */
bool policy_load(const char *path, struct policy **out, struct why *why);
void policy_free(struct policy *p);

bool policy_node_revoked(const struct policy *p, const uint8_t ek_name[TPM_NAME_LEN]);
bool policy_disk_revoked(const struct policy *p, const uint8_t disk_id[DISK_ID_LEN]);

struct policy_match {
	const struct policy_set *set; /* that matched; else the nearest */
	bool matched;
	uint32_t differing; /* enforced PCRs of the nearest set that differ; 0 after a match */
	uint32_t warned;    /* warn-only PCRs of `set` that differ */
};

/*
 * Compares quoted values (the PCRs of pcr_mask, ascending, digest_len bytes each). Of several sets
 * that match, one that is not revoked wins, then the highest epoch, then the first. `set` borrows
 * from p.
 */
struct policy_match policy_match(const struct policy *p, const uint8_t *pcr_values);

#endif
