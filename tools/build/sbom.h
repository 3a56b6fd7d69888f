/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bill of materials of a UKI, as an SPDX 2.3 document in JSON: the image as a package, its
 * sections and the files in its initrd with their hashes, what they were made from, and which PCR
 * depends on which of them by which rule and digest. Same image and recipe, same text: the time in
 * it is fixed and its namespace is a hash of the rest.
 *
 * The image may come from anybody: it is read by readers of hostile bytes, and more than
 * 65,536 files in its initrd are refused. A recipe tells what the parts were made from;
 * without one the document only says what the image itself shows.
 */
#ifndef TOOLS_BUILD_SBOM_H
#define TOOLS_BUILD_SBOM_H

#include "tools/build/recipe.h"
#include "tools/lib/command.h"
#include "tools/measure/model/boot.h"

/* The banks in which the boot that sbom_make() is given must be hashed. */
#define SBOM_BANKS (BANK_BIT(BANK_SHA256) | BANK_BIT(BANK_SHA384))

struct sbom_subject {
	const char *name; /* "uki.efi" */
	const uint8_t *uki;
	size_t len;		     /* bytes */
	const struct boot *boot;     /* its predicted boot */
	const struct recipe *recipe; /* NULL: not known */
};

/* Appends the document. Complains and returns false when the image cannot be read. */
bool sbom_make(const struct sbom_subject *subject, struct bytes *out);

/*
 * A library that is linked into protostar-early, as third_party/sources.lock pinned it when this
 * program was built; the rows below end with a NULL name.
 */
struct sbom_library {
	const char *source; /* "lvm2": the name in sources.lock */
	const char *version, *suite, *sha256, *file;
};
extern const struct sbom_library sbom_libraries[];

/* Its name for people and its licence (SPDX expression); false for one that is not known. */
bool sbom_library_facts(const char *source, const char **out_name, const char **out_license);

/* `protostar sbom` */
extern const struct command sbom_command;

#endif
