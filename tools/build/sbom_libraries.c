/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "tools/build/sbom.h"

const struct sbom_library sbom_libraries[] = {
#define LIBRARY(source, version, suite, sha256, file) {source, version, suite, sha256, file},
#include "sbom_libraries.def" /* made of third_party/sources.lock */
#undef LIBRARY
	{NULL, NULL, NULL, NULL, NULL},
};

/*
 * What third_party/README.md says of each; of lvm2 only libdevmapper is linked, of openssh only
 * libcrux's ML-KEM, which it carries.
 */
static const struct {
	const char *source, *name, *license;
} facts[] = {
	{"bearssl", "BearSSL", "MIT"},
	{"cryptsetup", "libcryptsetup", "GPL-2.0-or-later AND LGPL-2.1-or-later"},
	{"json-c", "json-c", "MIT"},
	{"lvm2", "lvm2 (libdevmapper)", "LGPL-2.1-only"},
	{"musl", "musl", "MIT"},
	{"openssh", "openssh (libcrux ML-KEM-768)", "MIT"},
	{"tpm2-tss", "tpm2-tss", "BSD-2-Clause"},
};

bool sbom_library_facts(const char *source, const char **out_name, const char **out_license)
{
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (strcmp(facts[i].source, source) == 0) {
			*out_name = facts[i].name;
			*out_license = facts[i].license;
			return true;
		}
	}
	return false;
}
