/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the stub accepts to hand to a kernel and as a kernel. The builder asks the same questions,
 * so that an image which the stub would refuse is never made.
 */
#ifndef EFI_CONTRACT_HANDOVER_H
#define EFI_CONTRACT_HANDOVER_H

#include "efi/contract/pe.h"

/* Characters of a command line; Linux on x86-64 keeps 2048 with the NUL. */
#define CMDLINE_MAX 2047u

/*
 * The bytes of .cmdline are 1 to CMDLINE_MAX printable ASCII characters (0x20 to 0x7e), neither the
 * first nor the last a space: no NUL, no newline. The kernel gets them as UTF-16 with a NUL, so
 * PCR 9 is extended with H(utf16le(cmdline) + 0x0000).
 */
bool cmdline_acceptable(const uint8_t *text, size_t len);

enum kernel_result {
	KERNEL_OK = 0,
	KERNEL_MACHINE,	      /* not for this architecture */
	KERNEL_TOO_OLD,	      /* MajorImageVersion 0: does not take its initrd by LoadFile2 */
	KERNEL_RELOCATIONS,   /* must be relocated by its loader, which the stub does not do */
	KERNEL_WRITE_EXECUTE, /* says NX_COMPAT, but has a section that is writable and executable,
				 or sections that share a page */
	KERNEL_RESULT_COUNT
};

/*
 * Whether the stub for the given machine starts this kernel: image is the contents of .linux,
 * parsed as PE_ON_DISK. A kernel without NX_COMPAT (Linux before 6.6 on x86-64) is accepted; it
 * runs in memory that is writable and executable, as it needs.
 */
enum kernel_result kernel_acceptable(const struct pe_image *image, uint16_t machine);

#endif
