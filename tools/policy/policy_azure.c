/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a set expects of the claims of Azure's paravisor: the member "azure". */
#include <stdlib.h>
#include <string.h>

#include "tools/policy/policy_json.h"
#include "tools/policy/policy_tdx.h"

/* The member with this name. */
static enum hcl_member member_of(const char *name)
{
	enum hcl_member m = 0;

	while (m < HCL_MEMBERS && strcmp(hcl_member_name(m), name) != 0)
		m++;
	return m;
}

/* Of the member on which the path ends. */
static struct failure read_flag(struct policy *p, void *into, struct json_object *value)
{
	struct hcl_expected *e = into;
	enum hcl_member m = member_of(p->path->steps[p->path->depth - 1].name);

	if (!json_object_is_type(value, json_type_boolean))
		return refuse("it must be true or false");
	e->given |= HCL_MEMBER_BIT(m);
	e->flags[m] = json_object_get_boolean(value);
	return failure_none();
}

/* "6332533D-5649-4D02-8AA7-8F64B7C3EE21", in either case. */
static bool read_vm_id(struct json_object *item, char out[HCL_VM_ID_MAX])
{
	const char *text = json_object_get_string(item);

	if (!json_object_is_type(item, json_type_string) || strlen(text) != HCL_VM_ID_MAX - 1)
		return false;
	for (size_t i = 0; i < HCL_VM_ID_MAX - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		char c = text[i] >= 'a' && text[i] <= 'f' ? (char)(text[i] - 'a' + 'A') : text[i];

		if (!strchr(dash ? "-" : "0123456789ABCDEF", c))
			return false;
		out[i] = c;
	}
	out[HCL_VM_ID_MAX - 1] = 0;
	return true;
}

static struct failure read_vm_ids(struct policy *p, void *into, struct json_object *value)
{
	struct hcl_expected *e = into;
	size_t count;

	if (!json_object_is_type(value, json_type_array))
		return refuse("it must be an array of VMs' ids");
	count = json_object_array_length(value);
	if (!count || count > HCL_VM_IDS_MAX)
		return refuse("it must name 1 to %u VMs", HCL_VM_IDS_MAX);
	e->given |= HCL_MEMBER_BIT(HCL_VM_ID);
	e->vm_ids = calloc(count, sizeof(*e->vm_ids));
	if (!e->vm_ids)
		return refuse("out of memory");
	for (size_t i = 0; i < count; i++) {
		policy_path_enter_index(p->path, i);
		if (!read_vm_id(json_object_array_get_idx(value, i), e->vm_ids[i]))
			return refuse("a VM's id is a UUID");
		policy_path_leave(p->path);
	}
	e->vm_id_count = count;
	return failure_none();
}

static struct failure read_waive(struct policy *p, void *into, struct json_object *value)
{
	struct hcl_expected *e = into;

	if (!json_object_is_type(value, json_type_array))
		return refuse("it must be an array of members");
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *item = json_object_array_get_idx(value, i);
		enum hcl_member m;

		policy_path_enter_index(p->path, i);
		if (!json_object_is_type(item, json_type_string))
			return refuse("it must be the name of a member");
		m = member_of(json_object_get_string(item));
		if (m == HCL_MEMBERS)
			return refuse("there is no such member");
		e->waived |= HCL_MEMBER_BIT(m);
		policy_path_leave(p->path);
	}
	return failure_none();
}

static const struct policy_member members[] = {
	{"secure_boot", read_flag},
	{"tpm_enabled", read_flag},
	{"console_enabled", read_flag},
	{"tpm_persisted", read_flag},
	{"vm_id", read_vm_ids},
	{"waive", read_waive},
};

struct failure policy_read_azure_expected(
	struct policy *p, struct hcl_expected **out, struct json_object *value)
{
	struct hcl_expected *e = calloc(1, sizeof(*e));
	struct failure f;

	if (!e)
		return refuse("out of memory");
	f = policy_read_members(p, e, value, MEMBERS(members), "\"azure\"");
	if (!f.happened)
		f = hcl_expected_complete(e);
	if (f.happened) {
		hcl_expected_free(e);
		free(e);
	} else {
		*out = e;
	}
	return f;
}
