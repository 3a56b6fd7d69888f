/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Floors and deny lists for a TPM's firmware: policy's "evidence": {"tpm": ...}.
 *
 * firmwareVersion in a quote (TPM 2.0 Library Specification, Part 2, 10.12.12) is
 * TPM_PT_FIRMWARE_VERSION_1 | TPM_PT_FIRMWARE_VERSION_2, and each maker numbers in his own way:
 * Infineon u16 major | u16 minor | u24 build | u8 (7.62.3126.0 is 0007003E000C3600), swtpm and
 * Azure dates (2019102300163636, 2020031200120003). So versions are only ever compared for one
 * manufacturer, as numbers. The TPM tells the true value only in quotes by keys of the endorsement
 * or platform hierarchy (Part 1, 36.7, obfuscation); PID 1's attestation key is of the former.
 */
#ifndef TOOLS_EVIDENCE_TPM_FIRMWARE_H
#define TOOLS_EVIDENCE_TPM_FIRMWARE_H

#include <stddef.h>
#include <stdint.h>
#include "tools/lib/failure.h"

/* Versions of one manufacturer (TCG vendor id, 0x49465800 for "IFX") from first to last. */
struct tpm_firmware_range {
	uint32_t manufacturer;
	uint64_t first, last; /* both count */
};

/* Both arrays are the policy's. */
struct tpm_firmware_rules {
	const struct tpm_firmware_range *allowed; /* last: UINT64_MAX where a floor is meant */
	size_t allowed_count;			  /* 0: all but the denied ones */
	const struct tpm_firmware_range *denied;
	size_t denied_count;
};

/* Reads "id:49465800"; false otherwise, and for 0. */
bool tpm_manufacturer_parse(const char *text, uint32_t *out);

/*
 * Refuses firmware on the deny list; and, where `allowed` names any, firmware in none of its
 * ranges, which is also that of a manufacturer it does not name. manufacturer 0 (no certificate
 * says it) is refused where there is any rule.
 */
struct failure tpm_firmware_check(const struct tpm_firmware_rules *rules, uint32_t manufacturer,
	uint64_t firmware_version) MUST_CHECK;

#endif
