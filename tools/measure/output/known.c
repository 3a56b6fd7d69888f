/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of a boot's registers, and Constellation's shape of it. */
#include <stdio.h>
#include <string.h>
#include "tools/measure/output/full.h"

uint32_t output_policy_pcrs(bool secure_boot_keys)
{
	return secure_boot_keys ? OUTPUT_POLICY_PCRS : OUTPUT_POLICY_PCRS & ~(1u << 7);
}

uint32_t output_known(const struct boot *boot, uint32_t pcrs)
{
	if (!pcrs)
		pcrs = output_policy_pcrs(boot->secure_boot_keys);
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		if (boot->unknown[pcr])
			pcrs &= ~(1u << pcr);
	return pcrs & ((1u << BOOT_PCRS) - 1);
}

enum bank output_bank(unsigned banks)
{
	enum bank longest = BANK_SHA256;

	if (banks & BANK_BIT(BANK_SHA256))
		return BANK_SHA256;
	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (banks & BANK_BIT(bank))
			longest = (enum bank)bank;
	return longest;
}

void register_values_of(const struct boot *boot, struct register_values *out)
{
	uint32_t known = output_known(boot, UINT32_MAX);

	*out = (struct register_values){
		.banks = boot->banks, .secure_boot_keys = boot->secure_boot_keys};
	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		struct boot_values values;

		if (!(boot->banks & BANK_BIT(bank)))
			continue;
		boot_replay(boot, (enum bank)bank, &values);
		out->known[bank] = known;
		memcpy(out->pcr[bank], values.pcr, sizeof(values.pcr));
	}
}

void put_measurements(
	struct json_text *w, const struct register_values *values, enum bank bank, uint32_t pcrs)
{
	json_open(w, "measurements", '{');
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		char name[16];

		if (!(pcrs & 1u << pcr))
			continue;
		snprintf(name, sizeof(name), "%u", pcr);
		json_open(w, name, '{');
		json_hex(w, "expected", values->pcr[bank][pcr], bank_len(bank));
		json_flag(w, "warnOnly", false);
		json_close(w);
	}
	json_close(w);
}

void output_measurements(const struct boot *boot, enum bank bank, uint32_t pcrs, struct bytes *out)
{
	struct register_values values;
	struct json_text w;

	register_values_of(boot, &values);
	json_start_lines(&w, out, 0);
	json_open(&w, NULL, '{');
	put_measurements(&w, &values, bank, output_known(boot, pcrs));
	json_close(&w);
}
