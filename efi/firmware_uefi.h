/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The door between the processor's entry code and the adaptor. */
#ifndef EFI_FIRMWARE_UEFI_H
#define EFI_FIRMWARE_UEFI_H

#include <stdint.h>

/*
 * Runs the stub over UEFI's tables: EFI_HANDLE of this image and EFI_SYSTEM_TABLE pointer, as the
 * firmware passed them. Returns an EFI_STATUS error; a successful boot does not return.
 */
uint64_t firmware_uefi_boot(void *image, void *table);

#endif
