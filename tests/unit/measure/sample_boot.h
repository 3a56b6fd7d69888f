/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small boot that has some of everything: for tests of what is written of a boot. */
#ifndef TESTS_UNIT_MEASURE_SAMPLE_BOOT_H
#define TESTS_UNIT_MEASURE_SAMPLE_BOOT_H

#include "tools/measure/model/boot.h"

#define SAMPLE_BANKS (BANK_BIT(BANK_SHA256) | BANK_BIT(BANK_SHA384))

/* Hashed in the banks given. The caller frees it. */
static inline bool sample_boot(struct boot *boot, unsigned banks)
{
	static const char calling[] = "Calling EFI Application from Boot Option";
	static const uint8_t separator[4], image[] = "an image";
	const struct boot_piece pieces[] = {
		{.data = image, .len = 5, .source = "uki \"1\".efi", .offset = 0},
		{.data = image + 5, .len = 3, .zeros = 7, .source = "uki \"1\".efi", .offset = 9},
		{.zeros = 3},
		{.data = image,
			.len = 8,
			.source = "a.pem",
			.offset = 2,
			.form = "signature list",
			.source_len = 6},
	};
	struct boot_event *event;

	boot_init(boot);
	boot_add_shown(boot, 4, TCG_EFI_ACTION, RULE_CALLING, "", calling, calling, 40);
	boot_add_shown(boot, 4, TCG_SEPARATOR, RULE_SEPARATOR, "", "separator", separator, 4);
	event = boot_add(boot, 4, TCG_EFI_APPLICATION, RULE_APPLICATION, "uki.efi", "image\n\xc3");
	for (unsigned i = 0; i < 4; i++)
		if (!boot_piece(boot, event, &pieces[i]))
			return false;
	boot_show(boot, event, "\x01\xff", 2);
	boot_add_shown(
		boot, 11, TCG_IPL, RULE_SECTION_NAME, ".linux", ".linux (name)", ".linux", 7);
	event = boot_add_data(
		boot, 11, TCG_IPL, RULE_SECTION_DATA, ".linux", ".linux (contents)", "kernel", 6);
	boot_show(boot, event, ".linux", 7);
	event = boot_add_data(boot, 12, 0x12345, RULE_PROFILE, "", "for TDX only", "x", 1);
	event->to = BOOT_TO_CC;
	boot_add_data(boot, 2, TCG_SEPARATOR, RULE_SEPARATOR, "", "separator", separator, 4);
	boot_unknown(boot, 0, "firmware measures itself from RAM");
	boot_remark(boot, 4, "if the firmware tries no other boot option first");
	boot->cc[BOOT_MRTD] = (struct boot_cc_value){
		.asked = true, .value = {7}, .rule = "of a file"};
	boot->cc[BOOT_RTMR1] = (struct boot_cc_value){
		.asked = true, .unknown = "no GPT", .remark = "a remark"};
	if (!boot_hash(boot, banks))
		return false;
	if (banks & BANK_BIT(BANK_SHA384)) {
		boot->cc[BOOT_RTMR2].asked = true;
		boot_replay_cc(boot, BOOT_RTMR2, &boot->cc[BOOT_RTMR2]);
	}
	return true;
}

#endif
