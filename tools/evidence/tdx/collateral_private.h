/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fetching values out of collateral by what they must be; failures name the member. */
#ifndef TOOLS_EVIDENCE_TDX_COLLATERAL_PRIVATE_H
#define TOOLS_EVIDENCE_TDX_COLLATERAL_PRIVATE_H

#include <json-c/json.h>

#include "tools/evidence/tdx/collateral.h"

/* The whole text as an object; json_object_put() it. */
struct failure collateral_parse(struct span text, struct json_object **out) MUST_CHECK;

/* A member of an object, which must be there and of this type. */
struct failure collateral_member(const struct json_object *o, const char *name, enum json_type type,
	struct json_object **out) MUST_CHECK;
struct failure collateral_number(
	const struct json_object *o, const char *name, uint64_t max, uint64_t *out) MUST_CHECK;
/* Exactly this text. */
struct failure collateral_text_is(
	const struct json_object *o, const char *name, const char *wanted) MUST_CHECK;
/* Exactly len bytes in hexadecimal, in either case. */
struct failure collateral_hex(
	const struct json_object *o, const char *name, uint8_t *out, size_t len) MUST_CHECK;
/* An array of min to max objects. */
struct failure collateral_list(const struct json_object *o, const char *name, size_t min,
	size_t max, struct json_object **out, size_t *out_count) MUST_CHECK;

/* "issueDate", "nextUpdate" and "tcbEvaluationDataNumber". */
struct failure collateral_issue(const struct json_object *o, struct tdx_issue *out) MUST_CHECK;
/* "tcbStatus" and "advisoryIDs" of a level. */
struct failure collateral_status(const struct json_object *o, enum tdx_status *out,
	struct tdx_advisories *advisories) MUST_CHECK;
/* "tcbLevels" of an enclave or a module: sorted; free() out->list. */
struct failure collateral_svn_levels(
	const struct json_object *o, struct tdx_svn_levels *out) MUST_CHECK;

#endif
