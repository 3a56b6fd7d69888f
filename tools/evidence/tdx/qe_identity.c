/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel's identity of the enclave that signs quotes of TDs. */
#include <stdlib.h>

#include "tools/evidence/tdx/collateral_private.h"

static struct failure read_identity(const struct json_object *o, struct tdx_qe_identity *q)
{
	uint64_t number;

	TRY_FAILURE(collateral_text_is(o, "id", "TD_QE"));
	TRY_FAILURE(collateral_number(o, "version", UINT16_MAX, &number));
	if (number != 2 && number != 3)
		return refuse("the quoting enclave's identity has version %u; 2 and 3 are known",
			(unsigned)number);
	TRY_FAILURE(collateral_issue(o, &q->issue));
	TRY_FAILURE(collateral_hex(o, "miscselect", q->miscselect, sizeof(q->miscselect)));
	TRY_FAILURE(collateral_hex(
		o, "miscselectMask", q->miscselect_mask, sizeof(q->miscselect_mask)));
	TRY_FAILURE(collateral_hex(o, "attributes", q->attributes, sizeof(q->attributes)));
	TRY_FAILURE(collateral_hex(
		o, "attributesMask", q->attributes_mask, sizeof(q->attributes_mask)));
	TRY_FAILURE(collateral_hex(o, "mrsigner", q->mrsigner, sizeof(q->mrsigner)));
	TRY_FAILURE(collateral_number(o, "isvprodid", UINT16_MAX, &number));
	q->isvprodid = (uint16_t)number;
	return collateral_svn_levels(o, &q->levels);
}

void tdx_qe_identity_free(struct tdx_qe_identity *q)
{
	free(q->levels.list);
	*q = (struct tdx_qe_identity){.isvprodid = 0};
}

struct failure tdx_qe_identity_parse(struct span text, struct tdx_qe_identity *out)
{
	struct tdx_qe_identity q = {.isvprodid = 0};
	struct json_object *root;
	struct failure f;

	TRY_FAILURE(collateral_parse(text, &root));
	f = read_identity(root, &q);
	json_object_put(root);
	if (f.happened)
		tdx_qe_identity_free(&q);
	else
		*out = q;
	return f;
}
