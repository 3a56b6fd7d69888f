/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy file's members about registers that no set decides: what a set may leave out, and what
 * may change under a node that has joined.
 */
#include "tools/policy/policy_json.h"

#include <stdlib.h>
#include <string.h>

/* An array of PCR numbers, each of `allowed`. */
static struct failure read_pcr_list(struct policy *p, struct json_object *value, uint32_t allowed,
	uint32_t *out, const char *what, const char *only)
{
	uint32_t mask = 0;

	if (!json_object_is_type(value, json_type_array))
		return refuse("%s must be an array of PCR numbers", what);
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		uint64_t pcr;

		policy_path_enter_index(p->path, i);
		TRY_FAILURE(policy_read_number(
			json_object_array_get_idx(value, i), 0, POLICY_PCRS - 1, &pcr, what));
		if (!(allowed >> pcr & 1u))
			return refuse(
				"%s names PCR %u, and may only name %s", what, (unsigned)pcr, only);
		mask |= 1u << pcr;
		policy_path_leave(p->path);
	}
	*out = mask;
	return failure_none();
}

struct failure policy_read_allow_missing(struct policy *p, void *into, struct json_object *value)
{
	struct policy_set *set = into;

	return read_pcr_list(p, value, POLICY_REQUIRED_PCRS,
		set ? &set->allow_missing : &p->allow_missing, "\"allow_missing\"",
		"2, 3, 4, 11, 12 and 15");
}

struct failure policy_read_may_change(struct policy *p, void *into, struct json_object *value)
{
	(void)into;
	return read_pcr_list(p, value, POLICY_FIRMWARE_PCRS, &p->may_change, "\"may_change\"",
		"0, 1, 2, 3 and 7");
}

static struct failure add_accepted(struct policy *p, unsigned pcr, struct json_object *value)
{
	struct policy_accepted *a = &p->accepted[p->accepted_count];

	if (!policy_read_hex(value, a->value, p->digest_len))
		return refuse("\"accepted\" of PCR %u must hold strings of %zu hex digits", pcr,
			2 * p->digest_len);
	a->pcr = pcr;
	p->accepted_count++;
	return failure_none();
}

struct failure policy_read_accepted(struct policy *p, void *into, struct json_object *value)
{
	(void)into;
	if (!json_object_is_type(value, json_type_object))
		return refuse("\"accepted\" must be an object: a PCR, and an array of values");
	free(p->accepted);
	p->accepted = calloc(POLICY_ACCEPTED_MAX, sizeof(*p->accepted));
	if (!p->accepted)
		return refuse("out of memory");
	json_object_object_foreach(value, name, list)
	{
		unsigned pcr;

		policy_path_enter(p->path, name);
		if (!policy_read_pcr(name, &pcr) || !(POLICY_FIRMWARE_PCRS >> pcr & 1u))
			return refuse("\"accepted\" may only name PCR 0, 1, 2, 3 and 7");
		if (!json_object_is_type(list, json_type_array) ||
			json_object_array_length(list) > POLICY_ACCEPTED_MAX - p->accepted_count)
			return refuse(
				"\"accepted\" of PCR %u must be an array; it may hold %u values in "
				"all",
				pcr, POLICY_ACCEPTED_MAX);
		for (size_t i = 0; i < json_object_array_length(list); i++) {
			policy_path_enter_index(p->path, i);
			TRY_FAILURE(add_accepted(p, pcr, json_object_array_get_idx(list, i)));
			policy_path_leave(p->path);
		}
		policy_path_leave(p->path);
	}
	return failure_none();
}

/* What each of POLICY_REQUIRED_PCRS keeps out. */
static const char *reason_for(unsigned pcr)
{
	switch (pcr) {
	case 2:
		return "the host's drivers and option ROMs could run before the image";
	case 3:
		return "settings of the host's option ROMs would not be noticed";
	case 4:
		return "another application could run before the image";
	case 11:
		return "any image would match";
	case 12:
		return "a command line or files from beside the image would not be noticed";
	default:
		return "a machine whose root file system runs already could join as well";
	}
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= bytes[i];
	return !any;
}

struct failure policy_check_gaps(const struct policy *p, const struct policy_set *set)
{
	uint32_t missing = POLICY_REQUIRED_PCRS & ~set->enforced & ~set->allow_missing &
			   ~p->allow_missing;
	unsigned pcr = missing ? (unsigned)__builtin_ctz(missing) : 0;

	if (missing)
		return refuse(
			"set \"%s\" does not enforce PCR %u, so %s: name its value, or allow that "
			"by \"allow_missing\": [%u]",
			set->name, pcr, reason_for(pcr), pcr);
	if ((set->enforced >> 15 & 1u) && !is_zero(set->expected[15], p->digest_len))
		return refuse(
			"set \"%s\" wants a PCR 15 that is not zero, as only a machine has that "
			"runs already: predict it for the join, without --phase booted",
			set->name);
	return failure_none();
}
