/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Floors and deny lists for TPM firmware, on versions that real TPMs told:
 *   swtpm      2019102300163636  quotes of tests/unit/data/quotes; tpm2-tools issue 2159
 *   Azure      2020031200120003  quotes of confidential-containers/trustee's az-snp-vtpm samples
 *   ST         0001010200000000  tpm2-tools issue 3228
 *   Infineon   7.61.2789.0 and 7.62.3126.0 of the SLB 9670, before and after CVE-2017-15361 was
 *              mended, as supermicro.com lists its updates
 */
#include "tests/unit/test.h"

#include "tools/evidence/tpm/firmware.h"

#define IFX  0x49465800u
#define STM  0x53544D20u
#define IBM  0x00001014u
#define MSFT 0x4D534654u

#define SWTPM_VERSION 0x2019102300163636u
#define AZURE_VERSION 0x2020031200120003u
#define ST_VERSION    0x0001010200000000u
#define IFX_7_61_2789 0x0007003D000AE500u
#define IFX_7_62_3126 0x0007003E000C3600u

static bool passes(const struct tpm_firmware_rules *r, uint32_t manufacturer, uint64_t version)
{
	return !tpm_firmware_check(r, manufacturer, version).happened;
}

static void test_no_rules(void)
{
	struct tpm_firmware_rules none = {0};

	CHECK(passes(&none, 0, 0) && passes(&none, IFX, IFX_7_61_2789));
}

static void test_floor(void)
{
	static const struct tpm_firmware_range floors[] = {
		{IFX, IFX_7_62_3126, UINT64_MAX},
		{MSFT, AZURE_VERSION, UINT64_MAX},
	};
	struct tpm_firmware_rules r = {.allowed = floors, .allowed_count = 2};

	CHECK(!passes(&r, IFX, IFX_7_61_2789));
	CHECK(!passes(&r, IFX, IFX_7_62_3126 - 1));
	CHECK(passes(&r, IFX, IFX_7_62_3126) && passes(&r, IFX, UINT64_MAX));
	CHECK(passes(&r, MSFT, AZURE_VERSION) && !passes(&r, MSFT, AZURE_VERSION - 1));
	/* One maker's numbers say nothing of another's. */
	CHECK(!passes(&r, MSFT, IFX_7_62_3126));
	/* A maker that policy does not name, and a TPM of which nobody says who made it. */
	CHECK(!passes(&r, STM, ST_VERSION) && !passes(&r, STM, UINT64_MAX));
	CHECK(!passes(&r, 0, UINT64_MAX));
}

static void test_deny_list(void)
{
	static const struct tpm_firmware_range denied[] = {
		{IFX, 0x0007002800000000u, IFX_7_61_2789},
		{IBM, SWTPM_VERSION, SWTPM_VERSION},
	};
	static const struct tpm_firmware_range floor[] = {{IBM, 0, UINT64_MAX}};
	struct tpm_firmware_rules r = {.denied = denied, .denied_count = 2};

	CHECK(!passes(&r, IFX, IFX_7_61_2789) && passes(&r, IFX, IFX_7_61_2789 + 1));
	CHECK(!passes(&r, IBM, SWTPM_VERSION) && passes(&r, IBM, SWTPM_VERSION + 1));
	CHECK(passes(&r, STM, SWTPM_VERSION) && !passes(&r, 0, 1));
	/* What is denied stays denied beside a floor that allows it. */
	r.allowed = floor;
	r.allowed_count = 1;
	CHECK(!passes(&r, IBM, SWTPM_VERSION) && passes(&r, IBM, SWTPM_VERSION - 1));
}

static void test_sentences(void)
{
	static const struct tpm_firmware_range floor[] = {{IFX, IFX_7_62_3126, UINT64_MAX}};
	struct tpm_firmware_rules r = {.allowed = floor, .allowed_count = 1};
	struct failure f = tpm_firmware_check(&r, IFX, IFX_7_61_2789);

	CHECK(strstr(f.text, "0007003d000ae500") && strstr(f.text, "id:49465800"));
}

static void test_manufacturer(void)
{
	uint32_t id = 0;

	CHECK(tpm_manufacturer_parse("id:49465800", &id) && id == IFX);
	CHECK(tpm_manufacturer_parse("id:53544d20", &id) && id == STM);
	CHECK(!tpm_manufacturer_parse("49465800", &id) && !tpm_manufacturer_parse("id:4946", &id));
	CHECK(!tpm_manufacturer_parse("id:4946580000", &id) && !tpm_manufacturer_parse("", &id));
	CHECK(!tpm_manufacturer_parse("id:00000000", &id));
}

int main(void)
{
	RUN(test_no_rules);
	RUN(test_floor);
	RUN(test_deny_list);
	RUN(test_sentences);
	RUN(test_manufacturer);
	return test_summary();
}
