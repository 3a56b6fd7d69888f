/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PE walk and the measuring walk over any bytes, in both layouts. What is accepted must keep
 * its promises: every section inside, none over another, contents readable to the last byte.
 */
#include "efi/contract/handover.h"
#include "efi/contract/measured.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

static uint8_t sum(const uint8_t *data, size_t len)
{
	uint8_t total = 0;

	for (size_t i = 0; i < len; i++)
		total = (uint8_t)(total + data[i]);
	return total;
}

static bool sink(void *context, const struct measured_event *event)
{
	volatile uint8_t *total = context;

	*total = sum(event->data, event->len);
	return true;
}

static void check_pair(const struct pe_section *a, const struct pe_section *b)
{
	must(!a->virtual_size || !b->virtual_size ||
		(uint64_t)a->virtual_address + a->virtual_size <= b->virtual_address ||
		(uint64_t)b->virtual_address + b->virtual_size <= a->virtual_address);
}

static void check_sections(const struct pe_image *image)
{
	volatile uint8_t total;

	for (unsigned i = 0; i < image->section_count; i++) {
		struct pe_section s = pe_section_at(image, i);
		const uint8_t *data;
		size_t len, zeros;

		must((uint64_t)s.virtual_address + s.virtual_size <= image->size_of_image);
		for (unsigned k = 0; k < i; k++) {
			struct pe_section other = pe_section_at(image, k);

			check_pair(&s, &other);
		}
		if (!pe_find(image, s.name, &data, &len, &zeros))
			continue;
		must(len + zeros == s.virtual_size);
		total = sum(data, len);
	}
	(void)total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int layout = PE_ON_DISK; layout <= PE_LOADED; layout++) {
		struct pe_image image;
		volatile uint8_t total;

		if (pe_parse(data, size, (enum pe_layout)layout, &image))
			continue;
		check_sections(&image);
		must(kernel_acceptable(&image, image.machine) < KERNEL_RESULT_COUNT);
		must(measured_walk(&image, sink, (void *)(uintptr_t)&total, NULL) !=
			MEASURED_STOPPED);
	}
	return 0;
}
