/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/snp/expected.h"

static const char *const names[SNP_MEMBERS] = {
	[SNP_VERSIONS] = "versions",
	[SNP_KEYS] = "keys",
	[SNP_CSP] = "csp",
	[SNP_VMPL] = "vmpl",
	[SNP_POLICY] = "guest_policy",
	[SNP_ABI] = "abi",
	[SNP_MEASUREMENT] = "measurement",
	[SNP_ID_KEY] = "id_key",
	[SNP_AUTHOR_KEY] = "author_key",
	[SNP_GUEST_SVN] = "guest_svn",
	[SNP_TCB] = "tcb",
	[SNP_COMMITTED] = "committed",
	[SNP_PLATFORM] = "platform_info",
	[SNP_MITIGATIONS] = "mitigations",
	[SNP_HOST_DATA] = "host_data",
};

const char *snp_member_name(enum snp_member m)
{
	return names[m];
}

struct failure snp_expected_complete(const struct snp_expected *e)
{
	for (unsigned m = 0; m < SNP_MEMBERS; m++) {
		uint32_t bit = SNP_MEMBER_BIT(m);

		if (e->waived & bit & SNP_NEVER_WAIVED)
			return refuse("\"%s\" cannot be waived", names[m]);
		if (e->given & e->waived & bit)
			return refuse("\"%s\" is there, and waived", names[m]);
		if ((e->given | e->waived) & bit)
			continue;
		return refuse("\"%s\" is missing%s", names[m],
			bit & SNP_NEVER_WAIVED ? "" : ": give it, or name it in \"waive\"");
	}
	if ((e->given & SNP_MEMBER_BIT(SNP_GUEST_SVN)) && !(e->given & SNP_MEMBER_BIT(SNP_ID_KEY)))
		return refuse("\"guest_svn\" needs \"id_key\": without a trusted ID key the host "
			      "chooses the number");
	return failure_none();
}
