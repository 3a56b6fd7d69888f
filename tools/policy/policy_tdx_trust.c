/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose TDX quotes a policy believes: "evidence"."tdx". */
#include <stdlib.h>
#include <string.h>

#include "tools/policy/policy_json.h"
#include "tools/policy/policy_tdx.h"

static struct failure read_files(
	struct policy *p, struct tdx_files *into, struct json_object *value)
{
	return policy_read_names(p, value, TDX_FILES_MAX, &into->names, &into->count);
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
	return policy_read_one_name(
		value, &t->signing_chain_files.names, &t->signing_chain_files.count);
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

static struct failure take_platform(struct json_object *item, void *element)
{
	return policy_read_hex(item, element, TDX_PPID_LEN) ? failure_none()
							    : refuse("a PPID has 32 hex digits");
}

static struct failure read_platforms(
	struct policy *p, struct tdx_platforms *into, struct json_object *value)
{
	static const struct policy_list platforms = {
		TDX_PPID_LEN, TDX_PLATFORMS_MAX, "platforms' PPIDs", take_platform};

	return policy_read_list(p, &platforms, value, &into->ppids, &into->count);
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
	TRY_FAILURE(policy_there_or_waived(t->crl_files.count != 0, t->no_revocation, "crls"));
	return policy_there_or_waived(t->min_evaluation != 0, t->any_evaluation, "min_evaluation");
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
