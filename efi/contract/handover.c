/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "efi/contract/handover.h"

#define PAGE_SIZE 4096u

bool cmdline_acceptable(const uint8_t *text, size_t len)
{
	if (!len || len > CMDLINE_MAX || text[0] == ' ' || text[len - 1] == ' ')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	}
	return true;
}

static bool write_or_execute(const struct pe_image *image)
{
	const uint32_t both = PE_SECTION_WRITE | PE_SECTION_EXECUTE;

	if (image->section_alignment < PAGE_SIZE)
		return false;
	for (unsigned i = 0; i < image->section_count; i++) {
		if ((pe_section_at(image, i).characteristics & both) == both)
			return false;
	}
	return true;
}

enum kernel_result kernel_acceptable(const struct pe_image *image, uint16_t machine)
{
	if (image->machine != machine)
		return KERNEL_MACHINE;
	if (!image->major_image_version)
		return KERNEL_TOO_OLD;
	if (image->base_relocation_size)
		return KERNEL_RELOCATIONS;
	for (unsigned i = 0; i < image->section_count; i++) {
		if (pe_section_at(image, i).has_relocations)
			return KERNEL_RELOCATIONS;
	}
	if ((image->dll_characteristics & PE_NX_COMPAT) && !write_or_execute(image))
		return KERNEL_WRITE_EXECUTE;
	return KERNEL_OK;
}
