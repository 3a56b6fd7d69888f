/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a set expects of SEV-SNP reports: the member "snp", or "svsm". */
#include "tools/policy/policy_snp.h"

#include <stdlib.h>
#include <string.h>

#include "tools/policy/policy_json.h"

/* The strings of an array, 1 to SNP_LIST_MAX of them, each to `take`, which says false to refuse.
 */
static struct failure read_strings(struct policy *p, struct snp_expected *e,
	struct json_object *value, bool (*take)(struct snp_expected *e, struct json_object *text),
	const char *what)
{
	size_t count;

	if (!json_object_is_type(value, json_type_array))
		return refuse("it must be an array of %s", what);
	count = json_object_array_length(value);
	if (!count || count > SNP_LIST_MAX)
		return refuse("it must have 1 to %u members", SNP_LIST_MAX);
	for (size_t i = 0; i < count; i++) {
		struct json_object *text = json_object_array_get_idx(value, i);

		policy_path_enter_index(p->path, i);
		if (!json_object_is_type(text, json_type_string) || !take(e, text))
			return refuse("it must be one of %s", what);
		policy_path_leave(p->path);
	}
	return failure_none();
}

static struct failure read_versions(struct policy *p, void *into, struct json_object *value)
{
	struct snp_expected *e = into;

	if (!json_object_is_type(value, json_type_array) || !json_object_array_length(value))
		return refuse("it must be an array of versions, as [3, 4, 5]");
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		uint64_t version;

		policy_path_enter_index(p->path, i);
		TRY_FAILURE(policy_read_number(
			json_object_array_get_idx(value, i), 2, 5, &version, "a report's version"));
		e->versions |= 1u << version;
		policy_path_leave(p->path);
	}
	return failure_none();
}

static bool take_key(struct snp_expected *e, struct json_object *text)
{
	const char *name = json_object_get_string(text);

	if (strcmp(name, "VCEK") == 0)
		e->keys |= 1u << SNP_KEY_VCEK;
	else if (strcmp(name, "VLEK") == 0)
		e->keys |= 1u << SNP_KEY_VLEK;
	else
		return false;
	return true;
}

static struct failure read_keys(struct policy *p, void *into, struct json_object *value)
{
	return read_strings(p, into, value, take_key, "\"VCEK\" and \"VLEK\"");
}

static bool take_csp(struct snp_expected *e, struct json_object *text)
{
	size_t len = (size_t)json_object_get_string_len(text);
	const char *name = json_object_get_string(text);

	if (!len || len > SNP_CSP_ID_MAX || strlen(name) != len)
		return false;
	memcpy(e->csp[e->csp_count++], name, len + 1);
	return true;
}

static struct failure read_csp(struct policy *p, void *into, struct json_object *value)
{
	return read_strings(
		p, into, value, take_csp, "clouds, as their VLEK certificates name them");
}

static struct failure read_vmpl(struct policy *p, void *into, struct json_object *value)
{
	struct snp_expected *e = into;
	uint64_t v;

	(void)p;
	TRY_FAILURE(policy_read_number(value, 0, 3, &v, "\"vmpl\""));
	e->vmpl = (uint32_t)v;
	return failure_none();
}

static bool read_u64(struct json_object *value, uint64_t *out)
{
	uint8_t bytes[8];

	if (!policy_read_hex(value, bytes, sizeof(bytes)))
		return false;
	*out = 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		*out = *out << 8 | bytes[i];
	return true;
}

/* The member `name`, a bit field; it must be there. */
static struct failure read_bit_field(struct json_object *object, const char *name, uint64_t *out)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, name, &value) || !read_u64(value, out))
		return refuse("it must have \"%s\" of 16 hex digits", name);
	return failure_none();
}

/* An object of exactly these two bit fields. */
static struct failure read_two(struct json_object *object, const char *first, uint64_t *out_first,
	const char *second, uint64_t *out_second)
{
	if (!json_object_is_type(object, json_type_object) ||
		json_object_object_length(object) != 2)
		return refuse("it must be an object with \"%s\" and \"%s\"", first, second);
	TRY_FAILURE(read_bit_field(object, first, out_first));
	return read_bit_field(object, second, out_second);
}

static struct failure read_bits(struct json_object *value, struct snp_bits *out)
{
	TRY_FAILURE(read_two(value, "mask", &out->mask, "value", &out->value));
	if (!out->mask)
		return refuse("a mask of zero demands nothing: name the member in \"waive\"");
	if (out->value & ~out->mask)
		return refuse("the value has bits that the mask leaves out");
	return failure_none();
}

static struct failure read_guest_policy(struct policy *p, void *into, struct json_object *value)
{
	struct snp_expected *e = into;

	(void)p;
	return read_bits(value, &e->guest_policy);
}

static struct failure read_platform_info(struct policy *p, void *into, struct json_object *value)
{
	struct snp_expected *e = into;

	(void)p;
	return read_bits(value, &e->platform_info);
}

/* "1.55.29": count numbers up to 255, the first in the highest byte; not all of them zero. */
static struct failure read_version(
	struct json_object *value, unsigned count, const char *shape, uint32_t *out)
{
	const char *at = json_object_get_string(value);
	uint32_t version = 0;

	if (!json_object_is_type(value, json_type_string))
		return refuse("it must be a version, as \"%s\"", shape);
	for (unsigned i = 0; i < count; i++) {
		unsigned number = 0, digits = 0;

		for (; *at >= '0' && *at <= '9' && digits < 3; at++, digits++)
			number = 10 * number + (unsigned)(*at - '0');
		if (!digits || number > 255 || *at != (i + 1 < count ? '.' : 0))
			return refuse("it must be a version, as \"%s\"", shape);
		at += *at == '.';
		version = version << 8 | number;
	}
	if (!version)
		return refuse("a minimum of zero demands nothing: name the member in \"waive\"");
	*out = version;
	return failure_none();
}

static struct failure read_abi(struct policy *p, void *into, struct json_object *value)
{
	struct snp_expected *e = into;
	uint32_t abi = 0;

	(void)p;
	TRY_FAILURE(read_version(value, 2, "1.55", &abi));
	e->abi = (uint16_t)abi;
	return failure_none();
}

static struct failure read_committed(struct policy *p, void *into, struct json_object *value)
{
	struct snp_expected *e = into;

	(void)p;
	return read_version(value, 3, "1.55.29", &e->committed);
}

/* Zeros stand for "none" in reports, so they are no digest to expect. */
static bool take_digest(struct snp_digests *into, struct json_object *text)
{
	uint8_t *digest = into->list[into->count];

	if (!policy_read_hex(text, digest, sizeof(into->list[0])) ||
		snp_is_zero(digest, sizeof(into->list[0])))
		return false;
	into->count++;
	return true;
}

static bool take_measurement(struct snp_expected *e, struct json_object *text)
{
	return take_digest(&e->measurement, text);
}

static bool take_id_key(struct snp_expected *e, struct json_object *text)
{
	return take_digest(&e->id_key, text);
}

static bool take_author_key(struct snp_expected *e, struct json_object *text)
{
	return take_digest(&e->author_key, text);
}

#define DIGESTS "digests of 96 hex digits, not all zero"

static struct failure read_measurement(struct policy *p, void *into, struct json_object *value)
{
	return read_strings(p, into, value, take_measurement, DIGESTS);
}

static struct failure read_id_key(struct policy *p, void *into, struct json_object *value)
{
	return read_strings(p, into, value, take_id_key, DIGESTS);
}

static struct failure read_author_key(struct policy *p, void *into, struct json_object *value)
{
	return read_strings(p, into, value, take_author_key, DIGESTS);
}

static struct failure read_guest_svn(struct policy *p, void *into, struct json_object *value)
{
	struct snp_expected *e = into;
	uint64_t v;

	(void)p;
	TRY_FAILURE(policy_read_number(value, 1, UINT32_MAX, &v, "\"guest_svn\""));
	e->guest_svn = (uint32_t)v;
	return failure_none();
}

static struct failure read_mitigations(struct policy *p, void *into, struct json_object *value)
{
	struct snp_expected *e = into;

	(void)p;
	TRY_FAILURE(read_two(
		value, "launch", &e->launch_mitigations, "current", &e->current_mitigations));
	if (!e->launch_mitigations && !e->current_mitigations)
		return refuse("no bit demands nothing: name the member in \"waive\"");
	return failure_none();
}

static struct failure read_host_data(struct policy *p, void *into, struct json_object *value)
{
	struct snp_expected *e = into;

	(void)p;
	if (!policy_read_hex(value, e->host_data, SNP_HOST_DATA_LEN))
		return refuse("it must be 64 hex digits");
	return failure_none();
}

static bool take_allowed(struct snp_expected *e, struct json_object *text)
{
	const char *name = json_object_get_string(text);

	if (strcmp(name, "debug") == 0)
		e->allow_debug = true;
	else if (strcmp(name, "migrate_ma") == 0)
		e->allow_migration = true;
	else
		return false;
	return true;
}

static struct failure read_allow(struct policy *p, void *into, struct json_object *value)
{
	return read_strings(p, into, value, take_allowed, "\"debug\" and \"migrate_ma\"");
}

static bool take_waived(struct snp_expected *e, struct json_object *text)
{
	for (unsigned m = 0; m < SNP_MEMBERS; m++)
		if (strcmp(json_object_get_string(text), snp_member_name(m)) == 0) {
			e->waived |= SNP_MEMBER_BIT(m);
			return true;
		}
	return false;
}

static struct failure read_waive(struct policy *p, void *into, struct json_object *value)
{
	return read_strings(p, into, value, take_waived, "the members of \"snp\"");
}

static const struct policy_member members[] = {
	{"versions", read_versions},
	{"keys", read_keys},
	{"csp", read_csp},
	{"vmpl", read_vmpl},
	{"guest_policy", read_guest_policy},
	{"abi", read_abi},
	{"measurement", read_measurement},
	{"id_key", read_id_key},
	{"author_key", read_author_key},
	{"guest_svn", read_guest_svn},
	{"tcb", policy_read_snp_tcb},
	{"committed", read_committed},
	{"platform_info", read_platform_info},
	{"mitigations", read_mitigations},
	{"host_data", read_host_data},
	{"allow", read_allow},
	{"waive", read_waive},
};

/* Without the VLEK there is no cloud to name, and nothing to waive. */
static struct failure check_csp(struct snp_expected *e)
{
	uint32_t csp = SNP_MEMBER_BIT(SNP_CSP);

	if (e->keys & 1u << SNP_KEY_VLEK)
		return failure_none();
	if ((e->given | e->waived) & csp)
		return refuse("\"csp\" is about the VLEK, which \"keys\" does not name");
	e->waived |= csp;
	return failure_none();
}

static struct failure read_expected(
	struct policy *p, struct snp_expected *e, struct json_object *value)
{
	TRY_FAILURE(policy_read_members(p, e, value, MEMBERS(members),
		"what a set expects of "
		"SEV-SNP"));
	for (unsigned m = 0; m < SNP_MEMBERS; m++)
		if (json_object_object_get_ex(value, snp_member_name(m), NULL))
			e->given |= SNP_MEMBER_BIT(m);
	TRY_FAILURE(check_csp(e));
	return snp_expected_complete(e);
}

struct failure policy_read_snp_expected(
	struct policy *p, struct snp_expected **out, struct json_object *value)
{
	struct snp_expected *e = calloc(1, sizeof(*e));
	struct failure f;

	if (!e)
		return refuse("out of memory");
	f = read_expected(p, e, value);
	if (f.happened)
		free(e);
	else
		*out = e;
	return f;
}

struct failure policy_check_snp_seal(const char *set_name, bool has_tpm, bool accepts_no_seal)
{
	if (has_tpm || accepts_no_seal)
		return failure_none();
	return refuse("set \"%s\" has SEV-SNP and no TPM: nothing in such a report changes after "
		      "the hand-over, so whoever is root on a running node can join again. Add "
		      "\"measurements\" of a vTPM, or \"accept_risk\": [\"no_seal\"]",
		set_name);
}
