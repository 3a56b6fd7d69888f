/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies that `protostar measure policy` writes for images, and nodes that boot these images or
 * others: what their processors report is what this test predicts of each, with the tests' own
 * Intel and AMD. Whole joins over TLS.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "early/contract/errors.h"
#include "tests/interop/serve/tee_node.h"
#include "tests/interop/serve/tee_policy.h"
#include "tests/mock/fat_maker.h"
#include "tests/mock/uki_maker.h"
#include "tests/unit/measure/code_maker.h"
#include "tests/unit/measure/ovmf_image.h"
#include "tests/unit/test.h"
#include "tools/lib/file.h"
#include "tools/lib/gpt.h"
#include "tools/measure/predict_boot.h"

#define IMAGES 3u
#define TRUST  "{" SNP_EVIDENCE(ANY_CHIP) ",\"tdx\":" TDX_PKI_EVIDENCE "}"
#define MINIMA "Genoa:bootloader=31,tee=63,snp=223,microcode=255"

static const char *const cmdlines[IMAGES] = {"quiet one", "quiet two", "quiet three"};

/* What the node's processor shows; the registers of a boot. */
static struct boot shown;
static unsigned wrong_rtmr; /* one bit of this one is another; from 4 on: none */

static const char *path_of(const char *name)
{
	static char paths[16][128];
	static unsigned next;
	char *path = paths[next++ % 16];

	snprintf(path, sizeof(paths[0]), "%s/%s", at.folder, name);
	return path;
}

static const char *disk_of(unsigned image)
{
	char name[16];

	snprintf(name, sizeof(name), "disk-%u.img", image);
	return path_of(name);
}

/* A UKI of ours on a disk of its own. */
static void make_disk(unsigned number)
{
	struct pe_maker kernel = uki_maker_kernel(), image;
	struct gpt_partition esp = {.first = GPT_HEAD_SECTORS, .name = "esp"};
	struct bytes head = {0}, tail = {0};
	struct fat_maker_places places;
	size_t kernel_len, uki_len, fat_len;
	uint8_t *kernel_file = pe_make(&kernel, &kernel_len), *uki, *fat;

	image = uki_maker_image(kernel_file, kernel_len);
	uki_maker_section(&image, ".cmdline")->data = cmdlines[number];
	uki_maker_section(&image, ".cmdline")->len = (uint32_t)strlen(cmdlines[number]);
	uki = pe_make(&image, &uki_len);
	fat = fat_make(16, uki, (uint32_t)uki_len, &fat_len, &places);
	esp.last = esp.first + fat_len / GPT_SECTOR - 1;
	REQUIRE(guid_parse(GPT_TYPE_ESP, esp.type) && guid_parse(GPT_TYPE_ESP, esp.uuid));
	gpt_make(esp.uuid, esp.last + 1 + GPT_TAIL_SECTORS, &esp, 1, &head, &tail);
	bytes_add(&head, fat, fat_len);
	bytes_add(&head, tail.data, tail.len);
	REQUIRE(file_write(disk_of(number), head.data, head.len));
	bytes_free(&head);
	bytes_free(&tail);
	free(fat);
	free(uki);
	free(kernel_file);
}

/* Boot0000: active, one end of a device path, named "a". */
static void make_files(void)
{
	static const uint8_t option[] = {1, 0, 0, 0, 4, 0, 'a', 0, 0, 0, 0x7f, 0xff, 4, 0};
	const struct code_maker code = {.version = "", .secure_boot = true, .measures = true};
	struct bytes firmware = {0};
	uint8_t metadata[IMAGE_LEN];

	code_make(&code, &firmware);
	make_image(metadata); /* it counts from the end */
	bytes_add(&firmware, metadata, sizeof(metadata));
	REQUIRE(file_write(path_of("ovmf.fd"), firmware.data, firmware.len));
	bytes_free(&firmware);
	REQUIRE(file_write(path_of("boot0000"), option, sizeof(option)));
	REQUIRE(file_write(path_of("td-hob"), "memory", 6));
	REQUIRE(file_write(path_of("trust.json"), TRUST, strlen(TRUST)));
	for (unsigned i = 0; i < IMAGES; i++)
		make_disk(i);
}

/* What a machine of this image has in its registers at a time of its boot. */
static void show(unsigned image, enum boot_phase phase, bool snp)
{
	struct measure_request request = {.firmware = {.code = path_of("ovmf.fd"),
						  .secure_boot = SECURE_BOOT_OFF,
						  .boot_options = {path_of("boot0000")},
						  .boot_option_count = 1},
		.stub.dialect = STUB_PROTOSTAR,
		.phase = phase};

	if (snp) {
		request.cc.snp = true;
		request.cc.with_snp.vcpus = 2;
		request.cc.with_snp.vcpu_signature = 0xa00f11;
		request.cc.with_snp.kernel = disk_of(image);
	} else {
		request.cc.tdx = true;
		request.cc.td_hob = path_of("td-hob");
	}
	request_image(&request, disk_of(image));
	boot_free(&shown);
	boot_init(&shown);
	wrong_rtmr = 4;
	REQUIRE(predict_boot(&request, &shown));
}

static void put_registers(struct tdx_quote_spec *q)
{
	memcpy(q->body.mrtd, shown.cc[BOOT_MRTD].value, TDX_DIGEST_LEN);
	for (unsigned i = 0; i < TDX_RTMRS; i++)
		memcpy(q->body.rtmr[i], shown.cc[BOOT_RTMR0 + i].value, TDX_DIGEST_LEN);
	if (wrong_rtmr < TDX_RTMRS)
		q->body.rtmr[wrong_rtmr][0] ^= 1;
}

static void put_other_firmware(struct tdx_quote_spec *q)
{
	put_registers(q);
	q->body.mrtd[0] ^= 1;
}

static void put_debug(struct tdx_quote_spec *q)
{
	put_registers(q);
	q->body.td_attributes |= TDX_DEBUG;
}

static void put_digest(uint8_t report[SNP_REPORT_LEN])
{
	memcpy(report + 0x090, shown.cc[BOOT_SNP_LAUNCH].value, SNP_MEASUREMENT_LEN);
	report[0x040] |= 1 << 5; /* PLATFORM_INFO: memory aliases were looked for */
}

static void put_digest_debug(uint8_t report[SNP_REPORT_LEN])
{
	put_digest(report);
	report[0x00a] |= 1 << 3; /* POLICY bit 19 */
}

/* Starts the service anew with what the command prints; what it says beside that is left out. */
static void serve(const char *const *args)
{
	const char *printed = path_of("printed");
	char command[512];

	if (at.service.pid > 0)
		service_stop(&at.service, SIGTERM);
	snprintf(command, sizeof(command), "rm -rf %s", at.service.state);
	REQUIRE(system(command) == 0);
	REQUIRE(service_run(&at.service, printed, args) == 0);
	snprintf(command, sizeof(command), "grep -v '^protostar: ' %s > %s", printed,
		at.service.policy);
	REQUIRE(system(command) == 0);
	REQUIRE(service_start(&at.service, NULL));
}

static uint16_t boot(const struct tee_node *n, const uint8_t *disk)
{
	struct outcome o;

	return tee_boot(n, disk, &o);
}

#define COMMON                                                                                    \
	"measure", "policy", "--identity", "tee", "--trust", path_of("trust.json"), "--firmware", \
		path_of("ovmf.fd"), "--dialect", "protostar"

static const char *image_setting(const char *name, unsigned image)
{
	static char settings[4][192];
	static unsigned next;
	char *text = settings[next++ % 4];

	snprintf(text, sizeof(settings[0]), "%s=%s", name, disk_of(image));
	return text;
}

static void test_tdx(void)
{
	const struct tee_node node = {.kinds = TEE(EVIDENCE_TDX), .change_tdx = put_registers};
	const struct tee_node firmware = {
		.kinds = TEE(EVIDENCE_TDX), .change_tdx = put_other_firmware};
	const struct tee_node debug = {.kinds = TEE(EVIDENCE_TDX), .change_tdx = put_debug};
	const char *const args[] = {COMMON, "--evidence", "tdx", "--recognise", "set", "--td-hob",
		path_of("td-hob"), "--boot-option", path_of("boot0000"), "--secure-boot", "off",
		"--image", image_setting("one", 0), "--image", image_setting("two", 1), NULL};

	serve(args);
	show(0, PHASE_JOIN, false);
	CHECK(boot(&node, disk_1) == 0);
	CHECK(boot(&firmware, disk_1) == E_DENY_MEASUREMENTS);
	CHECK(boot(&debug, disk_1) == E_DENY_PLATFORM);
	for (wrong_rtmr = 0; wrong_rtmr < TDX_RTMRS; wrong_rtmr++)
		CHECK(boot(&node, disk_1) == E_DENY_MEASUREMENTS);
	show(1, PHASE_JOIN, false);
	CHECK(boot(&node, disk_2) == 0);
	show(2, PHASE_JOIN, false);
	CHECK(boot(&node, disk_3) == E_DENY_MEASUREMENTS);
	/* The right image, once its init runs. */
	show(0, PHASE_BOOTED, false);
	CHECK(boot(&node, disk_1) == E_DENY_MEASUREMENTS);
	show(0, PHASE_JOIN, false);
	CHECK(boot(&node, disk_1) == 0);
}

static void test_snp(void)
{
	const struct tee_node node = {.kinds = TEE(EVIDENCE_SNP), .change_snp = put_digest};
	const struct tee_node debug = {.kinds = TEE(EVIDENCE_SNP), .change_snp = put_digest_debug};
	const char *const args[] = {COMMON, "--evidence=snp", "--recognise=chip", "--snp-tcb",
		MINIMA, "--accept-no-seal", "--vcpus=2", "--vcpu-signature=a00f11", "--snp-kernel",
		disk_of(0), "--image", image_setting("one", 0), NULL};

	serve(args);
	show(0, PHASE_JOIN, true);
	CHECK(boot(&node, disk_1) == 0);
	CHECK(boot(&debug, disk_1) == E_DENY_PLATFORM);
	show(1, PHASE_JOIN, true);
	CHECK(boot(&node, disk_1) == E_DENY_MEASUREMENTS);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	tee_open();
	boot_init(&shown);
	make_files();
	RUN(test_tdx);
	RUN(test_snp);
	boot_free(&shown);
	tee_close();
	setting_close();
	return test_summary();
}
