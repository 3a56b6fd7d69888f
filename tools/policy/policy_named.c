/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that a policy names. */
#include "tools/evidence/snp/trust.h"
#include "tools/evidence/tdx/trust.h"
#include "tools/policy/policy.h"

struct visitor {
	struct failure (*each)(void *context, const char *name, bool secret);
	void *context;
};

static struct failure visit(const struct visitor *v, char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		TRY_FAILURE(v->each(v->context, names[i], false));
	return failure_none();
}

static struct failure visit_certificates(
	const struct visitor *v, const struct policy_certificates *c)
{
	TRY_FAILURE(visit(v, c->roots.names, c->roots.count));
	TRY_FAILURE(visit(v, c->intermediates.names, c->intermediates.count));
	return visit(v, c->crls.names, c->crls.count);
}

static struct failure visit_snp(const struct visitor *v, const struct snp_trust *t)
{
	TRY_FAILURE(visit(v, t->root_files.names, t->root_files.count));
	TRY_FAILURE(visit(v, t->certificate_files.names, t->certificate_files.count));
	return visit(v, t->crl_files.names, t->crl_files.count);
}

static struct failure visit_tdx(const struct visitor *v, const struct tdx_trust *t)
{
	TRY_FAILURE(visit(v, t->root_files.names, t->root_files.count));
	TRY_FAILURE(visit(v, t->tcb_info_files.names, t->tcb_info_files.count));
	TRY_FAILURE(visit(v, t->qe_identity_files.names, t->qe_identity_files.count));
	TRY_FAILURE(visit(v, t->crl_files.names, t->crl_files.count));
	return visit(v, t->signing_chain_files.names, t->signing_chain_files.count);
}

struct failure policy_each_file(const struct policy *p,
	struct failure (*each)(void *context, const char *name, bool secret), void *context)
{
	const struct visitor v = {each, context};

	TRY_FAILURE(visit_certificates(&v, &p->identity.ek));
	TRY_FAILURE(visit_certificates(&v, &p->identity.ak));
	if (p->snp)
		TRY_FAILURE(visit_snp(&v, p->snp));
	if (p->tdx)
		TRY_FAILURE(visit_tdx(&v, p->tdx));
	return p->join_material_file ? each(context, p->join_material_file, true) : failure_none();
}
