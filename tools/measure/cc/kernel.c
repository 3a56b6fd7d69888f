/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the kernel measures its command line and initrd into a TDX guest's registers. Linux does
 * since "efi/libstub: Measure into CC protocol if TCG2 protocol is absent" (6.10): never when
 * firmware has a TPM too. Its EFI stub is not compressed, so the GUIDs of the protocols that it
 * looks for can be seen in it: whole, or in halves when the compiler made numbers of them.
 */
#include <string.h>
#include "tools/lib/hex.h"
#include "tools/measure/cc/events.h"

#define CC_PROTOCOL   "96751a3d-72f4-41a6-a794-ed5d0e67ae6b"
#define TCG2_PROTOCOL "607f766c-7455-42be-930b-e4d76db2720f"

static bool mentions(const struct boot_piece *bytes, const char *guid)
{
	uint8_t wanted[GUID_LEN];

	return guid_parse(guid, wanted) && memmem(bytes->data, bytes->len, wanted, 8) &&
	       memmem(bytes->data, bytes->len, wanted + 8, 8);
}

static const struct boot_piece *kernel_bytes(const struct boot *boot)
{
	for (size_t i = 0; i < boot->count; i++) {
		const struct boot_event *e = &boot->events[i];

		if (e->rule == RULE_SECTION_DATA && strcmp(e->subject, ".linux") == 0 &&
			e->piece_count && e->pieces[0].data)
			return &e->pieces[0];
	}
	return NULL;
}

static void not_for_cc(struct boot *boot)
{
	for (size_t i = 0; i < boot->count; i++)
		if (boot->events[i].rule == RULE_KERNEL_CMDLINE ||
			boot->events[i].rule == RULE_KERNEL_INITRD)
			boot->events[i].to &= ~(unsigned)BOOT_TO_CC;
}

const char *cc_kernel_events(const struct cc_request *request, struct boot *boot)
{
	const struct boot_piece *kernel = kernel_bytes(boot);

	if (request->with_tpm) {
		not_for_cc(boot);
		return "the kernel measures into the TPM alone when there is one";
	}
	if (kernel && mentions(kernel, CC_PROTOCOL))
		return NULL;
	if (kernel && mentions(kernel, TCG2_PROTOCOL)) {
		not_for_cc(boot);
		return "this kernel measures into TPMs alone, as Linux did before 6.10";
	}
	return "when the kernel measures for CC, as Linux does since 6.10";
}
