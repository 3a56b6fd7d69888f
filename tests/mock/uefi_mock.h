/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fake UEFI tables. A script says how the firmware answers; what it was asked is recorded. Memory
 * is mapped pages, and memory attributes are the host's own page protections, so they really bind.
 * The kernel of the image is a few instructions that jump to a function which does what Linux's own
 * stub does with what it was handed.
 *
 * The fakes check what they are given with CHECK(), whose counters are passed in.
 */
#ifndef TESTS_MOCK_UEFI_MOCK_H
#define TESTS_MOCK_UEFI_MOCK_H

#include "efi/stub.h"
#include "efi/uefi_types.h"

/* How the firmware behaves; all zero is a machine without TPM, CC or memory attributes. */
struct uefi_script {
	bool tcg2, cc, attributes, initrd_there, no_console;
	EFI_STATUS loaded_image, locate, tcg2_capability, tcg2_extend, cc_capability, cc_map,
		cc_extend, locate_path, install, set_attributes, clear_attributes;
	const EFI_GUID *locate_which; /* for which locate is the answer; NULL: none */
	unsigned allocations_left;
	UINT8 tcg2_size; /* of the capability that comes back; 0: right */
	bool tpm_absent;
	UINT32 tcg2_banks, cc_hashes;
};

/* What the firmware was asked during one boot. */
struct uefi_record {
	char console[1024];
	unsigned tcg2_events, cc_events, attribute_calls, resets;
	UINT32 cc_index; /* of the last event */
	unsigned kernel_runs;
	UINT32 forbidden[7]; /* attributes of the kernel's pages as it ran */
};

extern const EFI_GUID uefi_mock_tcg2, uefi_mock_cc, uefi_mock_attributes;

/* Boots a sound image, with hostile LoadOptions that would crash whoever read them. */
struct uefi_record uefi_mock_boot(const struct uefi_script *script);

/* Checks that the fakes made, and how many of them failed, since the last call. */
void uefi_mock_checks(unsigned *out_checks, unsigned *out_failures);

#endif
