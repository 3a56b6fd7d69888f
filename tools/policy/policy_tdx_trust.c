/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose TDX quotes a policy believes: "evidence"."tdx". */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tools/policy/policy_json.h"
#include "tools/policy/policy_tdx.h"

static struct failure add_file(struct tdx_files *into, struct json_object *item)
{
	const char *name = json_object_get_string(item);

	if (!json_object_is_type(item, json_type_string) || !name[0] ||
		strlen(name) != (size_t)json_object_get_string_len(item) ||
		strlen(name) >= PATH_MAX)
		return refuse("it must be the name of a file");
	into->names[into->count] = strdup(name);
	if (!into->names[into->count])
		return refuse("out of memory");
	into->count++;
	return failure_none();
}

static struct failure read_files(
	struct policy *p, struct tdx_files *into, struct json_object *value)
{
	size_t count;

	if (!json_object_is_type(value, json_type_array))
		return refuse("it must be an array of file names");
	count = json_object_array_length(value);
	if (!count || count > TDX_FILES_MAX)
		return refuse("it must name 1 to %u files", TDX_FILES_MAX);
	into->names = calloc(count, sizeof(*into->names));
	if (!into->names)
		return refuse("out of memory");
	for (size_t i = 0; i < count; i++) {
		policy_path_enter_index(p->path, i);
		TRY_FAILURE(add_file(into, json_object_array_get_idx(value, i)));
		policy_path_leave(p->path);
	}
	return failure_none();
}

static struct failure read_roots(struct policy *p, void *into, struct json_object *value)
{
	struct tdx_trust *t = into;

	return read_files(p, &t->root_files, value);
}

static struct failure read_tcb_info(struct policy *p, void *into, struct json_object *value)
{
	struct tdx_trust *t = into;

	return read_files(p, &t->tcb_info_files, value);
}

static struct failure read_qe_identity(struct policy *p, void *into, struct json_object *value)
{
	struct tdx_trust *t = into;

	return read_files(p, &t->qe_identity_files, value);
}

static struct failure read_crls(struct policy *p, void *into, struct json_object *value)
{
	struct tdx_trust *t = into;

	return read_files(p, &t->crl_files, value);
}

static struct failure read_signing_chain(struct policy *p, void *into, struct json_object *value)
{
	struct tdx_trust *t = into;

	(void)p;
	t->signing_chain_files.names = calloc(1, sizeof(*t->signing_chain_files.names));
	if (!t->signing_chain_files.names)
		return refuse("out of memory");
	return add_file(&t->signing_chain_files, value);
}

static struct failure read_min_evaluation(struct policy *p, void *into, struct json_object *value)
{
	struct tdx_trust *t = into;
	uint64_t v;

	(void)p;
	TRY_FAILURE(policy_read_number(value, 1, UINT32_MAX, &v, "\"min_evaluation\""));
	t->min_evaluation = (uint32_t)v;
	return failure_none();
}

static struct failure read_platforms(
	struct policy *p, struct tdx_platforms *into, struct json_object *value)
{
	size_t count;

	if (!json_object_is_type(value, json_type_array))
		return refuse("it must be an array of platforms' PPIDs");
	count = json_object_array_length(value);
	if (!count || count > TDX_PLATFORMS_MAX)
		return refuse("it must name 1 to %u platforms", TDX_PLATFORMS_MAX);
	into->ppids = calloc(count, sizeof(*into->ppids));
	if (!into->ppids)
		return refuse("out of memory");
	for (size_t i = 0; i < count; i++) {
		policy_path_enter_index(p->path, i);
		if (!policy_read_hex(
			    json_object_array_get_idx(value, i), into->ppids[i], TDX_PPID_LEN))
			return refuse("a PPID has 32 hex digits");
		policy_path_leave(p->path);
	}
	into->count = count;
	return failure_none();
}

static struct failure read_allow(struct policy *p, void *into, struct json_object *value)
{
	struct tdx_trust *t = into;

	return read_platforms(p, &t->allow, value);
}

static struct failure read_deny(struct policy *p, void *into, struct json_object *value)
{
	struct tdx_trust *t = into;

	return read_platforms(p, &t->deny, value);
}

static const struct policy_member chip_members[] = {
	{"allow", read_allow},
	{"deny", read_deny},
};

static struct failure read_chips(struct policy *p, void *into, struct json_object *value)
{
	struct tdx_trust *t = into;

	TRY_FAILURE(policy_read_members(p, into, value, MEMBERS(chip_members), "\"chips\""));
	if (!t->allow.count && !t->deny.count)
		return refuse("\"chips\" has neither \"allow\" nor \"deny\"");
	return failure_none();
}

static struct failure read_waive(struct policy *p, void *into, struct json_object *value)
{
	struct tdx_trust *t = into;

	if (!json_object_is_type(value, json_type_array))
		return refuse("it must be an array of members");
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *item = json_object_array_get_idx(value, i);
		const char *name = json_object_get_string(item);

		policy_path_enter_index(p->path, i);
		if (!json_object_is_type(item, json_type_string))
			return refuse("it must be the name of a member");
		if (strcmp(name, "crls") == 0)
			t->no_revocation = true;
		else if (strcmp(name, "min_evaluation") == 0)
			t->any_evaluation = true;
		else
			return refuse("only \"crls\" and \"min_evaluation\" can be waived");
		policy_path_leave(p->path);
	}
	return failure_none();
}

static const struct policy_member members[] = {
	{"roots", read_roots},
	{"tcb_info", read_tcb_info},
	{"qe_identity", read_qe_identity},
	{"signing_chain", read_signing_chain},
	{"crls", read_crls},
	{"min_evaluation", read_min_evaluation},
	{"chips", read_chips},
	{"waive", read_waive},
};

static struct failure there_or_waived(bool there, bool waived, const char *name)
{
	if (there && waived)
		return refuse("\"%s\" is there, and waived", name);
	if (!there && !waived)
		return refuse("\"%s\" is missing: give it, or name it in \"waive\"", name);
	return failure_none();
}

static struct failure read_trust(struct policy *p, struct tdx_trust *t, struct json_object *value)
{
	TRY_FAILURE(policy_read_members(p, t, value, MEMBERS(members), "TDX evidence"));
	if (!t->root_files.count)
		return refuse("\"roots\" is missing: Intel's SGX Root CA, by file");
	if (!t->tcb_info_files.count)
		return refuse("\"tcb_info\" is missing: Intel's TCB info of each kind of platform");
	if (!t->qe_identity_files.count)
		return refuse("\"qe_identity\" is missing: Intel's identity of the TD quoting "
			      "enclave");
	if (!t->signing_chain_files.count)
		return refuse("\"signing_chain\" is missing: the certificates of who signed the "
			      "collateral");
	TRY_FAILURE(there_or_waived(t->crl_files.count != 0, t->no_revocation, "crls"));
	return there_or_waived(t->min_evaluation != 0, t->any_evaluation, "min_evaluation");
}

struct failure policy_read_tdx_trust(
	struct policy *p, struct tdx_trust **out, struct json_object *value)
{
	struct tdx_trust *t = calloc(1, sizeof(*t));
	struct failure f;

	if (!t)
		return refuse("out of memory");
	f = read_trust(p, t, value);
	if (f.happened) {
		tdx_trust_free(t);
		free(t);
	} else {
		*out = t;
	}
	return f;
}
