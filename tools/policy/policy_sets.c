/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy file's allowed sets: measurements by PCR, in Constellation's shape. */
#include "tools/policy/policy_json.h"
#include "tools/policy/policy_snp.h"
#include "tools/policy/policy_tdx.h"

#include <string.h>

#define KIND(type) (1u << ((type)-1))

/* One PCR's measurement while it is read. */
struct measurement {
	bool has_expected, warn_only;
	uint8_t expected[POLICY_DIGEST_MAX];
};

/* The first digest of a policy decides its bank; all others must be of the same length. */
static struct failure read_expected(struct policy *p, void *into, struct json_object *value)
{
	struct measurement *m = into;
	size_t chars = 0;

	if (json_object_is_type(value, json_type_string))
		chars = (size_t)json_object_get_string_len(value);
	if (!p->digest_len && (chars == 64 || chars == 96)) {
		p->digest_len = chars / 2;
		p->bank = chars == 64 ? DIGEST_SHA256 : DIGEST_SHA384;
	}
	if (!p->digest_len || !policy_read_hex(value, m->expected, p->digest_len))
		return refuse("a measurement's \"expected\" must be hex digits of the "
			      "bank's length, 64 for sha256 or 96 for sha384");
	m->has_expected = true;
	return failure_none();
}

static struct failure read_warn_only(struct policy *p, void *into, struct json_object *value)
{
	struct measurement *m = into;

	(void)p;
	if (!json_object_is_type(value, json_type_boolean))
		return refuse("a measurement's \"warnOnly\" must be true or false");
	m->warn_only = json_object_get_boolean(value);
	return failure_none();
}

static const struct policy_member measurement_members[] = {
	{"expected", read_expected},
	{"warnOnly", read_warn_only},
};

bool policy_read_pcr(const char *text, unsigned *out)
{
	unsigned v = 0;

	if (!text[0] || strlen(text) > 2 || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = 10 * v + (unsigned)(*text - '0');
	}
	*out = v;
	return v < POLICY_PCRS;
}

/* A bare string is Constellation's older form of an enforced value. */
static struct failure read_measurement(
	struct policy *p, struct policy_set *set, unsigned pcr, struct json_object *value)
{
	struct measurement m = {0};

	TRY_FAILURE(json_object_is_type(value, json_type_string)
			    ? read_expected(p, &m, value)
			    : policy_read_members(
				      p, &m, value, MEMBERS(measurement_members), "a measurement"));
	if (!m.has_expected)
		return refuse("the measurement of PCR %u has no \"expected\"", pcr);
	memcpy(set->expected[pcr], m.expected, p->digest_len);
	*(m.warn_only ? &set->warned : &set->enforced) |= 1u << pcr;
	return failure_none();
}

static struct failure read_measurements(struct policy *p, void *into, struct json_object *value)
{
	struct policy_set *set = into;

	if (!json_object_is_type(value, json_type_object))
		return refuse("\"measurements\" must be an object");
	json_object_object_foreach(value, name, measurement)
	{
		unsigned pcr;

		policy_path_enter(p->path, name);
		if (!policy_read_pcr(name, &pcr))
			return refuse("\"%.64s\" is not a PCR, 0 to 23", name);
		TRY_FAILURE(read_measurement(p, set, pcr, measurement));
		policy_path_leave(p->path);
	}
	return failure_none();
}

static struct failure read_set_name(struct policy *p, void *into, struct json_object *value)
{
	struct policy_set *set = into;

	(void)p;
	return policy_read_name(value, 1, set->name, "a set's \"name\"");
}

static struct failure read_set_role(struct policy *p, void *into, struct json_object *value)
{
	struct policy_set *set = into;

	(void)p;
	return policy_read_name(value, 0, set->role, "a set's \"role\"");
}

static struct failure read_set_epoch(struct policy *p, void *into, struct json_object *value)
{
	struct policy_set *set = into;
	uint64_t v;

	(void)p;
	TRY_FAILURE(policy_read_number(value, 1, UINT32_MAX, &v, "a set's \"epoch\""));
	set->epoch = (uint32_t)v;
	return failure_none();
}

static struct failure read_snp(struct policy *p, void *into, struct json_object *value)
{
	struct policy_set *set = into;

	set->kinds |= KIND(EVIDENCE_SNP);
	return policy_read_snp_expected(p, &set->snp, value);
}

static struct failure read_svsm(struct policy *p, void *into, struct json_object *value)
{
	struct policy_set *set = into;

	set->kinds |= KIND(EVIDENCE_SVSM);
	return policy_read_snp_expected(p, &set->svsm, value);
}

static struct failure read_tdx(struct policy *p, void *into, struct json_object *value)
{
	struct policy_set *set = into;

	set->kinds |= KIND(EVIDENCE_TDX);
	return policy_read_tdx_expected(p, &set->tdx, value);
}

static struct failure read_azure(struct policy *p, void *into, struct json_object *value)
{
	struct policy_set *set = into;

	set->kinds |= KIND(EVIDENCE_HCL);
	return policy_read_azure_expected(p, &set->azure, value);
}

static const struct policy_member set_members[] = {
	{"name", read_set_name},
	{"role", read_set_role},
	{"epoch", read_set_epoch},
	{"measurements", read_measurements},
	{"allow_missing", policy_read_allow_missing},
	{"snp", read_snp},
	{"svsm", read_svsm},
	{"tdx", read_tdx},
	{"azure", read_azure},
	{"recognise", policy_read_recognise},
	{"family", policy_read_family},
	{"listed_only", policy_read_listed_only},
	{"accept_risk", policy_read_accept_risk},
};

/* A paravisor's report holds the processor's, so that does not come by itself. */
static struct failure check_azure(struct policy_set *set)
{
	if (!set->azure)
		return failure_none();
	if (set->svsm)
		return refuse("set \"%s\" has both \"azure\" and \"svsm\": a TPM is of one of them",
			set->name);
	if (!set->snp && !set->tdx)
		return refuse(
			"set \"%s\" has \"azure\", and neither \"snp\" nor \"tdx\" to judge the "
			"report in it by",
			set->name);
	set->kinds &= ~(KIND(EVIDENCE_SNP) | KIND(EVIDENCE_TDX));
	return failure_none();
}

/* What the set demands beside, or in place of, a TPM's quote. */
static struct failure check_kinds(const struct policy *p, struct policy_set *set)
{
	bool has_tpm = set->enforced >> 15 & 1u;

	if ((set->svsm || set->azure) && !set->enforced)
		return refuse(
			"set \"%s\" has \"%s\", which is about a TPM, and no \"measurements\"",
			set->name, set->svsm ? "svsm" : "azure");
	if ((set->snp || set->svsm) && !p->snp)
		return refuse("set \"%s\" demands SEV-SNP, and \"evidence\" has no \"snp\" to "
			      "judge it by",
			set->name);
	if (set->tdx && !p->tdx)
		return refuse("set \"%s\" demands TDX, and \"evidence\" has no \"tdx\" to judge it "
			      "by",
			set->name);
	TRY_FAILURE(check_azure(set));
	if (set->snp || set->svsm)
		TRY_FAILURE(policy_check_snp_seal(set->name, has_tpm, set->no_seal));
	return set->tdx ? policy_check_tdx_seal(set->name, set->tdx, has_tpm, set->no_seal)
			: failure_none();
}

/* A set that enforces nothing would let every machine in. */
static struct failure check_set(const struct policy *p, struct policy_set *set)
{
	if (!set->name[0])
		return refuse("a set has no \"name\"");
	if (set->enforced)
		set->kinds |= KIND(EVIDENCE_TPM2);
	if (!set->kinds || (set->warned && !set->enforced))
		return refuse("set \"%s\" enforces no measurement", set->name);
	TRY_FAILURE(check_kinds(p, set));
	TRY_FAILURE(policy_check_recognise(p, set));
	for (const struct policy_set *other = p->sets; other < set; other++)
		if (strcmp(other->name, set->name) == 0)
			return refuse("two sets are named \"%s\"", set->name);
	return set->enforced ? policy_check_gaps(p, set) : failure_none();
}

struct failure policy_read_sets(struct policy *p, void *into, struct json_object *value)
{
	size_t count;

	(void)into;
	if (!json_object_is_type(value, json_type_array))
		return refuse("\"sets\" must be an array");
	count = json_object_array_length(value);
	if (count == 0 || count > POLICY_SETS_MAX)
		return refuse("\"sets\" must have 1 to %u members", POLICY_SETS_MAX);
	for (size_t i = 0; i < count; i++) {
		struct policy_set *set = &p->sets[i];

		set->epoch = 1;
		policy_path_enter_index(p->path, i);
		TRY_FAILURE(policy_read_members(p, set, json_object_array_get_idx(value, i),
			MEMBERS(set_members), "a set"));
		TRY_FAILURE(check_set(p, set));
		policy_path_leave(p->path);
	}
	p->set_count = count;
	return failure_none();
}

/* The whole file is one set in Constellation's own shape. */
struct failure policy_read_only_set(struct policy *p, void *into, struct json_object *value)
{
	struct policy_set *set = &p->sets[0];

	(void)into;
	if (p->set_count)
		return refuse("the policy must have either \"sets\" or \"measurements\"");
	memcpy(set->name, "default", sizeof("default"));
	set->epoch = 1;
	TRY_FAILURE(read_measurements(p, set, value));
	TRY_FAILURE(check_set(p, set));
	p->set_count = 1;
	return failure_none();
}
