/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A UKI from anybody: parsed, hashed as firmware does, walked as its stub does. The first byte
 * chooses the dialect, and whether Secure Boot is on.
 */
#include <stdint.h>
#include "tools/lib/report.h"
#include "tools/measure/predict_boot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct boot_image image = {.data = data, .len = size, .source = "x.efi", .name = "x.efi"};
	struct measure_request request = {.phase = PHASE_BOOTED};
	struct boot boot;

	report_silence();
	if (!size)
		return 0;
	request.stub.dialect = (enum stub_dialect)(data[0] % STUB_DIALECT_COUNT);
	request.firmware.secure_boot = data[0] & 0x80 ? SECURE_BOOT_OFF : SECURE_BOOT_UNSET;
	image.data++;
	image.len--;
	boot_init(&boot);
	if (predict_images(&image, 1, &request, &boot) && boot.count < 12)
		__builtin_trap();
	boot_free(&boot);
	return 0;
}
