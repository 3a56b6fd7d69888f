/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's loader. It reads nothing but the measured .linux section, which pe_parse() has
 * bounded: every copy below stays inside a section of SizeOfImage bytes.
 */
#include "efi/stub.h"
#include "efi/runtime.h"

static size_t whole_pages(size_t len)
{
	return (len + FIRMWARE_PAGE - 1) & ~(size_t)(FIRMWARE_PAGE - 1);
}

/* What kernel_acceptable() says no with. */
static const uint16_t refusals[KERNEL_RESULT_COUNT] = {
	[KERNEL_MACHINE] = E_STUB_KERNEL_MACHINE,
	[KERNEL_TOO_OLD] = E_STUB_KERNEL_TOO_OLD,
	[KERNEL_RELOCATIONS] = E_STUB_KERNEL_RELOCATIONS,
	[KERNEL_WRITE_EXECUTE] = E_STUB_KERNEL_WRITE_EXECUTE,
};

/* Pages for the image, aligned as its sections ask; both numbers are 32 bits wide. */
static struct status make_pages(
	const struct firmware *fw, const struct pe_image *image, struct kernel *kernel)
{
	size_t align = image->section_alignment, slack = 0;

	if (align > FIRMWARE_PAGE)
		slack = align - FIRMWARE_PAGE;
	kernel->pages_len = whole_pages(image->size_of_image) + slack;
	kernel->pages = fw->alloc(fw->context, FIRMWARE_CODE, kernel->pages_len);
	if (!kernel->pages)
		return fail(E_STUB_KERNEL_MEMORY);
	kernel->placed.base = kernel->pages;
	if (slack)
		kernel->placed.base += -(uintptr_t)kernel->pages & (align - 1);
	kernel->placed.len = image->size_of_image;
	kernel->placed.entry_rva = image->entry_rva;
	return OK;
}

static void lay_out(const struct pe_image *image, struct kernel *kernel)
{
	memset(kernel->pages, 0, kernel->pages_len);
	memcpy(kernel->placed.base, image->base, image->size_of_headers);
	for (unsigned i = 0; i < image->section_count; i++) {
		struct pe_section s = pe_section_at(image, i);
		size_t len = s.raw_size < s.virtual_size ? s.raw_size : s.virtual_size;

		memcpy(kernel->placed.base + s.virtual_address, image->base + s.raw_offset, len);
	}
}

/*
 * An NX_COMPAT kernel gets what its section table says, and headers and gaps for reading: no page
 * is writable and executable. One without may run code that it has just written: it gets
 * everything.
 */
static struct status protect(
	const struct firmware *fw, const struct pe_image *image, const struct kernel *kernel)
{
	const uint8_t *base = kernel->placed.base;

	if (!(image->dll_characteristics & PE_NX_COMPAT))
		return fw->protect(fw->context, base, whole_pages(kernel->placed.len), ACCESS_ALL);
	TRY(fw->protect(fw->context, base, whole_pages(kernel->placed.len), ACCESS_READ));
	for (unsigned i = 0; i < image->section_count; i++) {
		struct pe_section s = pe_section_at(image, i);
		enum firmware_access access = ACCESS_READ;

		if (s.characteristics & PE_SECTION_EXECUTE)
			access = ACCESS_READ_EXECUTE;
		else if (s.characteristics & PE_SECTION_WRITE)
			access = ACCESS_READ_WRITE;
		if (s.virtual_size)
			TRY(fw->protect(fw->context, base + s.virtual_address,
				whole_pages(s.virtual_size), access));
	}
	return OK;
}

/* The measured command line as UTF-16LE with a NUL; cmdline_acceptable() has bounded it. */
static struct status make_options(
	const struct firmware *fw, struct contents cmdline, struct kernel *kernel)
{
	uint8_t *text = fw->alloc(fw->context, FIRMWARE_DATA, FIRMWARE_PAGE);

	if (!text)
		return fail(E_STUB_OPTIONS_MEMORY);
	memset(text, 0, FIRMWARE_PAGE);
	for (size_t i = 0; i < cmdline.len; i++)
		text[2 * i] = cmdline.data[i];
	kernel->placed.options = text;
	kernel->placed.options_len = (uint32_t)(2 * cmdline.len + 2);
	return OK;
}

struct status kernel_load(const struct firmware *fw, const struct uki *uki, struct kernel *kernel)
{
	struct pe_image image;
	enum kernel_result result;

	if (pe_parse(uki->kernel.data, uki->kernel.len, PE_ON_DISK, &image))
		return fail(E_STUB_KERNEL_DAMAGED);
	result = kernel_acceptable(&image, uki->image.machine);
	if (result)
		return fail(refusals[result]);
	TRY(make_options(fw, uki->cmdline, kernel));
	TRY(make_pages(fw, &image, kernel));
	lay_out(&image, kernel);
	return protect(fw, &image, kernel);
}
