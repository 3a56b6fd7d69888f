/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a set expects of TDX quotes: the member "tdx". */
#include "tools/policy/policy_tdx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/policy/policy_json.h"

static struct failure read_u64(struct json_object *object, const char *name, uint64_t *out)
{
	struct json_object *value;
	uint8_t bytes[8];

	if (!json_object_object_get_ex(object, name, &value) ||
		!policy_read_hex(value, bytes, sizeof(bytes)))
		return refuse("it must have \"%s\" of 16 hex digits", name);
	*out = 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		*out = *out << 8 | bytes[i];
	return failure_none();
}

static struct failure read_bits(struct json_object *value, struct tdx_bits *out)
{
	if (!json_object_is_type(value, json_type_object) || json_object_object_length(value) != 2)
		return refuse("it must be an object with \"mask\" and \"value\"");
	TRY_FAILURE(read_u64(value, "mask", &out->mask));
	TRY_FAILURE(read_u64(value, "value", &out->value));
	if (!out->mask)
		return refuse("a mask of zero demands nothing: name the member in \"waive\"");
	if (out->value & ~out->mask)
		return refuse("the value has bits that the mask leaves out");
	return failure_none();
}

static struct failure read_td_attributes(struct policy *p, void *into, struct json_object *value)
{
	struct tdx_expected *e = into;

	(void)p;
	e->given |= TDX_MEMBER_BIT(TDX_TD_ATTRIBUTES);
	TRY_FAILURE(read_bits(value, &e->td_attributes));
	if (e->td_attributes.value & TDX_ATTRIBUTES_UNTRUSTED)
		return refuse(
			"it demands DEBUG or a reserved bit, and such a TD is never admitted");
	return failure_none();
}

static struct failure read_xfam(struct policy *p, void *into, struct json_object *value)
{
	struct tdx_expected *e = into;

	(void)p;
	e->given |= TDX_MEMBER_BIT(TDX_XFAM);
	TRY_FAILURE(read_bits(value, &e->xfam));
	if (e->xfam.mask & ~e->xfam.value & TDX_XFAM_FIXED)
		return refuse("no TD has bits 0 and 1 of XFAM clear");
	return failure_none();
}

/* The member that is being read, by its name. */
static enum tdx_member member_of(const char *name)
{
	enum tdx_member m = 0;

	while (m < TDX_MEMBERS && strcmp(tdx_member_name(m), name) != 0)
		m++;
	return m;
}

/* A list of 48-byte values: of the member on which the path ends. */
static struct failure read_digests(struct policy *p, void *into, struct json_object *value)
{
	struct tdx_expected *e = into;
	enum tdx_member m = member_of(p->path->steps[p->path->depth - 1].name);
	size_t count;

	e->given |= TDX_MEMBER_BIT(m);
	if (!json_object_is_type(value, json_type_array))
		return refuse("it must be an array of values");
	count = json_object_array_length(value);
	if (!count || count > TDX_LIST_MAX)
		return refuse("it must have 1 to %u values", TDX_LIST_MAX);
	for (size_t i = 0; i < count; i++) {
		policy_path_enter_index(p->path, i);
		if (!policy_read_hex(json_object_array_get_idx(value, i), e->values[m].list[i],
			    TDX_DIGEST_LEN))
			return refuse("it must have 96 hex digits");
		policy_path_leave(p->path);
	}
	e->values[m].count = count;
	return failure_none();
}

/* One status that is taken, while it is read. */
struct allowed {
	enum tdx_status status;
	struct tdx_advisories advisories;
};

static struct failure read_status(struct policy *p, void *into, struct json_object *value)
{
	struct allowed *a = into;

	(void)p;
	if (!json_object_is_type(value, json_type_string))
		return refuse("it must be a status of Intel's");
	a->status = tdx_status_from_name(json_object_get_string(value));
	if (a->status <= TDX_UP_TO_DATE || a->status >= TDX_REVOKED)
		return refuse("it must be a status of Intel's besides UpToDate, Revoked and "
			      "NotSupported, as \"SWHardeningNeeded\"");
	return failure_none();
}

static struct failure read_advisories(struct policy *p, void *into, struct json_object *value)
{
	struct allowed *a = into;

	if (!json_object_is_type(value, json_type_array) ||
		json_object_array_length(value) > TDX_ADVISORIES_MAX)
		return refuse("it must be an array of at most %u advisories, as "
			      "[\"INTEL-SA-00837\"]",
			TDX_ADVISORIES_MAX);
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *id = json_object_array_get_idx(value, i);
		size_t len = (size_t)json_object_get_string_len(id);

		policy_path_enter_index(p->path, i);
		if (!json_object_is_type(id, json_type_string) || !len || len >= TDX_ADVISORY_MAX ||
			strlen(json_object_get_string(id)) != len)
			return refuse("it must be the id of an advisory");
		snprintf(a->advisories.ids[a->advisories.count++], TDX_ADVISORY_MAX, "%s",
			json_object_get_string(id));
		policy_path_leave(p->path);
	}
	return failure_none();
}

static const struct policy_member allowed_members[] = {
	{"status", read_status},
	{"advisories", read_advisories},
};

static struct failure read_tcb(struct policy *p, void *into, struct json_object *value)
{
	struct tdx_expected *e = into;

	if (!json_object_is_type(value, json_type_array) || !json_object_array_length(value) ||
		json_object_array_length(value) >= TDX_STATUSES)
		return refuse("it must be an array of statuses that are taken besides UpToDate");
	e->given |= TDX_MEMBER_BIT(TDX_TCB);
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct allowed a = {.status = TDX_NO_STATUS};

		policy_path_enter_index(p->path, i);
		TRY_FAILURE(policy_read_members(p, &a, json_object_array_get_idx(value, i),
			MEMBERS(allowed_members), "a status"));
		if (a.status == TDX_NO_STATUS)
			return refuse("\"status\" is missing");
		if (e->statuses & 1u << a.status)
			return refuse("the status is there twice");
		e->statuses |= 1u << a.status;
		e->advisories[a.status] = a.advisories;
		policy_path_leave(p->path);
	}
	return failure_none();
}

static struct failure read_waive(struct policy *p, void *into, struct json_object *value)
{
	struct tdx_expected *e = into;

	if (!json_object_is_type(value, json_type_array))
		return refuse("it must be an array of members");
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *item = json_object_array_get_idx(value, i);
		enum tdx_member m;

		policy_path_enter_index(p->path, i);
		if (!json_object_is_type(item, json_type_string))
			return refuse("it must be the name of a member");
		m = member_of(json_object_get_string(item));
		if (m == TDX_MEMBERS || TDX_MEMBER_BIT(m) & TDX_NEVER_WAIVED)
			return refuse("there is no such member that can be waived");
		e->waived |= TDX_MEMBER_BIT(m);
		policy_path_leave(p->path);
	}
	return failure_none();
}

static const struct policy_member members[] = {
	{"tcb", read_tcb},
	{"mrsignerseam", read_digests},
	{"mrseam", read_digests},
	{"td_attributes", read_td_attributes},
	{"xfam", read_xfam},
	{"mrservicetd", read_digests},
	{"mrconfigid", read_digests},
	{"mrowner", read_digests},
	{"mrownerconfig", read_digests},
	{"mrtd", read_digests},
	{"rtmr0", read_digests},
	{"rtmr1", read_digests},
	{"rtmr2", read_digests},
	{"rtmr3", read_digests},
	{"waive", read_waive},
};

struct failure policy_read_tdx_expected(
	struct policy *p, struct tdx_expected **out, struct json_object *value)
{
	struct tdx_expected *e = calloc(1, sizeof(*e));
	struct failure f;

	if (!e)
		return refuse("out of memory");
	f = policy_read_members(p, e, value, MEMBERS(members), "\"tdx\"");
	if (!f.happened)
		f = tdx_expected_complete(e);
	if (f.happened)
		free(e);
	else
		*out = e;
	return f;
}

struct failure policy_check_tdx_seal(
	const char *set_name, const struct tdx_expected *e, bool has_tpm, bool accepts_no_seal)
{
	if (tdx_expected_sealed(e) || has_tpm || accepts_no_seal)
		return failure_none();
	return refuse("set \"%s\" does not demand that RTMR3 is unextended, so nothing tells the "
		      "quote of PID 1 from one that a running root asked for: leave \"rtmr3\" "
		      "out, or accept that by \"accept_risk\": [\"no_seal\"]",
		set_name);
}
