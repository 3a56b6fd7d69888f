/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/serve/tee_policy.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/interop/serve/setting.h"
#include "tests/interop/evidence/tdx_pki.h"

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static void begin(const char *identity, const char *snp_evidence, const char *sets)
{
	static char policy[32768];
	char command[256];

	if (at.service.pid > 0)
		service_stop(&at.service, SIGTERM);
	snprintf(command, sizeof(command), "rm -rf %s", at.service.state);
	must(system(command) == 0, "the old store stays");
	snprintf(policy, sizeof(policy),
		"{\"identity\":{\"%s\":true},\"evidence\":{%s,\"tdx\":" TDX_PKI_EVIDENCE
		"},\"sets\":[%s]}",
		identity, snp_evidence, sets);
	service_policy(&at.service, policy);
	must(service_start(&at.service, NULL), "the service does not start");
}

void tee_serve_chips(const char *snp_evidence, const char *sets)
{
	begin("tee", snp_evidence, sets);
}

void tee_serve(const char *sets)
{
	tee_serve_chips(SNP_EVIDENCE(ANY_CHIP), sets);
}

static const char *sets_of(const char *members, const char *more_sets)
{
	static char sets[16384];

	snprintf(sets, sizeof(sets), "{\"name\":\"both\",%s,%s}%s", at.set, members, more_sets);
	return sets;
}

void tee_serve_tpm_and(const char *members, const char *more_sets)
{
	tee_serve(sets_of(members, more_sets));
}

void tee_serve_first_use(const char *members, const char *more_sets)
{
	begin("first_use", SNP_EVIDENCE(ANY_CHIP), sets_of(members, more_sets));
}
