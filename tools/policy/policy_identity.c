/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy file's member "identity". */
#include <limits.h>

#include "tools/policy/policy_files.h"
#include "tools/policy/policy_json.h"

static struct failure read_roots(struct policy *p, void *into, struct json_object *value)
{
	struct policy_certificates *c = into;

	return policy_read_files(p, &c->roots, value);
}

static struct failure read_intermediates(struct policy *p, void *into, struct json_object *value)
{
	struct policy_certificates *c = into;

	return policy_read_files(p, &c->intermediates, value);
}

static struct failure read_crls(struct policy *p, void *into, struct json_object *value)
{
	struct policy_certificates *c = into;

	return policy_read_files(p, &c->crls, value);
}

static struct failure read_allow_expired(struct policy *p, void *into, struct json_object *value)
{
	struct policy_certificates *c = into;

	(void)p;
	if (!json_object_is_type(value, json_type_boolean))
		return refuse("\"allow_expired\" must be true or false");
	c->trust.allow_expired = json_object_get_boolean(value);
	return failure_none();
}

static const struct policy_member certificate_members[] = {
	{"roots", read_roots},
	{"intermediates", read_intermediates},
	{"crls", read_crls},
	{"allow_expired", read_allow_expired},
};

static struct failure read_certificates(
	struct policy *p, struct policy_certificates *c, struct json_object *value)
{
	TRY_FAILURE(policy_read_members(
		p, c, value, MEMBERS(certificate_members), "an identity by certificates"));
	if (!c->roots.count)
		return refuse("\"roots\" is missing: files with the makers' root certificates");
	return failure_none();
}

static struct failure read_ek_certificate(struct policy *p, void *into, struct json_object *value)
{
	struct policy_identity *identity = into;

	identity->rules |= IDENTITY_EK_CERTIFICATE;
	return read_certificates(p, &identity->ek, value);
}

static struct failure read_ak_certificate(struct policy *p, void *into, struct json_object *value)
{
	struct policy_identity *identity = into;

	identity->rules |= IDENTITY_AK_CERTIFICATE;
	return read_certificates(p, &identity->ak, value);
}

/* A rule that is switched on: a false would read as if something were switched off. */
static struct failure read_switch(void *into, struct json_object *value, enum identity_rule rule)
{
	struct policy_identity *identity = into;

	if (!json_object_is_type(value, json_type_boolean) || !json_object_get_boolean(value))
		return refuse("it must be true, or be left out");
	identity->rules |= rule;
	return failure_none();
}

static struct failure read_listed(struct policy *p, void *into, struct json_object *value)
{
	(void)p;
	return read_switch(into, value, IDENTITY_LISTED);
}

static struct failure read_tee(struct policy *p, void *into, struct json_object *value)
{
	(void)p;
	return read_switch(into, value, IDENTITY_TEE);
}

static struct failure read_first_use(struct policy *p, void *into, struct json_object *value)
{
	(void)p;
	return read_switch(into, value, IDENTITY_FIRST_USE);
}

static struct failure read_max_pending(struct policy *p, void *into, struct json_object *value)
{
	struct policy_identity *identity = into;
	uint64_t v;

	(void)p;
	TRY_FAILURE(policy_read_number(value, 1, POLICY_PENDING_MAX, &v, "\"max_pending\""));
	identity->max_pending = (uint32_t)v;
	return failure_none();
}

static const struct policy_member approval_members[] = {
	{"max_pending", read_max_pending},
};

static struct failure read_approval(struct policy *p, void *into, struct json_object *value)
{
	struct policy_identity *identity = into;

	identity->max_pending = POLICY_PENDING_DEFAULT;
	if (json_object_is_type(value, json_type_boolean))
		return read_switch(into, value, IDENTITY_APPROVAL);
	identity->rules |= IDENTITY_APPROVAL;
	return policy_read_members(p, into, value, MEMBERS(approval_members), "\"approval\"");
}

static const struct policy_member identity_members[] = {
	{"ek_certificate", read_ek_certificate},
	{"ak_certificate", read_ak_certificate},
	{"listed", read_listed},
	{"approval", read_approval},
	{"tee", read_tee},
	{"first_use", read_first_use},
};

#define CHOICES                                                                                   \
	"\"ek_certificate\" or \"ak_certificate\" (makers' roots, by file), \"listed\" "          \
	"(protostar node enroll), \"approval\" (protostar node approve), \"tee\" (a processor's " \
	"report), or \"first_use\" (whoever comes first)"

struct failure policy_lacks_identity(void)
{
	return refuse("\"identity\" is missing, so anybody could be a node: name " CHOICES);
}

struct failure policy_read_identity(struct policy *p, void *into, struct json_object *value)
{
	unsigned rules;

	(void)into;
	TRY_FAILURE(policy_read_members(
		p, &p->identity, value, MEMBERS(identity_members), "\"identity\""));
	rules = p->identity.rules;
	if (!rules)
		return refuse("\"identity\" names nothing: name " CHOICES);
	if ((rules & IDENTITY_FIRST_USE) && rules != IDENTITY_FIRST_USE)
		return refuse("\"first_use\" demands nothing, so it stands alone or not at all");
	if ((rules & IDENTITY_LISTED) && (rules & IDENTITY_APPROVAL))
		return refuse("\"listed\" refuses whom \"approval\" would let wait: name one of "
			      "them");
	return failure_none();
}

struct failure policy_check_identity(const struct policy *p)
{
	unsigned rules = p->identity.rules;

	if ((p->tpm.allowed_count || p->tpm.denied_count) &&
		!(rules & (IDENTITY_EK_CERTIFICATE | IDENTITY_AK_CERTIFICATE)))
		return refuse("\"evidence\".\"tpm\" is about makers' firmware, and only a "
			      "certificate says who made a TPM: \"identity\" must name "
			      "\"ek_certificate\" or \"ak_certificate\"");
	for (size_t i = 0; i < p->set_count; i++) {
		uint32_t kinds = p->sets[i].kinds;

		if ((rules & IDENTITY_TEE) && !(kinds & ~(1u << (EVIDENCE_TPM2 - 1))))
			return refuse("set \"%s\" names no processor's report, which \"identity\" "
				      "demands by \"tee\"",
				p->sets[i].name);
		if ((rules & (IDENTITY_EK_CERTIFICATE | IDENTITY_AK_CERTIFICATE)) &&
			!(kinds & 1u << (EVIDENCE_TPM2 - 1)))
			return refuse("set \"%s\" has no \"measurements\" of a TPM, whose "
				      "certificate \"identity\" demands",
				p->sets[i].name);
	}
	return failure_none();
}

static struct failure load_certs(
	const struct policy_files *files, const char *folder, struct certs *out)
{
	for (size_t i = 0; i < files->count; i++) {
		char path[PATH_MAX];

		TRY_FAILURE(policy_file_path(folder, files->names[i], path));
		TRY_FAILURE(certs_load(out, path));
	}
	return failure_none();
}

static struct failure load_certificates(struct policy_certificates *c, const char *folder)
{
	TRY_FAILURE(load_certs(&c->roots, folder, &c->trust.roots));
	TRY_FAILURE(load_certs(&c->intermediates, folder, &c->trust.intermediates));
	for (size_t i = 0; i < c->crls.count; i++) {
		char path[PATH_MAX];

		TRY_FAILURE(policy_file_path(folder, c->crls.names[i], path));
		TRY_FAILURE(crls_load(&c->trust.crls, path));
	}
	return failure_none();
}

struct failure policy_load_identity(struct policy_identity *identity, const char *folder)
{
	TRY_FAILURE(load_certificates(&identity->ek, folder));
	return load_certificates(&identity->ak, folder);
}

static void free_certificates(struct policy_certificates *c)
{
	policy_files_free(&c->roots);
	policy_files_free(&c->intermediates);
	policy_files_free(&c->crls);
	ek_trust_free(&c->trust);
}

void policy_free_identity(struct policy_identity *identity)
{
	free_certificates(&identity->ek);
	free_certificates(&identity->ak);
}
