/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot, from the firmware's call to the kernel's. */
#include "efi/stub.h"

static bool contents_of(const struct pe_image *image, const char *name, struct contents *out)
{
	size_t zeros;

	return pe_find(image, name, &out->data, &out->len, &zeros);
}

static struct status find_own_sections(const struct firmware *fw, struct uki *uki)
{
	const uint8_t *base;
	size_t len;

	TRY(fw->own_image(fw->context, &base, &len));
	if (pe_parse(base, len, PE_LOADED, &uki->image))
		return fail(E_STUB_SELF_DAMAGED);
	if (!contents_of(&uki->image, ".linux", &uki->kernel) ||
		!contents_of(&uki->image, ".initrd", &uki->initrd) ||
		!contents_of(&uki->image, ".cmdline", &uki->cmdline))
		return fail(E_STUB_SECTION_MISSING);
	if (!cmdline_acceptable(uki->cmdline.data, uki->cmdline.len))
		return fail(E_STUB_CMDLINE);
	return OK;
}

static struct status boot(const struct firmware *fw)
{
	struct initrd initrd;
	struct kernel kernel;
	struct uki uki;

	TRY(find_own_sections(fw, &uki));
	TRY(initrd_refuse_foreign(fw));
	TRY(measure_sections(fw, &uki.image));
	fw->print(fw->context, "protostar-stub: measured\n");
	TRY(kernel_load(fw, &uki, &kernel));
	TRY(initrd_offer(fw, uki.initrd, &initrd));
	fw->print(fw->context, "protostar-stub: starting Linux\n");
	return fw->start(fw->context, &kernel.placed);
}

void stub_run(const struct firmware *fw)
{
	stop(fw, boot(fw));
}
