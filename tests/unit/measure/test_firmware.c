/* What firmware measures, against the logs and registers of real boots. */
#include "tests/unit/test.h"

#include <string.h>
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/measure/firmware/firmware.h"

static bool pcr_is(const struct boot *boot, unsigned pcr, const char *wanted)
{
	struct boot_values values;
	char hex[2 * BANK_DIGEST_MAX + 1];

	boot_replay(boot, BANK_SHA256, &values);
	hex_encode(values.pcr[pcr], 32, hex);
	return strcmp(hex, wanted) == 0;
}

static bool begin(const struct firmware_request *request, struct boot *boot)
{
	struct firmware *firmware;
	bool fine;

	boot_init(boot);
	firmware = firmware_open(request, boot);
	fine = firmware && firmware_begin(firmware, boot) && firmware_end(firmware, boot) &&
	       boot_hash(boot, BANK_BIT(BANK_SHA256));
	firmware_close(firmware);
	return fine;
}

/* PCR 7 of o252 (OVMF 2022.11) and o257n (2025.02). */
static void test_secure_boot_off(void)
{
	struct firmware_request request = {.secure_boot = SECURE_BOOT_OFF};
	struct boot boot;

	CHECK(begin(&request, &boot));
	CHECK(pcr_is(&boot, 7, "65caf8dd1e0ea7a6347b635d2b379c93b9a1351edc2afc3ecda700e534eb3068"));
	CHECK(!boot.unknown[7]);
	boot_free(&boot);
	request.secure_boot = SECURE_BOOT_UNSET;
	CHECK(begin(&request, &boot));
	CHECK(pcr_is(&boot, 7, "b5710bf57d25623e4019027da116821fa99f5c81e9e38b87671cc574f9281439"));
	boot_free(&boot);
	request.secure_boot = SECURE_BOOT_UNSTATED;
	CHECK(begin(&request, &boot));
	CHECK(boot.unknown[7] != NULL);
	boot_free(&boot);
}

/* PCR 2 of every log. */
static void test_bare_registers(void)
{
	struct firmware_request request = {.secure_boot = SECURE_BOOT_OFF};
	struct boot boot;

	CHECK(begin(&request, &boot));
	for (unsigned pcr = 2; pcr < 7; pcr += pcr == 3 ? 3 : 1)
		CHECK(pcr_is(&boot, pcr,
			"3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969"));
	boot_free(&boot);
}

static void test_refuses(void)
{
	struct firmware_request request = {.profile = "no such platform"};
	struct boot boot;

	boot_init(&boot);
	CHECK(firmware_open(&request, &boot) == NULL);
	boot_free(&boot);
}

int main(void)
{
	report_silence();
	RUN(test_secure_boot_off);
	RUN(test_bare_registers);
	RUN(test_refuses);
	return test_summary();
}
