/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What TDX measures: MRTD, the list of memory, and registers of real machines. */
#include "tests/unit/measure/cc_values.h"
#include "tests/unit/measure/ovmf_image.h"
#include "tools/lib/bank.h"
#include "tools/measure/cc/cc.h"

static uint8_t image[IMAGE_LEN];

static void test_mrtd(void)
{
	struct boot_cc_value value = {.asked = true};
	uint8_t other[BOOT_CC_LEN];
	struct ovmf_metadata m;
	struct flaw flaw;

	make_image(image);
	REQUIRE(ovmf_metadata_read(image, IMAGE_LEN, &m, &flaw));
	REQUIRE(cc_mrtd(image, IMAGE_LEN, &m, false, value.value, &flaw));
	check_value(&value, MRTD_BY_PAGES);
	REQUIRE(cc_mrtd(image, IMAGE_LEN, &m, true, value.value, &flaw));
	check_value(&value, MRTD_TWO_PASS);
	/* Variables are not measured at launch, code is. */
	image[0x1000] ^= 1;
	REQUIRE(cc_mrtd(image, IMAGE_LEN, &m, false, value.value, &flaw));
	check_value(&value, MRTD_BY_PAGES);
	image[0x2000] ^= 1;
	REQUIRE(cc_mrtd(image, IMAGE_LEN, &m, false, other, &flaw));
	CHECK(memcmp(other, value.value, sizeof(other)) != 0);
	image[0x2000] ^= 1;
	image[0x1000] ^= 1;
	/* Memory that the guest accepts later is no part of it. */
	m.tdvf[3].attributes = TDVF_PAGE_AUG;
	m.tdvf[3].size = 1ull << 40;
	REQUIRE(cc_mrtd(image, IMAGE_LEN, &m, false, value.value, &flaw));
	CHECK(!cc_mrtd(image, IMAGE_LEN - 0x1000, &m, false, value.value, &flaw));
	CHECK(flaw.offset == IMAGE_TDVF + 16);
}

/*
 * RTMR 2 of real hardware, a TDX guest that QEMU 10.2.4 started from edk2 202602: the two events'
 * digests and the register as aleph-vm publishes them ("TDX boot measurement vectors"). The
 * command line's is computed here, the initrd's is given.
 */
static void test_rtmr2_of_hardware(void)
{
	static const char cmdline[] = "initrd=initrd root=LABEL=cloudimg-rootfs ro console=ttyS0";
	const struct firmware_request firmware = {0};
	const struct cc_request request = {.tdx = true};
	uint8_t utf16[2 * sizeof(cmdline)] = {0};
	struct boot_event *initrd;
	struct boot boot;
	char hex[2 * BOOT_CC_LEN + 1];

	for (size_t i = 0; i < sizeof(cmdline); i++)
		utf16[2 * i] = (uint8_t)cmdline[i];
	boot_init(&boot);
	boot_add_data(&boot, 9, TCG_EVENT_TAG, RULE_KERNEL_CMDLINE, "", "command line", utf16,
		sizeof(utf16));
	initrd = boot_add(&boot, 9, TCG_EVENT_TAG, RULE_KERNEL_INITRD, "", "initrd");
	REQUIRE(initrd &&
		hex_decode("88de90bedcc560064688c74ccd6609a25ed9d48b0a0e13d8b2a558212724d8"
			   "755b2c8114dcf04b8d51ea4cf7782e3091",
			initrd->digest[BANK_SHA384], BOOT_CC_LEN));
	initrd->banks = BANK_BIT(BANK_SHA384);
	REQUIRE(cc_registers(&request, &firmware, &boot));
	hex_encode(boot.events[0].digest[BANK_SHA384], BOOT_CC_LEN, hex);
	CHECK(strcmp(hex, "b8c85d40a1d555a451571e24d7d7c4c331bc15721d6e4b2a5cb5093214c44174822a0916"
			  "aa4d622d4309644de99cd59c") == 0);
	check_value(&boot.cc[BOOT_RTMR2],
		"972547466cb6bcb8a23cd479e9258c3affbbc4f0ba2805d732477200d0dff843"
		"2447c7a775e70453cdb51f018a306ece");
	boot_free(&boot);
}

/*
 * The lists of memory that dstack guests on TDX hardware measured: the first events of the logs
 * that Phala's users publish (2 GiB: the log in test_cc_log.c). Their firmware divides memory as
 * edk2's OvmfPkgX64 of 2025.02 does.
 */
static void test_memory_lists(void)
{
	static const struct {
		uint64_t memory;
		const char *want;
	} lists[] = {
		{2ull << 30, "0e35f1b315ba6c912cf791e5c79dd9d3a2b8704516aa27d4e5aa78fb09ede04a"
			     "ef2bbd02ac7a8734c48562b9c26ba35d"},
		{4ull << 30, "02a008e63d55a77823c04a5513a5810d4e592dc41bf2596267c09eae5d4b4e3b"
			     "329ae614973fb192297d8833d37a08fd"},
		{64ull << 30, "519245d8b6b54b48b57143e6647d41e5e6f3b4ef10a73c95be4d9a9c0f54115b"
			      "707e7af5e38f7be6852229b18573690d"},
	};
	const struct ovmf_metadata m = {.has_tdvf = true,
		.tdvf = {{0x84000, 0x37c000, 0xffc84000, 0x37c000, TDVF_BFV, TDVF_MR_EXTEND, 0},
			{0, 0x84000, 0xffc00000, 0x84000, TDVF_CFV, 0, 0},
			{0, 0, 0x811000, 0xf000, TDVF_TEMP_MEM, 0, 1},
			{0, 0, 0x80b000, 0x2000, TDVF_TEMP_MEM, 0, 2},
			{0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0, 3},
			{0, 0, 0x800000, 0x6000, TDVF_TEMP_MEM, 0, 4}},
		.tdvf_count = 6};
	struct ovmf_metadata broken = m;
	struct boot_cc_value value = {.asked = true};
	struct flaw flaw;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct bytes list = {0};

		REQUIRE(cc_td_hob(&m, lists[i].memory, &list, &flaw));
		bank_hash(BANK_SHA384, list.data, list.len, value.value);
		check_value(&value, lists[i].want);
		bytes_free(&list);
	}
	for (unsigned i = 0; i < 3; i++) {
		struct bytes list = {0};

		broken = m;
		if (i == 0)
			broken.tdvf_count = 4; /* no place for the list */
		if (i == 1)
			broken.tdvf[5].size = 0xa000; /* over the next one */
		if (i == 2)
			broken.tdvf[2].address = 2ull << 30;
		CHECK(!cc_td_hob(&broken, 2ull << 30, &list, &flaw));
		CHECK(flaw.offset == (i == 0 ? 0u : i == 1 ? 3u : 1u));
		bytes_free(&list);
	}
}

int main(void)
{
	RUN(test_mrtd);
	RUN(test_rtmr2_of_hardware);
	RUN(test_memory_lists);
	return test_summary();
}
