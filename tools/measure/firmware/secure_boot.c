#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"
#include "tools/measure/firmware/state.h"

#define PCR_SECURE_BOOT 7u
#define GLOBAL_GUID	"8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SECURITY_GUID	"d719b2cb-3d3a-4596-a3bc-dad00e67656f"

/* UEFI_VARIABLE_DATA (PFP 10.4.1): GUID, lengths of the name (in characters) and the data, both. */
static bool add_variable(
	struct boot *boot, const char *guid, const char *name, const uint8_t *data, size_t len)
{
	struct bytes variable = {0};
	uint8_t numbers[16], bytes[GUID_LEN];
	bool fine;

	guid_parse(guid, bytes);
	put_le64(numbers, strlen(name));
	put_le64(numbers + 8, len);
	bytes_add(&variable, bytes, sizeof(bytes));
	bytes_add(&variable, numbers, sizeof(numbers));
	for (const char *c = name; *c; c++)
		bytes_add(&variable, (const char[2]){*c, 0}, 2);
	bytes_add(&variable, data, len);
	fine = boot_add_shown(boot, PCR_SECURE_BOOT, TCG_EFI_VARIABLE_DRIVER_CONFIG,
		       RULE_SECURE_BOOT_VARIABLE, name, boot_text(boot, "%s, %zu bytes", name, len),
		       variable.data, variable.len) != NULL;
	bytes_free(&variable);
	return fine;
}

bool secure_boot_variables(struct firmware *firmware, struct boot *boot)
{
	static const uint8_t off;
	enum secure_boot state = firmware->request.secure_boot;

	if (state != SECURE_BOOT_OFF && state != SECURE_BOOT_UNSET) {
		boot_unknown(boot, PCR_SECURE_BOOT,
			"the Secure Boot variables were not given (a variable store, or lists)");
		return true;
	}
	return add_variable(boot, GLOBAL_GUID, "SecureBoot", &off, state == SECURE_BOOT_OFF) &&
	       add_variable(boot, GLOBAL_GUID, "PK", NULL, 0) &&
	       add_variable(boot, GLOBAL_GUID, "KEK", NULL, 0) &&
	       add_variable(boot, SECURITY_GUID, "db", NULL, 0) &&
	       add_variable(boot, SECURITY_GUID, "dbx", NULL, 0);
}
