/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A confidential VM's registers for a boot, from files and from the command line on. */
#include "tests/unit/test.h"
#include "tests/unit/measure/cc_values.h"
#include "tests/unit/measure/ovmf_image.h"
#include "tools/lib/bank.h"
#include "tools/lib/file.h"
#include "tools/lib/report.h"
#include "tools/measure/cc/cc.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/protostar-cc-XXXXXX";
static uint8_t image[IMAGE_LEN];

/* A file in the tests' own folder; the name lives until the end of the program. */
static const char *path_of(const char *name)
{
	static char paths[64][48];
	static unsigned count;
	char *path = paths[count++ % 64];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void put_file(const char *name, const void *data, size_t len)
{
	CHECK(file_write(path_of(name), data, len));
}

static bool add(struct boot *boot, unsigned pcr, enum boot_rule rule, const char *text)
{
	return boot_add_data(boot, pcr, TCG_EFI_ACTION, rule, "", text, text, strlen(text)) != NULL;
}

static void separator(struct boot *boot, unsigned pcr)
{
	static const uint8_t zeros[4];

	boot_add_data(boot, pcr, TCG_SEPARATOR, RULE_SEPARATOR, "", "separator", zeros, 4);
}

/* The shape of every boot; texts stand for what is measured. */
static void make_boot(struct boot *boot)
{
	boot_init(boot);
	add(boot, 0, RULE_CRTM_VERSION, "version");
	add(boot, 7, RULE_SECURE_BOOT_VARIABLE, "SecureBoot");
	separator(boot, 7);
	add(boot, 1, RULE_BOOT_VARIABLE, "BootOrder");
	add(boot, 4, RULE_CALLING, "Calling");
	for (unsigned pcr = 0; pcr < 7; pcr++)
		separator(boot, pcr);
	add(boot, 7, RULE_AUTHORITY, "db");
	add(boot, 5, RULE_GPT, "GPT");
	add(boot, 4, RULE_APPLICATION, "uki.efi");
	add(boot, 11, RULE_SECTION_NAME, ".linux");
	add(boot, 9, RULE_KERNEL_CMDLINE, "cmdline");
	add(boot, 5, RULE_EXIT_CALLED, "exit");
	add(boot, 15, RULE_SEALED, "for the TPM only");
	boot->events[boot->count - 1].to = BOOT_TO_TPM;
	CHECK(boot_hash(boot, BANK_BIT(BANK_SHA256)));
}

/* What a sequence of measured texts leads to; "0000" stands for the separator. */
static void expect(const struct boot_cc_value *value, const char *const *texts, unsigned count)
{
	uint8_t want[BOOT_CC_LEN] = {0}, digest[BOOT_CC_LEN];

	for (unsigned i = 0; i < count; i++) {
		bool zeros = strcmp(texts[i], "0000") == 0;

		bank_hash(BANK_SHA384, zeros ? "\0\0\0" : texts[i], strlen(texts[i]), digest);
		bank_extend(BANK_SHA384, want, digest);
	}
	CHECK(value->asked && !value->unknown && value->events == count);
	CHECK_BYTES(value->value, want, BOOT_CC_LEN);
}

#define EXPECT(value, ...)                                                          \
	do {                                                                        \
		const char *const texts[] = {__VA_ARGS__};                          \
		expect((value), texts, (unsigned)(sizeof(texts) / sizeof(*texts))); \
	} while (0)

static void test_rtmrs(void)
{
	const struct firmware_request firmware = {0};
	const struct cc_request request = {.tdx = true};
	struct boot boot;

	make_boot(&boot);
	REQUIRE(cc_registers(&request, &firmware, &boot));
	EXPECT(&boot.cc[BOOT_RTMR1], "Calling", "0000", "GPT", "uki.efi", "exit");
	EXPECT(&boot.cc[BOOT_RTMR2], ".linux", "cmdline");
	CHECK(boot.cc[BOOT_MRTD].asked && boot.cc[BOOT_MRTD].unknown);
	CHECK(boot.cc[BOOT_RTMR0].asked && boot.cc[BOOT_RTMR0].unknown);
	CHECK(!boot.cc[BOOT_SNP_LAUNCH].asked);
	CHECK(boot.banks == BANK_BIT(BANK_SHA256));
	boot_free(&boot);

	make_boot(&boot);
	boot_unknown(&boot, 5, "no disk");
	boot_unknown(&boot, 10, "IMA");
	REQUIRE(cc_registers(&request, &firmware, &boot));
	CHECK(boot.cc[BOOT_RTMR1].unknown && strstr(boot.cc[BOOT_RTMR1].unknown, "no disk"));
	CHECK(!boot.cc[BOOT_RTMR2].unknown);
	boot_free(&boot);
}

/* A kernel that mentions the protocols in halves, as compilers put them into code. */
static void check_kernel(bool cc, bool tcg2, bool with_tpm, bool want_event, bool want_remark)
{
	const struct firmware_request firmware = {0};
	const struct cc_request request = {.tdx = true, .with_tpm = with_tpm};
	uint8_t kernel[200] = {0}, guid[GUID_LEN];
	struct boot boot;

	guid_parse("96751a3d-72f4-41a6-a794-ed5d0e67ae6b", guid);
	memcpy(kernel + 11, guid + 8, cc ? 8 : 7);
	memcpy(kernel + 30, guid, 8);
	guid_parse("607f766c-7455-42be-930b-e4d76db2720f", guid);
	memcpy(kernel + 100, guid, tcg2 ? 16 : 9);
	make_boot(&boot);
	boot_add_data(&boot, 11, TCG_IPL, RULE_SECTION_DATA, ".linux", ".linux (contents)", kernel,
		sizeof(kernel));
	REQUIRE(cc_registers(&request, &firmware, &boot));
	CHECK(boot.cc[BOOT_RTMR2].events == 2u + want_event);
	CHECK(!boot.cc[BOOT_RTMR2].remark == !want_remark);
	boot_free(&boot);
}

static void test_kernels(void)
{
	check_kernel(true, true, false, true, false);
	check_kernel(true, true, true, false, true);
	check_kernel(false, true, false, false, true); /* Linux 6.1 */
	check_kernel(false, false, false, true, true); /* nothing is to be seen in it */
}

static void test_old_separators(void)
{
	const struct firmware_request firmware = {0};
	const struct cc_request request = {.tdx = true, .old_separators = true};
	struct boot_cc_value rtmr0 = {.asked = true};
	struct boot boot;

	make_boot(&boot);
	REQUIRE(cc_registers(&request, &firmware, &boot));
	EXPECT(&boot.cc[BOOT_RTMR1], "Calling", "GPT", "uki.efi", "exit");
	boot_replay_cc(&boot, BOOT_RTMR0, &rtmr0);
	EXPECT(&rtmr0, "SecureBoot", "0000", "BootOrder", "0000", "db");
	boot_free(&boot);
}

/* The image's first two pages are its variables, so a split image can be put together. */
static void test_rtmr0_and_launch(void)
{
	struct firmware_request firmware = {.code = path_of("OVMF.fd")};
	const struct cc_request request = {.tdx = true,
		.td_hob = path_of("hob"),
		.acpi = {path_of("loader"), path_of("rsdp"), path_of("tables")},
		.acpi_count = 3};
	uint8_t want[BOOT_CC_LEN] = {0}, digest[BOOT_CC_LEN];
	const char *const texts[] = {
		"hob", NULL, "SecureBoot", "0000", "loader", "rsdp", "tables", "BootOrder", "db"};

	for (size_t i = 0; i < 9; i++) {
		bool zeros = texts[i] && strcmp(texts[i], "0000") == 0;

		if (texts[i])
			bank_hash(
				BANK_SHA384, zeros ? "\0\0\0" : texts[i], strlen(texts[i]), digest);
		else
			bank_hash(BANK_SHA384, image, 0x2000, digest);
		bank_extend(BANK_SHA384, want, digest);
	}
	for (unsigned split = 0; split < 2; split++) {
		struct boot boot;

		if (split) {
			firmware.code = path_of("CODE.fd");
			firmware.vars = path_of("VARS.fd");
		}
		make_boot(&boot);
		REQUIRE(cc_registers(&request, &firmware, &boot));
		check_value(&boot.cc[BOOT_MRTD], MRTD_BY_PAGES);
		CHECK(!boot.cc[BOOT_RTMR0].unknown && boot.cc[BOOT_RTMR0].events == 9);
		CHECK_BYTES(boot.cc[BOOT_RTMR0].value, want, BOOT_CC_LEN);
		boot_free(&boot);
	}
}

/* A list that is made here is measured like one that is given. */
static void test_memory_stated(void)
{
	const struct firmware_request firmware = {.code = path_of("OVMF.fd")};
	struct cc_request request = {
		.tdx = true, .memory = 16 << 20, .acpi = {path_of("tables")}, .acpi_count = 1};
	uint8_t made[BOOT_CC_LEN];
	struct ovmf_metadata m;
	struct bytes list = {0};
	struct flaw flaw;
	struct boot boot;

	make_boot(&boot);
	REQUIRE(cc_registers(&request, &firmware, &boot));
	CHECK(!boot.cc[BOOT_RTMR0].unknown);
	memcpy(made, boot.cc[BOOT_RTMR0].value, sizeof(made));
	boot_free(&boot);

	REQUIRE(ovmf_metadata_read(image, IMAGE_LEN, &m, &flaw));
	REQUIRE(cc_td_hob(&m, 16 << 20, &list, &flaw));
	put_file("list", list.data, list.len);
	bytes_free(&list);
	request.td_hob = path_of("list");
	make_boot(&boot);
	CHECK(!cc_registers(&request, &firmware, &boot)); /* both */
	request.memory = 0;
	REQUIRE(cc_registers(&request, &firmware, &boot));
	CHECK_BYTES(boot.cc[BOOT_RTMR0].value, made, BOOT_CC_LEN);
	boot_free(&boot);

	/* Firmware that measures ACPI tables: they must be given, and are enough. */
	make_boot(&boot);
	boot_unknown(&boot, 1, FIRMWARE_ACPI_UNKNOWN);
	REQUIRE(cc_registers(&request, &firmware, &boot));
	CHECK(!boot.cc[BOOT_RTMR0].unknown);
	CHECK_BYTES(boot.cc[BOOT_RTMR0].value, made, BOOT_CC_LEN);
	boot_free(&boot);
	request.acpi_count = 0;
	make_boot(&boot);
	boot_unknown(&boot, 1, FIRMWARE_ACPI_UNKNOWN);
	REQUIRE(cc_registers(&request, &firmware, &boot));
	CHECK(boot.cc[BOOT_RTMR0].unknown && strstr(boot.cc[BOOT_RTMR0].unknown, "--tdx-acpi"));
	boot_free(&boot);
	/* Any other reason stands. */
	request.acpi_count = 1;
	make_boot(&boot);
	boot_unknown(&boot, 1, "SMBIOS");
	REQUIRE(cc_registers(&request, &firmware, &boot));
	CHECK(boot.cc[BOOT_RTMR0].unknown && strstr(boot.cc[BOOT_RTMR0].unknown, "SMBIOS"));
	boot_free(&boot);

	request.td_hob = NULL;
	request.memory = 4 << 20; /* less than the sections need */
	make_boot(&boot);
	CHECK(!cc_registers(&request, &firmware, &boot));
	boot_free(&boot);
}

/* The code part alone: where its sections lie is not in the file. */
static void test_files_that_do_not_do(void)
{
	struct firmware_request firmware = {.code = path_of("CODE.fd")};
	struct cc_request request = {.tdx = true};
	struct boot boot;

	make_boot(&boot);
	CHECK(!cc_registers(&request, &firmware, &boot));
	firmware.code = path_of("hob");
	CHECK(!cc_registers(&request, &firmware, &boot));
	firmware.code = path_of("absent");
	CHECK(!cc_registers(&request, &firmware, &boot));
	firmware.code = path_of("OVMF.fd");
	request.td_hob = path_of("absent");
	CHECK(!cc_registers(&request, &firmware, &boot));
	boot_free(&boot);
}

/* One option of a command line; value NULL: a flag. */
static bool option(struct cc_request *request, const char *name, const char *value)
{
	static const struct command command = {.name = "test", .groups = {{.rows = cc_rows}}};
	static char word[512];
	char *argv[] = {word, word, NULL};
	const char **kept[] = {&request->td_hob, &request->with_snp.kernel,
		&request->with_snp.initrd, &request->with_snp.cmdline};

	snprintf(word, sizeof(word), "--%s%s%s", name, value ? "=" : "", value ? value : "");
	if (command_read(&command, 2, argv, request) >= 0)
		return false;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (*kept[i] && *kept[i] > word && *kept[i] < word + sizeof(word))
			*kept[i] = value;
	return true;
}

static void test_snp(void)
{
	const struct firmware_request firmware = {.code = path_of("OVMF.fd")}, none = {0};
	struct cc_request request = {0};
	struct boot boot;

	make_boot(&boot);
	CHECK(cc_registers(&request, &firmware, &boot) && !boot.cc[BOOT_SNP_LAUNCH].asked);
	CHECK(option(&request, "snp", NULL));
	CHECK(!cc_registers(&request, &firmware, &boot)); /* no --vcpus */
	CHECK(option(&request, "vcpus", "3"));
	CHECK(!cc_registers(&request, &firmware, &boot)); /* no --vcpu-type */
	CHECK(option(&request, "vcpu-type", "EPYC-v4"));
	REQUIRE(cc_registers(&request, &firmware, &boot));
	check_value(&boot.cc[BOOT_SNP_LAUNCH], SNP_OF_3);
	/* It does not cover the UKI. */
	CHECK(boot.cc[BOOT_SNP_LAUNCH].remark && !boot.cc[BOOT_SNP_LAUNCH].kernel_hashed);
	CHECK(cc_registers(&request, &none, &boot) && boot.cc[BOOT_SNP_LAUNCH].unknown);
	CHECK(option(&request, "snp-cmdline", "cmd line"));
	CHECK(option(&request, "snp-initrd", path_of("initrd")));
	CHECK(!cc_registers(&request, &firmware, &boot)); /* no --snp-kernel */
	CHECK(option(&request, "snp-kernel", path_of("kernel")));
	REQUIRE(cc_registers(&request, &firmware, &boot));
	check_value(&boot.cc[BOOT_SNP_LAUNCH], SNP_WITH_KERNEL);
	CHECK(!boot.cc[BOOT_SNP_LAUNCH].remark && boot.cc[BOOT_SNP_LAUNCH].kernel_hashed);
	CHECK(option(&request, "snp-kernel", path_of("absent")));
	CHECK(!cc_registers(&request, &firmware, &boot));
	boot_free(&boot);
}

static void test_options(void)
{
	struct cc_request r = {0};

	CHECK(option(&r, "tdx", NULL) && r.tdx);
	CHECK(option(&r, "tdx-two-pass", NULL) && r.two_pass);
	CHECK(option(&r, "tdx-old-separators", NULL) && r.old_separators);
	CHECK(option(&r, "vmm", "GCE") && r.with_snp.vmm == SNP_GCE);
	CHECK(!option(&r, "vmm", "xen"));
	CHECK(!option(&r, "vcpu-type", "i486"));
	CHECK(option(&r, "vcpu-signature", "0x00B00F21"));
	CHECK(r.with_snp.vcpu_signature == 0xb00f21);
	CHECK(!option(&r, "vcpu-signature", "100000000") && !option(&r, "vcpu-signature", "0"));
	CHECK(option(&r, "guest-features", "21") && r.with_snp.guest_features == 0x21);
	CHECK(!option(&r, "guest-features", "-1") && !option(&r, "guest-features", "21h"));
	CHECK(!option(&r, "vcpus", "0") && !option(&r, "vcpus", "4097"));
	CHECK(!option(&r, "vcpus", "") && !option(&r, "vcpus", "2 "));
	CHECK(option(&r, "tdx-memory", "2G") && r.memory == 2ull << 30);
	CHECK(option(&r, "tdx-memory", "4096") && r.memory == 4096);
	CHECK(!option(&r, "tdx-memory", "1") && !option(&r, "tdx-memory", "2GB"));
	CHECK(!option(&r, "tdx-memory", "-4K") && !option(&r, "tdx-memory", "0"));
	CHECK(!option(&r, "tdx-memory", "16777216T") && !option(&r, "tdx-memory", "G"));
	for (unsigned i = 0; i < CC_ACPI_MAX; i++)
		CHECK(option(&r, "tdx-acpi", "tables"));
	CHECK(!option(&r, "tdx-acpi", "one more"));
}

int main(void)
{
	report_silence();
	if (!mkdtemp(folder)) {
		perror(folder);
		return 1;
	}
	make_image(image);
	put_file("OVMF.fd", image, IMAGE_LEN);
	put_file("VARS.fd", image, 0x2000);
	put_file("CODE.fd", image + 0x2000, IMAGE_LEN - 0x2000);
	for (const char *const *name = (const char *const[]){"hob", "loader", "rsdp", "tables",
		     "kernel", "initrd", NULL};
		*name; name++)
		put_file(*name, *name, strlen(*name));
	RUN(test_rtmrs);
	RUN(test_kernels);
	RUN(test_old_separators);
	RUN(test_rtmr0_and_launch);
	RUN(test_memory_stated);
	RUN(test_files_that_do_not_do);
	RUN(test_snp);
	RUN(test_options);
	folder_remove(folder);
	return test_summary();
}
