/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What firmware measures, against the logs and registers of real boots. The logs show what the
 * variables and partition tables held, so that files are made of that and the digests predicted.
 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>
#include "tests/mock/uki_maker.h"
#include "tests/unit/measure/code_maker.h"
#include "tests/unit/measure/golden_log.h"
#include "tools/lib/gpt.h"
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/measure/firmware/firmware.h"

#define ALL_BANKS ((1u << BANK_COUNT) - 1)

static const char *logs;

static bool pcr_is(const struct boot *boot, unsigned pcr, const char *wanted)
{
	struct boot_values values;
	char hex[2 * BANK_DIGEST_MAX + 1];

	boot_replay(boot, BANK_SHA256, &values);
	hex_encode(values.pcr[pcr], 32, hex);
	return strcmp(hex, wanted) == 0;
}

static bool run(
	const struct firmware_request *request, const struct boot_image *image, struct boot *boot)
{
	struct firmware *firmware;
	bool fine;

	boot_init(boot);
	firmware = firmware_open(request, boot);
	if (!firmware)
		return false;
	fine = firmware_begin(firmware, boot) &&
	       (!image || firmware_start_image(firmware, boot, image)) &&
	       firmware_end(firmware, boot) && boot_hash(boot, ALL_BANKS);
	firmware_close(firmware);
	return fine;
}

static const struct event *partition_event(const struct golden *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->events[i].type == TCG_EFI_GPT)
			return &g->events[i];
	abort();
}

/* A disk with the partition table that a log shows, and nothing else. */
static struct boot_image make_disk(const struct golden *g)
{
	const struct event *e = partition_event(g);
	size_t len = ((size_t)le64(e->data + 32) + 1) * GPT_SECTOR;
	uint8_t *disk = calloc(1, len);

	if (!disk)
		abort();
	memcpy(disk + GPT_SECTOR, e->data, 92);
	memcpy(disk + 2 * (size_t)GPT_SECTOR, e->data + 100, e->data_len - 100);
	return (struct boot_image){.disk = disk, .disk_len = len, .disk_source = "disk.img"};
}

/* Events whose digests follow from the files that a test can make of a log. */
static bool is_predictable(uint32_t type)
{
	return type == TCG_SEPARATOR || type == TCG_EFI_ACTION || type == TCG_EFI_GPT ||
	       type == TCG_EFI_VARIABLE_DRIVER_CONFIG || type == TCG_EFI_VARIABLE_BOOT;
}

/* The same events in the same order, in every bank, and the same shown data. */
static bool same_events(const struct boot *boot, const struct golden *g)
{
	size_t at = 0;

	for (size_t i = 0; i < g->count; i++) {
		const struct event *logged = &g->events[i];
		const struct boot_event *predicted;

		if (!is_predictable(logged->type))
			continue;
		while (at < boot->count && !is_predictable(boot->events[at].type))
			at++;
		if (at == boot->count)
			return false;
		predicted = &boot->events[at++];
		if (!golden_same(predicted, logged) || predicted->data_len != logged->data_len ||
			memcmp(predicted->data, logged->data, logged->data_len) != 0)
			return false;
	}
	while (at < boot->count && !is_predictable(boot->events[at].type))
		at++;
	return at == boot->count;
}

static void add_boot_options(struct firmware_request *request, const struct golden *g, char *room)
{
	const uint8_t *order;
	size_t len;

	if (!golden_variable(g, "BootOrder", &order, &len))
		return;
	for (size_t i = 0; i < len / 2; i++, room += 64) {
		char name[16];

		snprintf(name, sizeof(name), "Boot%04X", le16(order + 2 * i));
		snprintf(room, 64, "%s", golden_variable_file(g, name));
		request->boot_options[request->boot_option_count++] = room;
	}
}

/* Every variable, separator, action and partition table of seven boots. */
static void test_predicts_the_logs(void)
{
	static const struct {
		const char *name;
		enum secure_boot secure_boot;
		unsigned failed_attempts;
	} cases[] = {
		{"o252", SECURE_BOOT_OFF, 0},
		{"o257", SECURE_BOOT_OFF, 0},
		{"o257n", SECURE_BOOT_UNSET, 0},
		{"m4", SECURE_BOOT_OFF, 0},
		{"h252", SECURE_BOOT_OFF, 1},
		{"c257", SECURE_BOOT_OFF, 0},
	};
	struct pe_maker maker = uki_maker_kernel();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct firmware_request request = {.secure_boot = cases[i].secure_boot,
			.failed_attempts = cases[i].failed_attempts};
		struct golden g;
		struct boot boot;
		struct boot_image image;
		char paths[16 * 64];
		uint8_t *pe;

		golden_open(&g, logs, cases[i].name);
		add_boot_options(&request, &g, paths);
		image = make_disk(&g);
		pe = pe_make(&maker, &image.len);
		image.data = pe;
		image.name = image.source = "image";
		CHECK(run(&request, &image, &boot));
		CHECK(same_events(&boot, &g));
		CHECK(!boot.unknown[7] && !boot.unknown[5] && !boot.unknown[4]);
		boot_free(&boot);
		golden_close(&g);
		free(pe);
		free((void *)(uintptr_t)image.disk);
	}
}

/* Secure Boot on: the variables of the snakeoil keys, given as lists. */
static void test_predicts_keys(void)
{
	static const char *const names[] = {"s252", "s257"};

	for (size_t i = 0; i < 2; i++) {
		static const char *const lists[] = {"PK", "KEK", "db", "dbx"};
		struct firmware_request request = {0};
		size_t found = 0;
		struct golden g;
		struct boot boot;

		golden_open(&g, logs, names[i]);
		for (unsigned list = LIST_PK; list <= LIST_DBX; list++) {
			request.lists[list][0] = golden_variable_file(&g, lists[list]);
			request.list_counts[list] = request.lists[list][0] != NULL;
		}
		REQUIRE(run(&request, NULL, &boot));
		for (size_t e = 0; e < boot.count; e++)
			if (boot.events[e].type == TCG_EFI_VARIABLE_DRIVER_CONFIG)
				found += golden_find(&g, &boot.events[e]) != NULL;
		CHECK(found == 5);
		CHECK(!boot.unknown[7]);
		boot_free(&boot);
		golden_close(&g);
	}
}

static const char *make_code(const struct code_maker *maker)
{
	const char *path = scratch_path("code.fd");
	struct bytes image = {0};

	code_make(maker, &image);
	scratch_write(path, image.data, image.len, 0600);
	bytes_free(&image);
	return path;
}

/* PCR 0 in part, PCR 1 and the form of SecureBoot follow from the code image. */
static void test_reads_the_code(void)
{
	static const char pcr_1[] =
		"ec09678bc9a85dd840b3b05f457edda355a003a8c2c20e65463803e44087f8a6";
	static const struct {
		const char *name;
		struct code_maker code;
	} cases[] = {
		{"o252", {"", true, false, true}},
		{"o257n", {"2025.02-8+deb13u1", false, true, true}},
	};

	for (size_t i = 0; i < 2; i++) {
		struct firmware_request request = {.code = make_code(&cases[i].code)};
		struct bytes dxe = {0};
		struct golden g;
		struct boot boot;
		uint8_t hash[BANK_DIGEST_MAX];
		char paths[16 * 64];

		golden_open(&g, logs, cases[i].name);
		add_boot_options(&request, &g, paths);
		if (i == 0)
			request.secure_boot = SECURE_BOOT_OFF;
		REQUIRE(run(&request, NULL, &boot));
		CHECK(boot.events[0].type == TCG_CRTM_VERSION);
		CHECK(golden_find(&g, &boot.events[0]) != NULL);
		code_make_dxe(&cases[i].code, &dxe);
		bank_hash(BANK_SHA256, dxe.data, dxe.len, hash);
		CHECK(memcmp(boot.events[1].digest[BANK_SHA256], hash, 32) == 0);
		CHECK(boot.events[1].to == BOOT_TO_TPM && boot.unknown[0]);
		CHECK(!boot.unknown[7] && (boot.unknown[1] != NULL) == cases[i].code.acpi);
		if (!cases[i].code.acpi)
			CHECK(pcr_is(&boot, 1, pcr_1));
		bytes_free(&dxe);
		boot_free(&boot);
		golden_close(&g);
	}
}

/* PCR 7 of o252 (OVMF 2022.11) and o257n (2025.02), and PCR 2, 3 and 6 of every log. */
static void test_registers_without_files(void)
{
	struct firmware_request request = {.secure_boot = SECURE_BOOT_OFF};
	struct boot boot;

	CHECK(run(&request, NULL, &boot));
	CHECK(pcr_is(&boot, 7, "65caf8dd1e0ea7a6347b635d2b379c93b9a1351edc2afc3ecda700e534eb3068"));
	for (unsigned pcr = 2; pcr < 7; pcr += pcr == 3 ? 3 : 1)
		CHECK(pcr_is(&boot, pcr,
			"3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969"));
	CHECK(boot.unknown[0] && boot.unknown[1] && boot.unknown[5]);
	CHECK(boot.remark[7] && strstr(boot.remark[7], "if no keys"));
	boot_free(&boot);
	request.secure_boot = SECURE_BOOT_UNSET;
	CHECK(run(&request, NULL, &boot));
	CHECK(pcr_is(&boot, 7, "b5710bf57d25623e4019027da116821fa99f5c81e9e38b87671cc574f9281439"));
	boot_free(&boot);
	request.secure_boot = SECURE_BOOT_UNSTATED;
	CHECK(run(&request, NULL, &boot));
	CHECK(boot.unknown[7] != NULL);
	boot_free(&boot);
}

/* Each platform says what it hides, and everything else is known. */
static void test_platforms(void)
{
	static const struct {
		const char *name, *unknown; /* of PCR 0 to 7: 'x' */
	} cases[] = {
		{"qemu-ovmf", "xx...x.."},
		{"aws", "xx...x.."},
		{"gcp", "xx...x.."},
		{"azure", "x....xx."},
		{"uefi", "xxxx.xx."},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct firmware_request request = {
			.profile = cases[i].name, .secure_boot = SECURE_BOOT_OFF};
		struct boot boot;

		REQUIRE(run(&request, NULL, &boot));
		for (unsigned pcr = 0; pcr < 8; pcr++)
			CHECK((boot.unknown[pcr] != NULL) == (cases[i].unknown[pcr] == 'x'));
		boot_free(&boot);
	}
}

static void test_refuses(void)
{
	struct code_maker silent = {.version = "", .secure_boot = true};
	struct firmware_request unknown = {.profile = "no such platform"};
	struct firmware_request nothing = {.code = "/nonexistent"};
	struct firmware_request broken = {.code = scratch_path("broken.fd")};
	struct firmware_request mute = {.code = make_code(&silent)};
	struct boot boot;

	scratch_write(broken.code, "no volume", 9, 0600);
	CHECK(!run(&unknown, NULL, &boot));
	boot_free(&boot);
	CHECK(!run(&nothing, NULL, &boot));
	boot_free(&boot);
	CHECK(!run(&broken, NULL, &boot));
	boot_free(&boot);
	/* Without a driver that measures, no register means anything. */
	CHECK(run(&mute, NULL, &boot));
	for (unsigned pcr = 0; pcr < 8; pcr++)
		CHECK(boot.unknown[pcr] != NULL);
	boot_free(&boot);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	logs = argv[1];
	report_silence();
	scratch_open();
	RUN(test_predicts_the_logs);
	RUN(test_predicts_keys);
	RUN(test_reads_the_code);
	RUN(test_registers_without_files);
	RUN(test_platforms);
	RUN(test_refuses);
	scratch_close();
	return test_summary();
}
