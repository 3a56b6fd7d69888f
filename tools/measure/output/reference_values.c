/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values in the shapes that other projects' policies take. */
#include <openssl/evp.h>
#include <stdio.h>
#include "tools/lib/json_text.h"
#include "tools/lib/report.h"
#include "tools/measure/output/output.h"

/*
 * As nitro-tpm-pcr-compute 1.1 prints it (aws/NitroTPM-Tools, build_info.rs): a NitroTPM's
 * attestation document has the SHA-384 bank.
 */
bool output_aws(const struct boot *boot, uint32_t pcrs, struct bytes *out)
{
	struct register_values values;
	struct json_text json;

	if (!(boot->banks & BANK_BIT(BANK_SHA384)))
		return complain("AWS takes SHA-384 values: --bank sha384");
	pcrs = output_known(boot, pcrs ? pcrs : OUTPUT_AWS_PCRS);
	register_values_of(boot, &values);
	json_start(&json, out);
	json_open(&json, NULL, '{');
	json_open(&json, "Measurements", '{');
	json_string(&json, "HashAlgorithm", "SHA384");
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		char name[16];

		snprintf(name, sizeof(name), "PCR%u", pcr);
		if (pcrs & 1u << pcr)
			json_hex(&json, name, values.pcr[BANK_SHA384][pcr], bank_len(BANK_SHA384));
	}
	json_close(&json);
	json_close(&json);
	return true;
}

/* A list of the one value. Launch digests of SEV-SNP appear in base64 too, by version. */
static void put_reference(
	struct json_text *json, const char *name, const uint8_t *value, size_t len, bool base64_too)
{
	char base64[4 * (BANK_DIGEST_MAX + 2) / 3 + 1];

	json_open(json, name, '[');
	json_hex(json, NULL, value, len);
	if (base64_too) {
		EVP_EncodeBlock((unsigned char *)base64, value, (int)len);
		json_string(json, NULL, base64);
	}
	json_close(json);
}

/*
 * The payload of a message of type "sample" (confidential-containers/trustee, rvps/README.md,
 * 2026): a list of allowed values for each name. The names are those that trustee's policy asks for
 * (attestation-service, ear_default_policy_cpu.rego).
 */
void output_rvps(const struct boot *boot, enum bank bank, uint32_t pcrs, struct bytes *out)
{
	static const char *const cc_names[BOOT_CC_COUNT] = {[BOOT_MRTD] = "mr_td",
		[BOOT_RTMR0] = "rtmr_0",
		[BOOT_RTMR1] = "rtmr_1",
		[BOOT_RTMR2] = "rtmr_2",
		[BOOT_SNP_LAUNCH] = "snp_launch_measurement"};
	struct register_values values;
	struct json_text json;

	pcrs = output_known(boot, pcrs);
	register_values_of(boot, &values);
	json_start_lines(&json, out, 1);
	json_open(&json, NULL, '{');
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		char name[16];

		snprintf(name, sizeof(name), "tpm_pcr%u", pcr);
		if (pcrs & 1u << pcr)
			put_reference(&json, name, values.pcr[bank][pcr], bank_len(bank), false);
	}
	for (unsigned cc = 0; cc < BOOT_CC_COUNT; cc++)
		if (cc_names[cc] && boot->cc[cc].asked && !boot->cc[cc].unknown)
			put_reference(&json, cc_names[cc], boot->cc[cc].value, BOOT_CC_LEN,
				cc == BOOT_SNP_LAUNCH);
	json_close(&json);
}
