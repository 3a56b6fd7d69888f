/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much a program may write. */
#include <sys/stat.h>
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/lib/report.h"
#include "tools/lib/run.h"

static bool writes(const char *count, uint64_t max)
{
	const char *const argv[] = {"head", "-c", count, "/dev/zero", NULL};
	const struct run_output output = {scratch_path("out"), max, "coreutils"};

	unlink(output.path);
	return run_to_file(&output, argv, NULL);
}

static void test_limit(void)
{
	struct stat st;

	CHECK(writes("1000", 1000) && writes("0", 0) && writes("100000", UINT64_MAX));
	CHECK(!writes("1001", 1000) && !writes("1", 0));
	/* What was too much is not written either. */
	CHECK(!writes("1000000", 1000) && !stat(scratch_path("out"), &st) && st.st_size <= 1000);
}

int main(void)
{
	report_silence();
	scratch_open();
	RUN(test_limit);
	scratch_close();
	return test_summary();
}
