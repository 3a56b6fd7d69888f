/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small code image as OVMF's build makes them: what the predictor looks for, and nothing else. */
#ifndef TESTS_UNIT_MEASURE_CODE_MAKER_H
#define TESTS_UNIT_MEASURE_CODE_MAKER_H

#include <string.h>
#include "tests/mock/volume_maker.h"
#include "tools/lib/firmware_volume.h"

struct code_maker {
	const char *version; /* ASCII; "": the build names none */
	bool secure_boot, acpi, measures;
};

static inline void code_add(struct bytes *volume, const char *guid, uint8_t type, const char *name,
	const void *image, size_t len)
{
	struct bytes sections = {0};

	section_add(&sections, FIRMWARE_SECTION_PE32, image, len);
	section_add_name(&sections, name);
	volume_add(volume, guid, type, &sections);
	bytes_free(&sections);
}

static inline void code_make_pei(const struct code_maker *maker, struct bytes *volume)
{
	struct bytes image = {0};

	bytes_add(&image, "MZ\1\2", 4);
	for (const char *c = maker->version; *c; c++)
		bytes_add(&image, (const char[2]){*c, 0}, 2);
	bytes_zeros(&image, 8);
	volume_begin(volume, "6938079b-b503-4e3d-9d24-b28337a25806");
	code_add(volume, "52c05b14-0b98-496c-bc3b-04b50211d680", FIRMWARE_FILE_PEI_CORE, "PeiCore",
		"MZ", 2);
	code_add(volume, "a0c98b77-cba5-4bb8-993b-4af6ce33ece4", 0x06, "Tcg2Pei", image.data,
		image.len);
	volume_end(volume);
	bytes_free(&image);
}

static inline void code_make_dxe(const struct code_maker *maker, struct bytes *volume)
{
	volume_begin(volume, "7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1");
	code_add(volume, "d6a2cb7f-6a18-4e2f-b43b-9920a733700a", FIRMWARE_FILE_DXE_CORE, "DxeCore",
		"MZ core", 7);
	if (maker->measures)
		code_add(volume, "fdff263d-5f68-4591-87ba-b768f445a9af", 0x07, "Tcg2Dxe", "MZ", 2);
	if (maker->secure_boot)
		code_add(volume, "f0e6a44f-7195-41c3-ac64-54f202cd0a21", 0x07,
			"SecureBootConfigDxe", "MZ", 2);
	if (maker->acpi)
		code_add(volume, "17985e6f-e778-4d94-aefa-c5dd2b77e186", 0x07,
			"QemuFwCfgAcpiPlatform", "MZ ACPI DATA", 13);
	volume_end(volume);
}

/* Both volumes in an LZMA section of an outer one. */
static inline void code_make(const struct code_maker *maker, struct bytes *image)
{
	struct bytes pei = {0}, dxe = {0}, packed = {0}, sections = {0};

	code_make_pei(maker, &pei);
	code_make_dxe(maker, &dxe);
	section_add(&packed, 0x17, pei.data, pei.len);
	section_add(&packed, 0x17, dxe.data, dxe.len);
	section_add_lzma(&sections, packed.data, packed.len, 0);
	volume_begin(image, "48db5e17-707c-472d-91cd-1613e7ef51b0");
	volume_add(image, "9e21fd93-9c72-4c15-8c4b-e77f1db2d792", 0x0b, &sections);
	volume_end(image);
	bytes_free(&pei);
	bytes_free(&dxe);
	bytes_free(&packed);
	bytes_free(&sections);
}

#endif
