/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/policy/policy.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/evidence/azure/hcl.h"
#include "tools/evidence/snp/expected.h"
#include "tools/evidence/snp/trust.h"
#include "tools/evidence/tdx/expected.h"
#include "tools/evidence/tdx/trust.h"
#include "tools/lib/private_file.h"
#include "tools/policy/policy_folder.h"

#define PATH_SHOWN_MAX 100u

void policy_free(struct policy *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < POLICY_SETS_MAX; i++) {
		free(p->sets[i].snp);
		free(p->sets[i].svsm);
		free(p->sets[i].tdx);
		if (p->sets[i].azure)
			hcl_expected_free(p->sets[i].azure);
		free(p->sets[i].azure);
	}
	if (p->tdx)
		tdx_trust_free(p->tdx);
	free(p->tdx);
	if (p->snp)
		snp_trust_free(p->snp);
	free(p->snp);
	policy_free_identity(&p->identity);
	secret_free(&p->join_material);
	free(p->join_material_file);
	free(p->revoked_nodes);
	free(p->revoked_disks);
	free(p->accepted);
	free(p);
}

static struct failure read_join_material(
	struct policy *p, const char *folder, const char *text, size_t len)
{
	struct policy_path at = {.depth = 0};
	char path[PATH_MAX];
	struct failure f;

	if (!p->join_material_file)
		return failure_none();
	f = policy_file_path(folder, p->join_material_file, path);
	if (!f.happened)
		f = private_file_read(path, JOIN_MATERIAL_MAX, &p->join_material, NULL);
	if (!f.happened)
		return f;
	policy_path_enter(&at, "join_material_file");
	return policy_path_locate(&at, text, len, &f);
}

/* What the evidence is judged by: certificates, revocation lists, collateral. */
static struct failure load_evidence(struct policy *p, const char *folder)
{
	TRY_FAILURE(policy_load_identity(&p->identity, folder));
	if (p->snp)
		TRY_FAILURE(snp_trust_load(p->snp, folder));
	return p->tdx ? tdx_trust_load(p->tdx, folder) : failure_none();
}

/* The files that the policy, which was read from this path, names. */
static struct failure load_files(struct policy *p, const char *path, const char *text, size_t len)
{
	char folder[PATH_MAX];

	TRY_FAILURE(policy_folder_of(path, folder));
	TRY_FAILURE(read_join_material(p, folder, text, len));
	return load_evidence(p, folder);
}

/* "FILE: line 3, sets[0]: what is wrong"; of a long path the end. */
static struct failure parse_file(
	const char *path, const char *text, size_t len, struct policy **out)
{
	size_t path_len = strlen(path);
	struct policy *p = NULL;
	struct failure f = policy_parse(text, len, &p);

	if (!f.happened)
		f = load_files(p, path, text, len);
	if (!f.happened) {
		*out = p;
		return f;
	}
	policy_free(p);
	return refuse("%s%s: %s", path_len > PATH_SHOWN_MAX ? "..." : "",
		path_len > PATH_SHOWN_MAX ? path + path_len - PATH_SHOWN_MAX : path, f.text);
}

struct failure policy_load(const char *path, struct policy **out)
{
	char *text = malloc(POLICY_FILE_MAX);
	struct failure f;
	size_t len;

	if (!text)
		return refuse("out of memory");
	f = trusted_file_read(path, text, POLICY_FILE_MAX, &len);
	if (!f.happened)
		f = parse_file(path, text, len, out);
	free(text);
	return f;
}

bool policy_node_revoked(const struct policy *p, const uint8_t node_id[TPM_NAME_LEN])
{
	for (size_t i = 0; i < p->revoked_node_count; i++)
		if (memcmp(p->revoked_nodes[i], node_id, TPM_NAME_LEN) == 0)
			return true;
	return false;
}

bool policy_disk_revoked(const struct policy *p, const uint8_t disk_id[DISK_ID_LEN])
{
	for (size_t i = 0; i < p->revoked_disk_count; i++)
		if (memcmp(p->revoked_disks[i], disk_id, DISK_ID_LEN) == 0)
			return true;
	return false;
}

bool policy_accepts(const struct policy *p, unsigned pcr, const uint8_t *value)
{
	for (size_t i = 0; i < p->accepted_count; i++)
		if (p->accepted[i].pcr == pcr &&
			memcmp(p->accepted[i].value, value, p->digest_len) == 0)
			return true;
	return false;
}

/* Which PCRs of a set differ from the quoted values. */
static uint32_t differing_pcrs(
	const struct policy *p, const struct policy_set *set, const uint8_t *pcr_values)
{
	uint32_t differing = 0;

	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++) {
		uint32_t bit = 1u << pcr;

		if (!(p->pcr_mask & bit))
			continue;
		if (((set->enforced | set->warned) & bit) &&
			memcmp(set->expected[pcr], pcr_values, p->digest_len) != 0)
			differing |= bit;
		pcr_values += p->digest_len;
	}
	return differing;
}

bool policy_set_better(const struct policy_set *a, const struct policy_set *b)
{
	if (a->revoked != b->revoked)
		return !a->revoked;
	return a->epoch > b->epoch;
}

/* True when candidate a is to be preferred to b. */
static bool better(const struct policy_match *a, const struct policy_match *b)
{
	if (a->matched != b->matched)
		return a->matched;
	if (!a->matched)
		return __builtin_popcount(a->differing) < __builtin_popcount(b->differing);
	return policy_set_better(a->set, b->set);
}

struct policy_match policy_compare(
	const struct policy *p, const struct policy_set *set, const uint8_t *pcr_values)
{
	uint32_t differing = differing_pcrs(p, set, pcr_values);

	return (struct policy_match){
		.set = set,
		.matched = !(differing & set->enforced),
		.differing = differing & set->enforced,
		.warned = differing & set->warned,
	};
}

struct policy_match policy_match(const struct policy *p, const uint8_t *pcr_values)
{
	struct policy_match best = {0};

	for (size_t i = 0; i < p->set_count; i++) {
		struct policy_match m = policy_compare(p, &p->sets[i], pcr_values);

		/* Any registers would match a set of a processor's report alone. */
		if (!p->sets[i].enforced)
			continue;
		/* Registers alone say nothing of what else the set demands. */
		m.matched &= p->sets[i].kinds == 1u << (EVIDENCE_TPM2 - 1);
		if (!best.set || better(&m, &best))
			best = m;
	}
	return best;
}
