/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SEV-SNP launch digest against values that others have published. Their images are not here:
 * an image's part of the digest is published too, and its metadata are few numbers.
 */
#include "tests/unit/test.h"
#include "tests/unit/measure/ovmf_image.h"
#include "tools/lib/bank.h"
#include "tools/measure/cc/cc.h"

#include <stdlib.h>

#define EPYC_V4 0x800f12u

static void check_digest(const uint8_t digest[BOOT_CC_LEN], const char *want)
{
	char hex[2 * BOOT_CC_LEN + 1];

	hex_encode(digest, BOOT_CC_LEN, hex);
	CHECK(strcmp(hex, want) == 0);
	if (strcmp(hex, want) != 0)
		fprintf(stderr, "got  %s\nwant %s\n", hex, want);
}

/* google/gce-tcb-verifier, sev/sev_test.go: TestUpdateData and TestZeroContentUpdateData. */
static void test_pages(void)
{
	static uint8_t pages[3][OVMF_PAGE];
	uint8_t digest[BOOT_CC_LEN] = {0};

	memcpy(pages[0], "LGTMLGTMLGTMLGTM", 16);
	memcpy(pages[2] + OVMF_PAGE - 16, "LGTMLGTMLGTMLGTM", 16);
	for (unsigned i = 0; i < 3; i++)
		snp_measure_page(digest, SNP_NORMAL, i * OVMF_PAGE, pages[i]);
	check_digest(digest, "cba1cd767c33b30f96271837dbbae4081a945464a5af397b9b0336b5d8759ee8"
			     "8cc6b62c05d915c4424a9ac5747437d4");
	memset(digest, 0, sizeof(digest));
	for (unsigned i = 0; i < 3; i++)
		snp_measure_page(digest, SNP_ZERO, 0x9000 + i * OVMF_PAGE, NULL);
	check_digest(digest, "4bfe18477ba370a50329da74b9621e721c4f29663176e08fbcf088a17c1bc45f"
			     "133898b86d5082acbe202a6e9419808a");
}

static void start_from(uint8_t digest[BOOT_CC_LEN], const char *hex)
{
	CHECK(hex_decode(hex, digest, BOOT_CC_LEN));
}

/* virtee/sev-snp-measure-go, guest/guest_test.go and guest/testdata/ovmf_img_1.json, _2.json. */
static void test_ec2_images(void)
{
	const struct ovmf_metadata m = {
		.has_sev = true,
		.sev = {{0x800000, 0x9000, SEV_ZERO_PAGES, 0},
			{0x80a000, 0x3000, SEV_ZERO_PAGES, 0}, {0x80d000, 0x1000, SEV_SECRETS, 0},
			{0x80e000, 0x1000, SEV_CPUID, 0}, {0x80f000, 0x11000, SEV_ZERO_PAGES, 0}},
		.sev_count = 5,
		.has_reset_eip = true,
		.reset_eip = 0x80b004,
	};
	const struct snp_request request = {.vcpus = 2, .vmm = SNP_EC2_V1};
	uint8_t digest[BOOT_CC_LEN];
	struct flaw flaw;

	start_from(digest, "a58211791a556a630a4319dc9e2ea96cc0e9784dd9f20a4fadf81b26c98d163f"
			   "cdcb6703884bbbb80d7b1de45b3d84d0");
	REQUIRE(snp_launch_digest(NULL, 0, &m, &request, NULL, digest, &flaw));
	check_digest(digest, "4c6e33087d08fa770259484dddbef367086a15c3e2cf10038dc97229d39c9426"
			     "71c2e22b300178f8de594a3f2fa59303");
	start_from(digest, "2027a27bb9f7acfd280e4c7bd68a73973b94bf0756e5b282e004b9395f597b8d"
			   "0eb4defa7d8f6549375aa4d2b146f0f3");
	REQUIRE(snp_launch_digest(NULL, 0, &m, &request, NULL, digest, &flaw));
	check_digest(digest, "c2c84b9364fc9f0f54b04534768c860c6e0e386ad98b96e8b98eca46ac8971d0"
			     "5c531ba48373f054c880cfd1f4a0a84e");
}

/*
 * virtee/sev-snp-measure, tests/test_guest.py (version 0.0.13, ec2-v1: 0.0.12), of
 * ovmf_AmdSev_suffix.bin. The kernel is /dev/null, or there is none.
 */
static const struct {
	unsigned vcpus, features;
	enum snp_vmm vmm;
	const char *cmdline; /* NULL: no kernel */
	const char *want;
} published[] = {
	{1, 0x21, SNP_QEMU, "",
		"329c8ce0972ae52343b64d34a434a86f245dfd74f5ed7aae15d22efc78fb9683"
		"632b9b50e4e1d7fa41179ef98a7ef198"},
	{1, 0x1, SNP_QEMU, "",
		"ddc5224521617a536ee7ce9dd6224d1b58a8d4fda1c741f3ac99fc4bfa04ba6e"
		"9fc98646d4a07a9079397fa3852819b5"},
	{1, 0x21, SNP_QEMU, "console=ttyS0 loglevel=7",
		"803f691094946e42068aaa3a8f9e26a5c89f36f7b73ecfb28c653360fe4b3aba"
		"7e534442e7e1e17895dfe778d0228977"},
	{1, 0x1, SNP_QEMU, "console=ttyS0 loglevel=7",
		"6d287813eb5222d770f75005c664e34c204f385ce832cc2ce7d0d6f354454362"
		"f390ef83a92046c042e706363b4b08fa"},
	{1, 0x21, SNP_EC2, "",
		"0ce9ccc06bab55eebe8abc234f3df6514883977a68a591b71052498ab52b2f1a"
		"a415db338033946ef93aa8278c0d67fb"},
	{1, 0x1, SNP_EC2, "",
		"0883bd0eeb716e65b7b977a321c278d1e51b33b5c655fab985443bbcc65c086b"
		"9c15e8a0bd8811050dec7e24964e5056"},
	{1, 0x21, SNP_EC2_V1, "",
		"6ae80856486b1396af8c82a40351d6ed76a20c785e9c7fa4ffa27c22d5d6313b"
		"4b3b458cd3c9968e6f89fb5d8450d7a6"},
	{1, 0x1, SNP_EC2_V1, "",
		"7d3756157c805bf6adf617064c8552e8c1688fa1c8756f11cbf56ba5d25c9270"
		"fb69c0505c1cbe1c5c66c0e34c6ed3be"},
	{1, 0x1, SNP_GCE, "",
		"5da7106cf14cf46b1725ebab123eb9e53bd46a1e9f400cd0c08e7827b04b688e"
		"a8b4e403c8404efed4397ea5d5d0722e"},
	{4, 0x1, SNP_GCE, "",
		"5c5debf100fc339f90276e761ee1f1658d08922c3b20e2a2e6c7a6c3370b2452"
		"a15a00eae11886a93d6fd1e7ab81e29d"},
	{1, 0x21, SNP_QEMU, NULL,
		"e1e1ca029dd7973ab9513295be68198472dcd4fc834bd9af9b63f6e8a1674dbf"
		"281a9278a4a2ebe0eed9f22adbcd0e2b"},
	{1, 0x1, SNP_QEMU, NULL,
		"19358ba9a7615534a9a1e2f0dfc29384dcd4dcb7062ff9c6013b26869a5fc6ec"
		"abe033c48dd6f6db5d6d76e7c5df632d"},
	{4, 0x21, SNP_QEMU, "",
		"4953b1fb416fa874980e8442b3706d345926d5f38879134e00813c5d7abcbe78"
		"eafe7b422907be0b4698e2414a631942"},
	{4, 0x1, SNP_QEMU, "",
		"5061fffb019493a903613d56d54b94912a1a2f9e4502385f5c194616753720a9"
		"2441310ba6c4933de877c36e23046ad5"},
};

/*
 * The suffix itself is not published as text. These numbers are the only division of its memory
 * (edk2's OvmfSevMetadata.asm, AmdSevX64.fdf) that leads to the values above.
 */
static const struct ovmf_metadata amd_sev = {
	.has_sev = true,
	.sev = {{0x800000, 0x9000, SEV_ZERO_PAGES, 0}, {0x80a000, 0x3000, SEV_ZERO_PAGES, 0},
		{0x80d000, 0x1000, SEV_SECRETS, 0}, {0x80e000, 0x1000, SEV_CPUID, 0},
		{0x80f000, 0x1000, SEV_SVSM_CAA, 0}, {0x810000, 0x1000, SEV_KERNEL_HASHES, 0},
		{0x811000, 0xf000, SEV_ZERO_PAGES, 0}},
	.sev_count = 7,
	.has_reset_eip = true,
	.reset_eip = 0x80b004,
	.hashes_address = 0x810c00,
	.hashes_size = 0x400,
};

static void test_published_values(void)
{
	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		const struct snp_request request = {.vcpus = published[i].vcpus,
			.vcpu_signature = EPYC_V4,
			.guest_features = published[i].features,
			.vmm = published[i].vmm};
		const char *cmdline = published[i].cmdline ? published[i].cmdline : "";
		struct snp_hashes hashes;
		uint8_t digest[BOOT_CC_LEN];
		struct flaw flaw;

		bank_hash(BANK_SHA256, NULL, 0, hashes.kernel);
		bank_hash(BANK_SHA256, NULL, 0, hashes.initrd);
		bank_hash(BANK_SHA256, cmdline, strlen(cmdline) + 1, hashes.cmdline);
		start_from(digest,
			"086e2e9149ebf45abdc3445fba5b2da8270bdbb04094d7a2c37faaa4b24af3aa"
			"16aff8c374c2a55c467a50da6d466b74");
		REQUIRE(snp_launch_digest(NULL, 0, &amd_sev, &request,
			published[i].cmdline ? &hashes : NULL, digest, &flaw));
		check_digest(digest, published[i].want);
	}
}

/* Every input counts. */
static void test_what_the_digest_depends_on(void)
{
	static uint8_t image[IMAGE_LEN];
	struct snp_request requests[] = {{.vcpus = 1, .vcpu_signature = EPYC_V4},
		{.vcpus = 2, .vcpu_signature = EPYC_V4}, {.vcpus = 1, .vcpu_signature = 0x830f10},
		{.vcpus = 1, .vcpu_signature = EPYC_V4, .guest_features = 0x21},
		{.vcpus = 1, .vcpu_signature = EPYC_V4, .vmm = SNP_EC2},
		{.vcpus = 1, .vcpu_signature = EPYC_V4, .vmm = SNP_GCE}};
	uint8_t digest[7][BOOT_CC_LEN] = {0};
	struct ovmf_metadata m;
	struct flaw flaw;

	make_image(image);
	REQUIRE(ovmf_metadata_read(image, IMAGE_LEN, &m, &flaw));
	for (size_t i = 0; i < 6; i++)
		REQUIRE(snp_launch_digest(
			image, IMAGE_LEN, &m, &requests[i], NULL, digest[i], &flaw));
	image[0] ^= 1;
	REQUIRE(snp_launch_digest(image, IMAGE_LEN, &m, &requests[0], NULL, digest[6], &flaw));
	for (size_t i = 0; i < 7; i++)
		for (size_t k = 0; k < i; k++)
			CHECK(memcmp(digest[i], digest[k], BOOT_CC_LEN) != 0);
}

static void refused(struct ovmf_metadata m, const struct snp_hashes *hashes, size_t len)
{
	static const uint8_t image[OVMF_PAGE];
	const struct snp_request request = {.vcpus = 2, .vcpu_signature = EPYC_V4};
	uint8_t digest[BOOT_CC_LEN] = {0};
	struct flaw flaw = {0};

	CHECK(!snp_launch_digest(image, len, &m, &request, hashes, digest, &flaw));
	CHECK(flaw.reason != NULL);
}

static void test_refusals(void)
{
	const struct snp_hashes hashes = {{0}, {0}, {0}};
	struct ovmf_metadata m = amd_sev;

	refused(m, NULL, OVMF_PAGE - 1);
	m.has_sev = false;
	refused(m, NULL, OVMF_PAGE);
	m = amd_sev;
	m.has_reset_eip = false;
	refused(m, NULL, OVMF_PAGE);
	m = amd_sev;
	m.sev[2].type = 7;
	refused(m, NULL, OVMF_PAGE);
	m = amd_sev;
	m.hashes_address = 0x80fc00; /* in another page than the section */
	refused(m, &hashes, OVMF_PAGE);
	m.hashes_address = 0x810fff - 0xae; /* the table would end behind it */
	refused(m, &hashes, OVMF_PAGE);
	m.sev[5].type = SEV_ZERO_PAGES;
	refused(m, &hashes, OVMF_PAGE);
}

static void test_names(void)
{
	enum snp_vmm vmm;
	uint32_t signature;

	CHECK(snp_vcpu_by_name("EPYC-v4", &signature) && signature == EPYC_V4);
	CHECK(snp_vcpu_by_name("milan", &signature) && signature == 0xa00f11);
	CHECK(snp_vcpu_by_name("EPYC-Rome-v2", &signature) && signature == 0x830f10);
	CHECK(snp_vcpu_by_name("Genoa", &signature) && signature == 0xa10f10);
	CHECK(snp_vcpu_by_name("epyc-turin", &signature) && signature == 0xb00f00);
	CHECK(!snp_vcpu_by_name("Skylake", &signature) && !snp_vcpu_by_name("", &signature));
	for (unsigned i = 0; i < SNP_VMM_COUNT; i++)
		CHECK(snp_vmm_by_name(snp_vmm_name((enum snp_vmm)i), &vmm) && vmm == i);
	CHECK(!snp_vmm_by_name("xen", &vmm));
}

int main(void)
{
	RUN(test_pages);
	RUN(test_ec2_images);
	RUN(test_published_values);
	RUN(test_what_the_digest_depends_on);
	RUN(test_refusals);
	RUN(test_names);
	return test_summary();
}
