/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose SEV-SNP reports a policy believes: "evidence"."snp". */
#include <stdlib.h>
#include <string.h>

#include "tools/policy/policy_json.h"
#include "tools/policy/policy_snp.h"

static struct failure read_files(
	struct policy *p, struct snp_files *into, struct json_object *value)
{
	return policy_read_names(p, value, SNP_FILES_MAX, &into->names, &into->count);
}

static struct failure read_roots(struct policy *p, void *into, struct json_object *value)
{
	struct snp_trust *t = into;

	return read_files(p, &t->root_files, value);
}

static struct failure read_certificates(struct policy *p, void *into, struct json_object *value)
{
	struct snp_trust *t = into;

	return read_files(p, &t->certificate_files, value);
}

static struct failure read_crls(struct policy *p, void *into, struct json_object *value)
{
	struct snp_trust *t = into;

	return read_files(p, &t->crl_files, value);
}

static struct failure read_products(struct policy *p, void *into, struct json_object *value)
{
	struct snp_trust *t = into;

	if (!json_object_is_type(value, json_type_array) || !json_object_array_length(value))
		return refuse("it must be an array of product lines, as [\"Genoa\", \"Turin\"]");
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *item = json_object_array_get_idx(value, i);
		enum snp_product product;

		policy_path_enter_index(p->path, i);
		if (!json_object_is_type(item, json_type_string) ||
			!snp_product_from_name(json_object_get_string(item),
				(size_t)json_object_get_string_len(item), &product))
			return refuse("there is no such product line");
		t->products |= 1u << product;
		policy_path_leave(p->path);
	}
	return failure_none();
}

/* 64 bytes; of Turin 8, which reports fill up with zeros. */
static struct failure take_chip(struct json_object *item, void *element)
{
	size_t short_len = snp_chip_id_len(SNP_TURIN);
	uint8_t *id = element;

	if (!policy_read_hex(item, id, SNP_CHIP_ID_LEN)) {
		memset(id, 0, SNP_CHIP_ID_LEN);
		if (!policy_read_hex(item, id, short_len))
			memset(id, 0, SNP_CHIP_ID_LEN);
	}
	return snp_is_zero(id, SNP_CHIP_ID_LEN) ? refuse("a chip id has 128 hex digits, of Turin "
							 "16, and is not zero")
						: failure_none();
}

static struct failure read_chips(
	struct policy *p, struct snp_chips *into, struct json_object *value)
{
	static const struct policy_list chips = {
		SNP_CHIP_ID_LEN, SNP_CHIPS_MAX, "chip ids", take_chip};

	return policy_read_list(p, &chips, value, &into->ids, &into->count);
}

static struct failure read_allow(struct policy *p, void *into, struct json_object *value)
{
	struct snp_trust *t = into;

	return read_chips(p, &t->allow, value);
}

static struct failure read_deny(struct policy *p, void *into, struct json_object *value)
{
	struct snp_trust *t = into;

	return read_chips(p, &t->deny, value);
}

static const struct policy_member chip_members[] = {
	{"allow", read_allow},
	{"deny", read_deny},
};

static struct failure read_chip_lists(struct policy *p, void *into, struct json_object *value)
{
	struct snp_trust *t = into;

	TRY_FAILURE(policy_read_members(p, into, value, MEMBERS(chip_members), "\"chips\""));
	if (!t->allow.count && !t->deny.count)
		return refuse("\"chips\" has neither \"allow\" nor \"deny\"");
	return failure_none();
}

static struct failure read_waive(struct policy *p, void *into, struct json_object *value)
{
	struct snp_trust *t = into;

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
		else if (strcmp(name, "chips") == 0)
			t->any_chip = true;
		else
			return refuse("only \"crls\" and \"chips\" can be waived");
		policy_path_leave(p->path);
	}
	return failure_none();
}

static const struct policy_member members[] = {
	{"roots", read_roots},
	{"certificates", read_certificates},
	{"crls", read_crls},
	{"products", read_products},
	{"chips", read_chip_lists},
	{"waive", read_waive},
};

static struct failure read_trust(struct policy *p, struct snp_trust *t, struct json_object *value)
{
	TRY_FAILURE(policy_read_members(p, t, value, MEMBERS(members), "SEV-SNP evidence"));
	if (!t->root_files.count)
		return refuse("\"roots\" is missing: AMD's ARK certificates, by file");
	if (!t->products)
		return refuse("\"products\" is missing: the product lines whose reports are taken");
	TRY_FAILURE(policy_there_or_waived(t->crl_files.count != 0, t->no_revocation, "crls"));
	return policy_there_or_waived(t->allow.count || t->deny.count, t->any_chip, "chips");
}

struct failure policy_read_snp_trust(
	struct policy *p, struct snp_trust **out, struct json_object *value)
{
	struct snp_trust *t = calloc(1, sizeof(*t));
	struct failure f;

	if (!t)
		return refuse("out of memory");
	f = read_trust(p, t, value);
	if (f.happened) {
		snp_trust_free(t);
		free(t);
	} else {
		*out = t;
	}
	return f;
}
