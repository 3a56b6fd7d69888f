/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an OVMF image tells the VMM that starts it: a table of GUIDed structures that ends 32 bytes
 * before the end of the image (edk2: OvmfPkg/ResetVector), and in it where the metadata for TDX
 * (Intel TDX Virtual Firmware Design Guide 1.01, section 11) and for SEV-SNP lie. The VMM adds and
 * measures memory as these say, so they and the image are what a launch digest depends on.
 *
 * The image may come from anybody. Everything is copied out and bounded here: no count, offset or
 * size is used before it was compared with the bytes at hand, and sections together claim at most
 * OVMF_MEMORY_MAX bytes of memory, so that work in proportion to them is bounded too.
 */
#ifndef TOOLS_LIB_OVMF_METADATA_H
#define TOOLS_LIB_OVMF_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/flaw.h"

#define OVMF_SECTIONS_MAX 64u
#define OVMF_MEMORY_MAX	  (256u << 20) /* bytes, all sections that are added or measured */
#define OVMF_IMAGE_MAX	  (64u << 20)  /* bytes */
#define OVMF_PAGE	  4096u

/* Attributes of a TDVF section (Design Guide, table 11-4). */
enum { TDVF_MR_EXTEND = 1, TDVF_PAGE_AUG = 2 };
/* Types of a TDVF section, as far as somebody needs to know them (table 11-3). */
enum { TDVF_BFV = 0, TDVF_CFV = 1, TDVF_TD_HOB = 2, TDVF_TEMP_MEM = 3 };

struct ovmf_tdvf_section {
	uint32_t data_offset, raw_size; /* of its bytes in the whole image; raw_size may be 0 */
	uint64_t address, size;		/* where in the guest; whole pages */
	uint32_t type, attributes;
	size_t entry; /* offset of this description in the image */
};

/* Types of an SEV section (edk2: OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm). */
enum {
	SEV_ZERO_PAGES = 1,
	SEV_SECRETS = 2,
	SEV_CPUID = 3,
	SEV_SVSM_CAA = 4,
	SEV_KERNEL_HASHES = 0x10,
};

struct ovmf_sev_section {
	uint32_t address, size; /* whole pages */
	uint32_t type;
	size_t entry; /* offset of this description in the image */
};

struct ovmf_metadata {
	bool has_tdvf;
	struct ovmf_tdvf_section tdvf[OVMF_SECTIONS_MAX];
	size_t tdvf_count;
	bool has_sev;
	struct ovmf_sev_section sev[OVMF_SECTIONS_MAX];
	size_t sev_count;
	bool has_reset_eip;
	uint32_t reset_eip; /* where processors but the first begin (SEV-ES reset block) */
	/* Where the VMM puts hashes of kernel, initrd and command line; address 0: nowhere. */
	uint32_t hashes_address, hashes_size;
};

/*
 * Reads the table of an image of len bytes. False, with *flaw, when there is none or when it or
 * what it points to is malformed. Metadata that the table does not name are absent: see has_....
 */
bool ovmf_metadata_read(
	const uint8_t *image, size_t len, struct ovmf_metadata *out, struct flaw *flaw);

/*
 * The raw_size bytes of a section. NULL, with *flaw, when they are not in the image: an image that
 * is split into code and variables must be given as one, variables first.
 */
const uint8_t *ovmf_section_data(const struct ovmf_tdvf_section *section, const uint8_t *image,
	size_t len, struct flaw *flaw);

#endif
