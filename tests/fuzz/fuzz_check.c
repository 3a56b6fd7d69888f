/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole check: a log, first byte n odd with PCR values that it leads to, against a small
 * prediction. Whatever the log holds, what is said of it is printable and bounded.
 */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/report.h"
#include "tools/measure/check/check_print.h"

#define TEXT_MAX (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct boot boot;

static void add(unsigned pcr, uint32_t type, enum boot_rule rule, const char *text, size_t len)
{
	if (!boot_add_shown(&boot, pcr, type, rule, text, text, text, len))
		abort();
}

static void predict(void)
{
	static const char line[] = "q\0u\0i\0e\0t\0\0";

	report_silence();
	boot_init(&boot);
	add(4, TCG_EFI_ACTION, RULE_CALLING, "Calling EFI Application from Boot Option", 40);
	add(4, TCG_SEPARATOR, RULE_SEPARATOR, "\0\0\0", 4);
	add(4, TCG_EFI_APPLICATION, RULE_APPLICATION, "uki.efi", 7);
	add(7, TCG_EFI_VARIABLE_DRIVER_CONFIG, RULE_SECURE_BOOT_VARIABLE, "SecureBoot", 10);
	add(11, TCG_IPL, RULE_SECTION_NAME, ".linux", 7);
	add(11, TCG_IPL, RULE_SECTION_DATA, ".linux\0\0", 8);
	add(11, TCG_IPL, RULE_SECTION_NAME, ".initrd", 8);
	add(11, TCG_IPL, RULE_SECTION_DATA, ".initrd\0\0", 9);
	add(4, TCG_EFI_APPLICATION, RULE_KERNEL_IMAGE, "kernel", 6);
	add(9, TCG_EVENT_TAG, RULE_KERNEL_CMDLINE, line, sizeof(line) - 1);
	add(9, TCG_EVENT_TAG, RULE_KERNEL_INITRD, "initrd\0", 7);
	if (!boot_hash(&boot, BANK_BIT(BANK_SHA256) | BANK_BIT(BANK_SHA384)))
		abort();
	/* Trying other numbers of zeros takes long: for one event only. */
	for (size_t i = 0; i + 2 < boot.count; i++)
		boot.events[i].piece_count = 0;
}

static void look(const struct check *check)
{
	const struct check_report report = {.check = check, .all = true};
	struct bytes text = {0};

	check_print(&report, &text);
	for (size_t i = 0; i < text.len; i++)
		if ((text.data[i] < 0x20 && text.data[i] != '\n') || text.data[i] > 0x7e)
			abort();
	check_json(&report, &text);
	if (text.len > TEXT_MAX)
		abort();
	bytes_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct evidence evidence = {.log_path = "log"};
	const struct check_request request = {.boot = &boot, .evidence = &evidence};
	struct check check;
	struct flaw flaw;
	unsigned events[BOOT_PCRS];

	if (!boot.count)
		predict();
	if (!size || !evidence_log_read(&evidence.log, data + 1, size - 1, data[0] & 4, &flaw))
		return 0;
	if (data[0] & 1 && evidence.log.banks >> BANK_SHA256 & 1) {
		evidence.has_values = true;
		evidence.values.banks = BANK_BIT(BANK_SHA256);
		evidence.values.known[BANK_SHA256] = 0xffffff;
		evidence_replay(
			&evidence.log, BANK_SHA256, evidence.values.pcr[BANK_SHA256], events);
		evidence.values.pcr[BANK_SHA256][data[0] % BOOT_PCRS][0] ^= data[0] >> 1 & 1;
	}
	if (check_run(&request, &check))
		look(&check);
	check_free(&check);
	evidence_log_free(&evidence.log);
	return 0;
}
