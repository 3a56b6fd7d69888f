/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The member "tcb" of what a set expects of SEV-SNP: minima by product line and component. */
#include <string.h>

#include "tools/policy/policy_json.h"
#include "tools/policy/policy_snp.h"

static bool component_of(enum snp_product product, const char *name, enum snp_component *out)
{
	for (unsigned c = 0; c < SNP_COMPONENTS; c++) {
		if (!snp_product_has(product, c) || strcmp(snp_component_name(c), name) != 0)
			continue;
		*out = (enum snp_component)c;
		return true;
	}
	return false;
}

static struct failure read_component(struct snp_expected *e, enum snp_product product,
	const char *name, struct json_object *value)
{
	enum snp_component c;
	uint64_t minimum;

	if (!component_of(product, name, &c))
		return refuse("%s has no such component", snp_product_name(product));
	TRY_FAILURE(policy_read_number(value, 0, 255, &minimum, "a minimum"));
	e->tcb[product][c] = (uint8_t)minimum;
	return failure_none();
}

/* Every component of the line, and not all of them zero. */
static struct failure read_product(struct policy *p, struct snp_expected *e,
	enum snp_product product, struct json_object *value)
{
	if (!json_object_is_type(value, json_type_object))
		return refuse("it must be an object of components");
	json_object_object_foreach(value, name, minimum)
	{
		policy_path_enter(p->path, name);
		TRY_FAILURE(read_component(e, product, name, minimum));
		policy_path_leave(p->path);
	}
	for (unsigned c = 0; c < SNP_COMPONENTS; c++)
		if (snp_product_has(product, c) &&
			!json_object_object_get_ex(value, snp_component_name(c), NULL))
			return refuse("the component \"%s\" is missing", snp_component_name(c));
	if (snp_is_zero(e->tcb[product], SNP_COMPONENTS))
		return refuse("minima of zero demand nothing: name \"tcb\" in \"waive\"");
	e->tcb_products |= 1u << product;
	return failure_none();
}

struct failure policy_read_snp_tcb(struct policy *p, void *into, struct json_object *value)
{
	struct snp_expected *e = into;

	if (!json_object_is_type(value, json_type_object))
		return refuse("it must be an object of product lines");
	json_object_object_foreach(value, name, minima)
	{
		enum snp_product product;

		policy_path_enter(p->path, name);
		if (!snp_product_from_name(name, strlen(name), &product))
			return refuse("there is no such product line");
		TRY_FAILURE(read_product(p, e, product, minima));
		policy_path_leave(p->path);
	}
	return e->tcb_products ? failure_none() : refuse("it names no product line");
}
