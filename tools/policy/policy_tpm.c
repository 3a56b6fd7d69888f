/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy file's "evidence"."tpm": which makers' firmware is taken. */
#include "tools/policy/policy_json.h"

/* One element of a list while it is read. */
struct firmware_entry {
	uint32_t manufacturer;
	uint64_t version;
	bool has_maker, has_version;
};

/* "id:53544D20", as certificates have it. */
static struct failure read_manufacturer(struct policy *p, void *into, struct json_object *value)
{
	struct firmware_entry *e = into;
	const char *text = json_object_get_string(value);

	(void)p;
	if (!json_object_is_type(value, json_type_string) ||
		!tpm_manufacturer_parse(text, &e->manufacturer))
		return refuse("\"manufacturer\" must be \"id:\" and the TCG vendor id's 8 hex "
			      "digits");
	e->has_maker = true;
	return failure_none();
}

/* As the quote has it: 16 hex digits. */
static struct failure read_version(struct policy *p, void *into, struct json_object *value)
{
	struct firmware_entry *e = into;
	uint8_t bytes[8];

	(void)p;
	if (!policy_read_hex(value, bytes, sizeof(bytes)))
		return refuse("it must be a firmware version's 16 hex digits");
	e->version = 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		e->version = e->version << 8 | bytes[i];
	e->has_version = true;
	return failure_none();
}

static const struct policy_member floor_members[] = {
	{"manufacturer", read_manufacturer},
	{"minimum", read_version},
};
static const struct policy_member denied_members[] = {
	{"manufacturer", read_manufacturer},
	{"version", read_version},
};

static struct failure read_list(struct policy *p, struct json_object *value,
	const struct policy_member members[2], bool is_floor, struct tpm_firmware_range *out,
	size_t *out_count)
{
	size_t count;

	if (!json_object_is_type(value, json_type_array))
		return refuse("it must be an array of objects");
	count = json_object_array_length(value);
	if (!count || count > POLICY_FIRMWARE_RULES_MAX)
		return refuse("it must have 1 to %u members", POLICY_FIRMWARE_RULES_MAX);
	for (size_t i = 0; i < count; i++) {
		struct firmware_entry e = {.has_maker = false};

		policy_path_enter_index(p->path, i);
		TRY_FAILURE(policy_read_members(p, &e, json_object_array_get_idx(value, i), members,
			2, "a maker's firmware"));
		if (!e.has_maker || (is_floor && !e.has_version))
			return refuse("\"%s\" is missing",
				e.has_maker ? members[1].name : "manufacturer");
		out[i] = (struct tpm_firmware_range){
			.manufacturer = e.manufacturer,
			.first = e.version,
			.last = is_floor || !e.has_version ? UINT64_MAX : e.version,
		};
		policy_path_leave(p->path);
	}
	*out_count = count;
	return failure_none();
}

static struct failure read_floors(struct policy *p, void *into, struct json_object *value)
{
	struct policy_tpm *t = into;

	return read_list(p, value, floor_members, true, t->allowed, &t->allowed_count);
}

static struct failure read_denied(struct policy *p, void *into, struct json_object *value)
{
	struct policy_tpm *t = into;

	return read_list(p, value, denied_members, false, t->denied, &t->denied_count);
}

static const struct policy_member tpm_members[] = {
	{"firmware", read_floors},
	{"deny", read_denied},
};

struct failure policy_read_tpm(struct policy *p, void *into, struct json_object *value)
{
	(void)into;
	return policy_read_members(p, &p->tpm, value, MEMBERS(tpm_members), "\"tpm\"");
}

struct tpm_firmware_rules policy_tpm_rules(const struct policy_tpm *t)
{
	return (struct tpm_firmware_rules){
		.allowed = t->allowed,
		.allowed_count = t->allowed_count,
		.denied = t->denied,
		.denied_count = t->denied_count,
	};
}
