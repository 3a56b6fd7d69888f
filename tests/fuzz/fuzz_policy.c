/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy file: whatever parses must be safe to match against. */
#include "tests/unit/done.h"
#include "tools/policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t values[POLICY_PCRS * POLICY_DIGEST_MAX];
	struct policy *p = NULL;
	uint32_t enforced = 0;

	if (!done(policy_parse((const char *)data, size, &p)))
		return 0;
	if (!p->set_count || !p->pcr_mask || p->pcr_mask >> POLICY_PCRS || !p->digest_len ||
		!p->identity.rules)
		__builtin_trap();
	for (size_t i = 0; i < p->set_count; i++) {
		if (!p->sets[i].kinds || (p->sets[i].enforced & p->sets[i].warned) ||
			!p->sets[i].recognise)
			__builtin_trap();
		enforced |= p->sets[i].enforced;
	}
	if (!policy_match(p, values).set != !enforced)
		__builtin_trap();
	policy_free(p);
	return 0;
}
