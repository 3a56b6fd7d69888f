/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever is in an image, its bill of materials is JSON or there is none. */
#include "tools/build/sbom.h"
#include "tools/lib/json_read.h"
#include "tools/lib/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = {0};
	struct json_object *root;
	struct boot boot;
	struct flaw flaw;

	report_silence();
	boot_init(&boot);
	const struct sbom_subject subject = {
		.name = "fuzz", .uki = data, .len = size, .boot = &boot};
	if (sbom_make(&subject, &text)) {
		root = json_parse(text.data, text.len, 64u << 20, &flaw);
		if (!root)
			__builtin_trap();
		json_object_put(root);
	}
	bytes_free(&text);
	boot_free(&boot);
	return 0;
}
