/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A UKI from anybody, by the rules of one stub: the first byte chooses it, the second what reaches
 * it from outside, the third the length of the command line that is passed to it, which follows.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/report.h"
#include "tools/measure/stub/stub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All bytes of files that events point to lie in the image. */
static void check(const struct boot *boot, const struct boot_image *image)
{
	for (size_t i = 0; i < boot->count; i++) {
		const struct boot_event *e = &boot->events[i];

		if (!e->piece_count)
			__builtin_trap();
		for (size_t k = 0; k < e->piece_count; k++) {
			const struct boot_piece *p = &e->pieces[k];

			uint64_t len = p->form ? p->source_len : p->len;

			if (p->source && (p->offset > image->len || len > image->len - p->offset))
				__builtin_trap();
			if (p->source && !p->form && p->data != image->data + p->offset)
				__builtin_trap();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct boot_image image = {.source = "x.efi", .name = "x.efi"};
	struct stub_inputs in = {.profile = 0};
	struct boot boot;
	char text[256];
	size_t len;

	report_silence();
	if (size < 3 || size - 3 < data[2])
		return 0;
	len = data[2];
	memcpy(text, data + 3, len);
	text[len] = '\0';
	in.dialect = (enum stub_dialect)(1 + data[0] % (STUB_DIALECT_COUNT - 1));
	in.secure_boot = data[1] & 1;
	in.confidential = data[1] & 2;
	in.load_options = len ? text : NULL;
	in.profile = data[1] >> 6;
	image.data = data + 3 + len;
	image.len = size - 3 - len;
	boot_init(&boot);
	if (data[1] & 4)
		stub_started_by_systemd_boot(&boot, &image, 250 + (data[1] >> 3 & 7), false, &in);
	if (stub_events(&boot, &image, &in))
		check(&boot, &image);
	boot_free(&boot);
	return 0;
}
