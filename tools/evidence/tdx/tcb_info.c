/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel's TCB info: the levels of one kind of platform, and the TDX modules it may run. */
#include <stdlib.h>
#include <string.h>

#include "tools/evidence/tdx/collateral_private.h"

#define MODULE_ID_LEN 6u /* "TDX_01" */

static struct failure components(
	const struct json_object *tcb, const char *name, uint16_t out[TDX_SVNS])
{
	struct json_object *list;
	size_t count;

	TRY_FAILURE(collateral_list(tcb, name, TDX_SVNS, TDX_SVNS, &list, &count));
	for (size_t i = 0; i < count; i++) {
		uint64_t svn;

		TRY_FAILURE(collateral_number(
			json_object_array_get_idx(list, i), "svn", UINT16_MAX, &svn));
		out[i] = (uint16_t)svn;
	}
	return failure_none();
}

static struct failure read_level(const struct json_object *item, struct tdx_tcb_level *out)
{
	struct json_object *tcb;
	uint64_t pcesvn;

	TRY_FAILURE(collateral_member(item, "tcb", json_type_object, &tcb));
	TRY_FAILURE(components(tcb, "sgxtcbcomponents", out->sgx));
	TRY_FAILURE(components(tcb, "tdxtcbcomponents", out->tdx));
	TRY_FAILURE(collateral_number(tcb, "pcesvn", UINT16_MAX, &pcesvn));
	out->pcesvn = (uint16_t)pcesvn;
	return collateral_status(item, &out->status, &out->advisories);
}

static int compare_svns(const uint16_t *a, const uint16_t *b)
{
	for (size_t i = 0; i < TDX_SVNS; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? 1 : -1;
	return 0;
}

static int higher_level_first(const void *a, const void *b)
{
	const struct tdx_tcb_level *one = a, *other = b;
	int order = compare_svns(one->sgx, other->sgx);

	if (!order)
		order = compare_svns(one->tdx, other->tdx);
	if (!order && one->pcesvn != other->pcesvn)
		order = one->pcesvn < other->pcesvn ? 1 : -1;
	return order;
}

static struct failure read_levels(const struct json_object *o, struct tdx_tcb_info *info)
{
	struct json_object *list;
	size_t count;

	TRY_FAILURE(collateral_list(o, "tcbLevels", 1, TDX_LEVELS_MAX, &list, &count));
	info->levels = calloc(count, sizeof(*info->levels));
	if (!info->levels)
		return refuse("out of memory");
	for (size_t i = 0; i < count; i++)
		TRY_FAILURE(read_level(json_object_array_get_idx(list, i), &info->levels[i]));
	info->level_count = count;
	qsort(info->levels, count, sizeof(*info->levels), higher_level_first);
	return failure_none();
}

static struct failure read_signer(const struct json_object *o, struct tdx_module *m)
{
	TRY_FAILURE(collateral_hex(o, "mrsigner", m->mrsigner, sizeof(m->mrsigner)));
	TRY_FAILURE(collateral_hex(o, "attributes", m->attributes, sizeof(m->attributes)));
	return collateral_hex(o, "attributesMask", m->mask, sizeof(m->mask));
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* "TDX_01", in either case: the module's version, two hex digits. */
static struct failure module_version(const struct json_object *o, uint8_t *out)
{
	struct json_object *id;
	const char *text;
	int high, low;

	TRY_FAILURE(collateral_member(o, "id", json_type_string, &id));
	text = json_object_get_string(id);
	if (strlen(text) != MODULE_ID_LEN || strncasecmp(text, "TDX_", 4) != 0)
		return refuse("the \"id\" of a TDX module is not like TDX_01");
	high = hex_digit(text[4]);
	low = hex_digit(text[5]);
	if (high < 0 || low < 0 || !(high | low))
		return refuse("the \"id\" of a TDX module is not like TDX_01");
	*out = (uint8_t)(high << 4 | low);
	return failure_none();
}

static struct failure read_module(
	const struct tdx_tcb_info *info, const struct json_object *o, struct tdx_module *m)
{
	TRY_FAILURE(module_version(o, &m->version));
	for (size_t i = 0; i < info->module_count; i++)
		if (&info->modules[i] != m && info->modules[i].version == m->version)
			return refuse("two TDX modules have the version %u", m->version);
	TRY_FAILURE(read_signer(o, m));
	return collateral_svn_levels(o, &m->levels);
}

/* Collateral of before the modules' versions has none of them. */
static struct failure read_modules(const struct json_object *o, struct tdx_tcb_info *info)
{
	struct json_object *list;
	size_t count;

	if (!json_object_object_get_ex(o, "tdxModuleIdentities", &list))
		return failure_none();
	TRY_FAILURE(collateral_list(o, "tdxModuleIdentities", 0, TDX_MODULES_MAX, &list, &count));
	info->modules = calloc(count ? count : 1, sizeof(*info->modules));
	if (!info->modules)
		return refuse("out of memory");
	for (size_t i = 0; i < count; i++) {
		info->module_count = i + 1;
		TRY_FAILURE(
			read_module(info, json_object_array_get_idx(list, i), &info->modules[i]));
	}
	return failure_none();
}

static struct failure read_info(const struct json_object *o, struct tdx_tcb_info *info)
{
	struct json_object *module;
	uint64_t number;

	TRY_FAILURE(collateral_text_is(o, "id", "TDX"));
	TRY_FAILURE(collateral_number(o, "version", UINT16_MAX, &number));
	if (number != 3)
		return refuse("the TCB info has version %u; 3 is known", (unsigned)number);
	TRY_FAILURE(collateral_number(o, "tcbType", UINT16_MAX, &number));
	if (number != 0)
		return refuse("the TCB info has type %u; 0 is known", (unsigned)number);
	TRY_FAILURE(collateral_issue(o, &info->issue));
	TRY_FAILURE(collateral_hex(o, "fmspc", info->fmspc, sizeof(info->fmspc)));
	TRY_FAILURE(collateral_hex(o, "pceId", info->pceid, sizeof(info->pceid)));
	TRY_FAILURE(collateral_member(o, "tdxModule", json_type_object, &module));
	TRY_FAILURE(read_signer(module, &info->module));
	TRY_FAILURE(read_modules(o, info));
	return read_levels(o, info);
}

void tdx_tcb_info_free(struct tdx_tcb_info *info)
{
	for (size_t i = 0; i < info->module_count; i++)
		free(info->modules[i].levels.list);
	free(info->modules);
	free(info->levels);
	*info = (struct tdx_tcb_info){.level_count = 0};
}

struct failure tdx_tcb_info_parse(struct span text, struct tdx_tcb_info *out)
{
	struct tdx_tcb_info info = {.level_count = 0};
	struct json_object *root;
	struct failure f;

	TRY_FAILURE(collateral_parse(text, &root));
	f = read_info(root, &info);
	json_object_put(root);
	if (f.happened)
		tdx_tcb_info_free(&info);
	else
		*out = info;
	return f;
}
