/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads PE32+ images made by others: systemd's stubs (SectionAlignment 0x200 in 252), boot loaders,
 * shim, kernels. Takes whatever firmware would load, so it is more tolerant than efi/contract/pe.h,
 * which our own images must pass; yet every range is checked, and what would have two meanings
 * (sections that share bytes, in the file or in memory) is refused.
 *
 * Nothing is allocated; the caller owns the bytes and keeps them as long as the struct is used.
 * Order: pe_read() once, then pe_file_section() and pe_contents_of() as often as needed.
 */
#ifndef TOOLS_LIB_PE_READ_H
#define TOOLS_LIB_PE_READ_H

#include "efi/contract/pe.h"
#include "tools/lib/flaw.h"

/* Bytes that an image may have in memory beyond those of its file. */
#define PE_ZEROS_MAX (512u << 20)

struct pe_file {
	const uint8_t *base;
	size_t len; /* bytes */
	uint16_t machine, section_count, major_image_version, subsystem, dll_characteristics;
	uint32_t size_of_image, size_of_headers;
	/* File offsets. */
	uint32_t header_at; /* of "PE\0\0" */
	uint32_t checksum_at, sections_at;
	uint32_t certificate_entry_at; /* of the data directory; 0: the image has no such entry */
	/* The certificate table; length 0: not signed. Signers end the file with it; bytes that
	 * somebody put behind it are hashed as firmware hashes them, and the signature then fails.
	 */
	uint32_t certificates_at, certificates_len;
};

/* Checks headers and all sections. *out is written when it returns true, *flaw otherwise. */
bool pe_read(const uint8_t *base, size_t len, struct pe_file *out, struct flaw *flaw);

/* Whether the file is signed and has no bytes behind its certificate table. */
static inline bool pe_ends_signed(const struct pe_file *file)
{
	return file->certificates_len &&
	       file->certificates_at + (size_t)file->certificates_len == file->len;
}

/* Section number index (< section_count), in the order of the table. */
struct pe_section pe_file_section(const struct pe_file *file, unsigned index);

/* How a stub finds a section by its name. */
enum pe_match {
	PE_FIRST_EXACT, /* all eight bytes, the first such section (systemd 254 on, lanzaboote) */
	PE_LAST_PREFIX, /* as many bytes as the name has, the last such section (systemd 252) */
};

/* What a section holds in memory: VirtualSize bytes. */
struct pe_contents {
	const uint8_t *data; /* points into the file */
	size_t len, zeros;   /* bytes of the file, zero bytes that follow */
	uint64_t offset;     /* of data in the file */
};

/* The contents of one section, by its row. */
struct pe_contents pe_contents_of(const struct pe_file *file, const struct pe_section *row);

/*
 * Looks for a name among the rows first..end-1 (end at most section_count). False when there is
 * none or what is found has VirtualSize 0; *out is untouched then.
 */
bool pe_lookup(const struct pe_file *file, const char *name, enum pe_match match, unsigned first,
	unsigned end, struct pe_contents *out);

#endif
