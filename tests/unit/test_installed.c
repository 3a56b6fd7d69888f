/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a program looks for the stub and PID 1 of its own build: PREFIX/bin, and build folders. */
#include "tests/unit/test.h"
#include "tools/lib/installed.h"

#include <stdlib.h>
#include <string.h>

static void lies_at(const char *program, const char *expected)
{
	char *path = installed_path(program, INSTALLED_EARLY);

	CHECK(strcmp(path, expected) == 0);
	free(path);
}

static void test_installed(void)
{
	lies_at("/usr/bin/protostar", "/usr/libexec/protostar/protostar-early");
	lies_at("/opt/a b/bin/protostar", "/opt/a b/libexec/protostar/protostar-early");
	lies_at("/bin/protostar", "/libexec/protostar/protostar-early");
	lies_at("/usr/bin/another-name", "/usr/libexec/protostar/protostar-early");
}

static void test_build_folder(void)
{
	lies_at("/src/build/release/protostar", "/src/build/release/protostar-early");
	lies_at("/src/bin/release/protostar", "/src/bin/release/protostar-early");
	lies_at("/src/cabin/protostar", "/src/cabin/protostar-early");
	lies_at("/binary/protostar", "/binary/protostar-early");
	lies_at("/protostar", "/protostar-early");
}

int main(void)
{
	RUN(test_installed);
	RUN(test_build_folder);
	return test_summary();
}
