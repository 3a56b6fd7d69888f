/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as the kernel of an otherwise sound image. Either it is refused, or what was placed is
 * what the section table says, inside pages that were given for it; the mock ends the run when a
 * page outside is touched by a protection, AddressSanitizer when a byte is.
 */
#include "tests/mock/firmware_mock.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

static void check_placed(const struct kernel *kernel, const uint8_t *data, size_t size)
{
	struct pe_image image;
	const struct firmware_kernel *placed = &kernel->placed;

	must(!pe_parse(data, size, PE_ON_DISK, &image));
	must(placed->base >= kernel->pages &&
		placed->base + placed->len <= kernel->pages + kernel->pages_len);
	must(!((uintptr_t)placed->base & (image.section_alignment - 1)));
	must(placed->entry_rva < placed->len);
	for (unsigned i = 0; i < image.section_count; i++) {
		struct pe_section s = pe_section_at(&image, i);
		const uint8_t *contents;
		size_t len, zeros;

		if (!pe_find(&image, s.name, &contents, &len, &zeros))
			continue;
		must(!memcmp(placed->base + s.virtual_address, contents, len));
		for (size_t n = 0; n < zeros; n++)
			must(!placed->base[s.virtual_address + len + n]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct firmware_mock mock = {.memory_limit = 1u << 20};
	struct firmware fw = firmware_mock_open(&mock);
	struct kernel kernel = {0};
	const struct uki uki = {
		.image = {.machine = PE_MACHINE_X86_64},
		.kernel = {data, size},
		.cmdline = {(const uint8_t *)"quiet", 5},
	};

	if (!failed(kernel_load(&fw, &uki, &kernel)))
		check_placed(&kernel, data, size);
	firmware_mock_close(&mock);
	return 0;
}
