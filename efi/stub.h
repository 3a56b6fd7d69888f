/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stub's inner doors. Every function takes the port first; codes are those of
 * efi/contract/errors.def. Nothing is given back: either the kernel takes the machine over, or it
 * is switched off.
 */
#ifndef EFI_STUB_H
#define EFI_STUB_H

#include "efi/contract/handover.h"
#include "efi/contract/measured.h"
#include "efi/firmware.h"

/* The contents of a section: bytes inside this image. */
struct contents {
	const uint8_t *data;
	size_t len;
};

/* This image: its parsed headers and the three sections that are handed on. */
struct uki {
	struct pe_image image;
	struct contents kernel, initrd, cmdline;
};

/* The initrd as LoadFile2 serves it: exactly the bytes of .initrd. */
struct initrd {
	struct contents bytes;
};

enum initrd_result { INITRD_SERVED, INITRD_UNSUPPORTED, INITRD_INVALID, INITRD_BUFFER_TOO_SMALL };

struct kernel {
	uint8_t *pages; /* what alloc() gave */
	size_t pages_len;
	struct firmware_kernel placed;
};

/* measure.c: extends PCR 11 with every section, in every measurer there is. */
MUST_CHECK struct status measure_sections(const struct firmware *fw, const struct pe_image *image);

/* initrd.c */
MUST_CHECK struct status initrd_refuse_foreign(const struct firmware *fw);
MUST_CHECK struct status initrd_offer(
	const struct firmware *fw, struct contents bytes, struct initrd *initrd);

/*
 * One LoadFile2 call (UEFI 2.10, 13.2.2): *size is the size of buffer before and that of the initrd
 * after; nothing is copied when the buffer is too small or NULL.
 */
enum initrd_result initrd_serve(
	const struct initrd *initrd, bool boot_policy, uint64_t *size, void *buffer);

/* kernel.c: lays the kernel out in pages of its own, checked and protected. */
MUST_CHECK struct status kernel_load(
	const struct firmware *fw, const struct uki *uki, struct kernel *kernel);

/* fail.c: code and sentence on the console, then power off. */
void stop(const struct firmware *fw, struct status status);

/* stub.c: the whole boot. Comes back only where power_off() does, in tests. */
void stub_run(const struct firmware *fw);

#endif
