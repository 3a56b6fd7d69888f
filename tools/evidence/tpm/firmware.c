/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tpm/firmware.h"

#include <inttypes.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"

bool tpm_manufacturer_parse(const char *text, uint32_t *out)
{
	uint8_t id[4];

	if (strncmp(text, "id:", 3) != 0 || !hex_decode(text + 3, id, sizeof(id)))
		return false;
	*out = be32(id);
	return *out != 0;
}

static bool covers(const struct tpm_firmware_range *ranges, size_t count, uint32_t manufacturer,
	uint64_t version)
{
	for (size_t i = 0; i < count; i++)
		if (ranges[i].manufacturer == manufacturer && version >= ranges[i].first &&
			version <= ranges[i].last)
			return true;
	return false;
}

struct failure tpm_firmware_check(
	const struct tpm_firmware_rules *rules, uint32_t manufacturer, uint64_t firmware_version)
{
	if (!rules->allowed_count && !rules->denied_count)
		return failure_none();
	if (!manufacturer)
		return refuse("policy has rules for TPM firmware, and no certificate says who made "
			      "this TPM");
	if (covers(rules->denied, rules->denied_count, manufacturer, firmware_version))
		return refuse("TPM firmware %016" PRIx64 " of manufacturer id:%08" PRIX32
			      " is on policy's deny list: update the TPM",
			firmware_version, manufacturer);
	if (rules->allowed_count &&
		!covers(rules->allowed, rules->allowed_count, manufacturer, firmware_version))
		return refuse("TPM firmware %016" PRIx64 " of manufacturer id:%08" PRIX32
			      " is below policy's minimum, or policy does not name the "
			      "manufacturer",
			firmware_version, manufacturer);
	return failure_none();
}
