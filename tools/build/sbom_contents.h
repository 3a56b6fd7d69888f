/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of sbom_make(): the files of the document, which are the sections of the image and the
 * regular files in its initrd. Order: sbom_contents_read(); then read; sbom_contents_free().
 */
#ifndef TOOLS_BUILD_SBOM_CONTENTS_H
#define TOOLS_BUILD_SBOM_CONTENTS_H

#include "tools/lib/cpio_read.h"
#include "tools/lib/pe_read.h"

struct sbom_hashes {
	uint8_t sha1[20], sha256[32], sha384[48];
};

struct sbom_file {
	char *name;	  /* "./.initrd/init", as SPDX has it */
	char *id;	  /* "SPDXRef-Section-3.linux" */
	const char *type; /* SPDX's fileTypes: "BINARY" */
	char section[9];  /* ".linux"; of an initrd's file: ".initrd" */
	bool in_initrd;
	const uint8_t *data; /* in the image; NULL where in_initrd */
	size_t len;	     /* bytes of the image, without zeros that a loader adds */
	struct sbom_hashes hashes;
};

struct sbom_contents {
	struct sbom_file *files; /* sections in the order of the table, the initrd's files behind */
	size_t count;
	struct pe_file pe;
	struct sbom_hashes image;
	uint8_t verification[20]; /* SPDX 2.3, 7.9: SHA-1 over the sorted SHA-1s of the files */
};

#define SBOM_FILES_MAX 65536u
#define SBOM_BYTES_MAX (4ull << 30) /* of them all */

/* Reads a UKI's bytes, which must outlive *out; complains, naming the image. */
bool sbom_contents_read(
	const char *name, const uint8_t *uki, size_t len, struct sbom_contents *out);
void sbom_contents_free(struct sbom_contents *contents);

/* The first section with this name; NULL when there is none. */
const struct sbom_file *sbom_section(const struct sbom_contents *contents, const char *name);
/* The file of the initrd with this path; NULL when there is none. */
const struct sbom_file *sbom_initrd_file(const struct sbom_contents *contents, const char *path);

#endif
