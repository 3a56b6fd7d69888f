/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian's firmware images against logs of boots of the very same files: version and DXE volume,
 * the shell that lies in it, and with Secure Boot on all of PCR 7, for an image signed with
 * Debian's test key.
 *
 * Arguments: the folder of the images, that of the key, that of the logs. A file of another build
 * has no log here: the program says so and, when nothing at all could be compared, exits with 77.
 */
#include "tests/unit/test.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include "tests/mock/image_signer.h"
#include "tests/mock/uki_maker.h"
#include "tests/unit/measure/golden_log.h"
#include "tools/lib/authenticode.h"
#include "tools/lib/firmware_volume.h"
#include "tools/lib/hex.h"
#include "tools/measure/firmware/firmware.h"

#define EXIT_SKIPPED 77
#define SHELL	     "7c04a583-9e3e-4f1c-ad65-e05268d0b4d1"

/* ovmf 2022.11-6+deb12u2 and 2025.02-8+deb13u1. */
#define CODE_2022   "b157d97b1f69729514feb7f201d2cbe4957f23ab77920e361fe9f822ba49ca4c"
#define SECURE_2022 "d50189a486d22af418198226a3a5bcb6ddac775590f6a808bd629474ee034d62"
#define VARS_2022   "4460f43fb13d627f5b31e3457d08d4315e41ef4666d06808a4f981f6ee1e91bd"
#define CODE_2025   "624e06de18b4fa535e90db7160d00d3d07d206422b89999bf1e27d920264e4e0"

static const char *images, *keys, *logs;

/* The path of a file in the folder of the images, when it is the one that a log is of. */
static bool is_build(const char *name, const char *sha256, char path[256])
{
	uint8_t hash[32];
	char hex[65];

	snprintf(path, 256, "%s/%s", images, name);
	if (!file_sha256(path, hash))
		exit(1);
	hex_encode(hash, sizeof(hash), hex);
	return strcmp(hex, sha256) == 0;
}

static bool begin(
	const struct firmware_request *request, struct boot *boot, struct firmware **firmware)
{
	boot_init(boot);
	*firmware = firmware_open(request, boot);
	return *firmware && firmware_begin(*firmware, boot);
}

/* Every event that was predicted is in the log, with its digests in all banks. */
static void check_code(const char *path, const char *log)
{
	struct firmware_request request = {.code = path};
	struct firmware *firmware;
	struct golden g;
	struct boot boot;

	if (strcmp(log, "o257n") != 0)
		request.secure_boot = SECURE_BOOT_OFF;
	golden_open(&g, logs, log);
	REQUIRE(begin(&request, &boot, &firmware));
	REQUIRE(boot_hash(&boot, (1u << BANK_COUNT) - 1));
	CHECK(boot.events[0].type == TCG_CRTM_VERSION);
	CHECK(boot.events[1].type == TCG_EFI_FIRMWARE_BLOB);
	for (size_t i = 0; i < boot.count; i++)
		CHECK(golden_find(&g, &boot.events[i]) != NULL);
	CHECK((boot.unknown[1] != NULL) && boot.unknown[0] && !boot.unknown[7]);
	firmware_close(firmware);
	boot_free(&boot);
	golden_close(&g);
}

static void test_code(void)
{
	char path[256];

	if (is_build("OVMF_CODE_4M.fd", CODE_2022, path)) {
		check_code(path, "o252");
		check_code(path, "m4");
	} else if (is_build("OVMF_CODE_4M.fd", CODE_2025, path)) {
		check_code(path, "o257n");
	} else {
		printf("no log of %s\n", path);
	}
}

/* h252 was started from the shell in the firmware, which is measured as any application. */
static void test_shell(void)
{
	struct boot_event predicted = {
		.pcr = 4, .type = TCG_EFI_APPLICATION, .banks = (1u << BANK_COUNT) - 1};
	const struct firmware_volume *dxe;
	struct firmware_volumes all;
	struct firmware_file shell;
	struct golden g;
	struct mapped code;
	const uint8_t *pe;
	struct flaw flaw;
	char path[256];
	size_t len;

	if (!is_build("OVMF_CODE_4M.fd", CODE_2022, path)) {
		printf("no log of %s\n", path);
		return;
	}
	golden_open(&g, logs, "h252");
	REQUIRE(file_map(path, &code));
	REQUIRE(firmware_volumes_read(code.data, code.len, &all, &flaw));
	dxe = firmware_volume_with(&all, FIRMWARE_FILE_DXE_CORE);
	REQUIRE(dxe && firmware_file_find(dxe, SHELL, &shell));
	REQUIRE(firmware_section(&shell, FIRMWARE_SECTION_PE32, &pe, &len));
	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		CHECK(authenticode(pe, len, (enum bank)bank, predicted.digest[bank], &flaw));
	CHECK(golden_find(&g, &predicted) != NULL);
	firmware_volumes_free(&all);
	file_unmap(&code);
	golden_close(&g);
}

static struct signer read_snakeoil(void)
{
	struct signer s = {0};
	char key[256], certificate[256], password[] = "snakeoil";
	FILE *f;

	snprintf(key, sizeof(key), "%s/PkKek-1-snakeoil.key", keys);
	snprintf(certificate, sizeof(certificate), "%s/PkKek-1-snakeoil.pem", keys);
	f = fopen(key, "r");
	if (!f || !(s.key = PEM_read_PrivateKey(f, NULL, NULL, password)) || fclose(f) ||
		!(f = fopen(certificate, "r")) ||
		!(s.certificate = PEM_read_X509(f, NULL, NULL, NULL)) || fclose(f)) {
		fprintf(stderr, "%s: no test key\n", keys);
		exit(1);
	}
	return s;
}

static bool pcr_7_is_of(const struct boot *boot, const struct golden *g)
{
	struct boot_values predicted;
	struct event_replay logged;
	const char *problem;

	boot_replay(boot, BANK_SHA384, &predicted);
	return event_log_replay(
		       g->file.data, g->file.len, bank_alg(BANK_SHA384), &logged, &problem) &&
	       memcmp(predicted.pcr[7], logged.pcr[7], 48) == 0;
}

/* PCR 7 of s252, whatever the image is, as long as the same key signed it. */
static void test_secure_boot(void)
{
	struct pe_maker maker = uki_maker_kernel();
	char code[256], vars[256];
	struct firmware_request request = {.code = code, .vars = vars};
	const struct signer *signers[1];
	struct firmware *firmware;
	struct bytes image = {0};
	struct signer snakeoil;
	struct golden g;
	struct boot boot;
	size_t len;
	uint8_t *pe;

	if (!is_build("OVMF_CODE_4M.secboot.fd", SECURE_2022, code) ||
		!is_build("OVMF_VARS_4M.snakeoil.fd", VARS_2022, vars)) {
		printf("no log of these variables\n");
		return;
	}
	snakeoil = read_snakeoil();
	signers[0] = &snakeoil;
	pe = pe_make(&maker, &len);
	bytes_add(&image, pe, len);
	image_sign(&image, signers, 1);
	golden_open(&g, logs, "s252");
	REQUIRE(begin(&request, &boot, &firmware));
	CHECK(firmware_secure_boot(firmware));
	REQUIRE(firmware_start_image(firmware, &boot,
		&(struct boot_image){
			.data = image.data, .len = image.len, .source = "image", .name = "image"}));
	REQUIRE(boot_hash(&boot, (1u << BANK_COUNT) - 1));
	CHECK(golden_find(&g, &boot.events[1]) != NULL); /* the DXE volume of this build */
	CHECK(!boot.unknown[7] && pcr_7_is_of(&boot, &g));
	firmware_close(firmware);
	boot_free(&boot);
	golden_close(&g);
	signer_free(&snakeoil);
	bytes_free(&image);
	free(pe);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	images = argv[1];
	keys = argv[2];
	logs = argv[3];
	RUN(test_code);
	RUN(test_shell);
	RUN(test_secure_boot);
	return test_checks ? test_summary() : EXIT_SKIPPED;
}
