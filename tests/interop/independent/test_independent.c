/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs all cases: argv[1] is the protostar command, argv[2] PROTOCOL.md, the others modules. */
#include "tests/interop/independent/cases.h"

#include <signal.h>
#include <stdio.h>

unsigned cases_run, cases_failed;

void expect(const char *name, unsigned want, unsigned got)
{
	cases_run++;
	cases_failed += want != got;
	if (want == got)
		printf("%s: %u\n", name, got);
	else
		printf("FAILED %s: %u, not %u\n", name, got, want);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	need(argc == 5, "give the protostar command, PROTOCOL.md, failing_files, wall_clock");
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	cases_vectors(argv[2]);
	service_open(argv[1]);
	cases_transport();
	cases_fields();
	cases_keys();
	cases_attacks();
	cases_state();
	cases_identity();
	cases_service();
	cases_faults(argv[3], argv[4]);
	cases_rotation();
	service_close();
	printf("%u cases, %u failed\n", cases_run, cases_failed);
	return cases_failed || !cases_run;
}
