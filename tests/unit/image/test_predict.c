/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known answers: constants of the specifications, digests of captured boots, edk2's hash rules. */
#include <stdlib.h>
#include "crypto/digest.h"
#include "early/contract/pcr15.h"
#include "tests/mock/uki_maker.h"
#include "tests/unit/test.h"
#include "tools/lib/authenticode.h"
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/lib/bytes.h"
#include "tools/measure/output/output.h"
#include "tools/measure/predict_boot.h"

static uint8_t *make_uki(size_t *out_len)
{
	struct pe_maker kernel = uki_maker_kernel(), image;
	size_t kernel_len;
	uint8_t *kernel_file = pe_make(&kernel, &kernel_len), *file;

	image = uki_maker_image(kernel_file, kernel_len);
	uki_maker_section(&image, ".osrel")->data = "ID=test\nVERSION_ID=1\n";
	uki_maker_section(&image, ".osrel")->len = 21;
	uki_maker_section(&image, ".cmdline")->data = "console=ttyS0 panic=-1 quiet uki=embedded";
	uki_maker_section(&image, ".cmdline")->len = 41;
	file = pe_make(&image, out_len);
	free(kernel_file);
	return file;
}

/* Predicts the UKI above with our stub; the boot is the caller's to free. */
static bool predict(enum boot_phase phase, unsigned banks, struct boot *boot, uint8_t **out_file)
{
	size_t len;

	*out_file = make_uki(&len);
	boot_init(boot);
	return predict_own_uki("uki.efi", *out_file, len, NULL, phase, banks, boot);
}

static void done(struct boot *boot, uint8_t *file)
{
	boot_free(boot);
	free(file);
}

/* Event number index of the PCR. */
static const struct boot_event *event_of(const struct boot *boot, unsigned pcr, size_t index)
{
	for (size_t i = 0; i < boot->count; i++)
		if (boot->events[i].pcr == pcr && index-- == 0)
			return &boot->events[i];
	return NULL;
}

static size_t count_of(const struct boot *boot, unsigned pcr)
{
	size_t n = 0;

	while (event_of(boot, pcr, n))
		n++;
	return n;
}

static bool is(const struct boot *boot, unsigned pcr, size_t index, enum bank bank, const char *hex)
{
	const struct boot_event *e = event_of(boot, pcr, index);
	uint8_t want[BANK_DIGEST_MAX];

	return e && hex_decode(hex, want, bank_len(bank)) &&
	       memcmp(want, e->digest[bank], bank_len(bank)) == 0;
}

/* What real boots logged for the same names, texts and command line. */
static void test_captured_digests(void)
{
	static const char *const pcr11[] = {
		"0da293e37ad5511c59be47993769aacb91b243f7d010288e118dc90e95aaef5a",
		NULL,
		"3fb9e4e3cc810d4326b5c13cef18aee1f9df8c5f4f7f5b96665724fa3b846e08",
		"3e777bfa407c4802a233e6dcab8a5d521f0932acbeaa98ebf389bf2ce3daa90d",
		"461203a89f23e36c3a4dc817f905b00484d2cf7e7d9376f13df91c41d84abe46",
		"4b03a67137298e1c785d5c8acf6f889157101c69156bd28c963950a9246ad48e",
		"15ee37e75f1e8d42080e91fdbbd2560780918c81fe3687ae6d15c472bbdaac75",
		NULL,
		"ff552fd255be18a3d61c0da88976fc71559d13aad12d1dfe1708cf950cc4b74c",
		NULL,
	};
	struct boot boot;
	uint8_t *file;

	REQUIRE(predict(PHASE_JOIN, BANK_BIT(BANK_SHA256), &boot, &file));
	CHECK(count_of(&boot, 4) == 3 && count_of(&boot, 11) == 10 && count_of(&boot, 9) == 2);
	CHECK(is(&boot, 4, 0, BANK_SHA256,
		"3d6772b4f84ed47595d72a2c4c5ffd15f5bb72c7507fe26f2aaee2c69d5633ba"));
	CHECK(is(&boot, 4, 1, BANK_SHA256,
		"df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119"));
	for (size_t i = 0; i < sizeof(pcr11) / sizeof(pcr11[0]); i++)
		CHECK(!pcr11[i] || is(&boot, 11, i, BANK_SHA256, pcr11[i]));
	done(&boot, file);
}

static void test_load_options_of_a_captured_boot(const char *folder)
{
	const struct boot_event *e;
	char path[4096];
	uint8_t log[16384], *file;
	struct boot boot;
	size_t log_len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/o252.evlog", folder);
	f = fopen(path, "rb");
	REQUIRE(f != NULL);
	log_len = fread(log, 1, sizeof(log), f);
	fclose(f);
	REQUIRE(predict(PHASE_JOIN, BANK_BIT(BANK_SHA256), &boot, &file));
	/* The guest booted with this very command line, so its digest is in its log. */
	e = event_of(&boot, 9, 0);
	CHECK(e && memmem(log, log_len, e->digest[BANK_SHA256], SHA256_LEN) != NULL);
	/* So are the texts that logs show beside the digests. */
	CHECK(e && memmem(log, log_len, e->data, e->data_len) != NULL);
	e = event_of(&boot, 9, 1);
	CHECK(e && memmem(log, log_len, e->data, e->data_len) != NULL);
	e = event_of(&boot, 11, 5);
	CHECK(e && memmem(log, log_len, e->data, e->data_len) != NULL);
	done(&boot, file);
}

static void test_sha384_constants(void)
{
	struct boot boot;
	uint8_t *file;

	REQUIRE(predict(PHASE_JOIN, BANK_BIT(BANK_SHA384), &boot, &file));
	CHECK(is(&boot, 4, 0, BANK_SHA384,
		"77a0dab2312b4e1e57a84d865a21e5b2ee8d677a21012ada819d0a98988078d3"
		"d740f6346bfe0abaa938ca20439a8d71"));
	done(&boot, file);
}

/* H(zeros || H("protostar: sealed")), worked out with sha256sum. */
static void test_phases(void)
{
	static const char sealed[] =
		"1612db713138e937771c731d436aaed4f34ce4d3cd871c517e68887fa0f71aa9";
	static const uint8_t zeros[BANK_DIGEST_MAX];
	struct boot_values values;
	struct boot boot;
	uint8_t want[SHA256_LEN], *file;

	REQUIRE(predict(PHASE_JOIN, BANK_BIT(BANK_SHA256), &boot, &file));
	boot_replay(&boot, BANK_SHA256, &values);
	for (unsigned pcr = 8; pcr < 16; pcr++)
		CHECK(pcr == 9 || pcr == 11 || memcmp(values.pcr[pcr], zeros, SHA256_LEN) == 0);
	CHECK(boot.unknown[10] && !boot.unknown[8] && !boot.unknown[14] && !boot.unknown[15]);
	done(&boot, file);
	REQUIRE(predict(PHASE_BOOTED, BANK_BIT(BANK_SHA256), &boot, &file));
	boot_replay(&boot, BANK_SHA256, &values);
	REQUIRE(hex_decode(sealed, want, sizeof(want)));
	CHECK_BYTES(values.pcr[15], want, SHA256_LEN);
	CHECK_BYTES(values.pcr[12], zeros, SHA256_LEN);
	done(&boot, file);
}

/* What systemd of 261 and later extends behind the boot: worked out with Python's hashlib. */
static void test_separated(void)
{
	/* H(zeros || H("os-separator")), and of a PCR that has firmware's separator before it. */
	static const char of_zeros[] =
		"3345a4e7857aa5ae65e97702ade84a3755fd6144724779536b5773128676c99c";
	static const char of_separator[] =
		"8d22c738fcd1730fb0789cb09c0f72a0012baa3ea867723b26772c9ca0ae6571";
	struct boot_values booted, separated;
	struct boot boot;
	uint8_t want[SHA256_LEN], *file;

	REQUIRE(predict(PHASE_BOOTED, BANK_BIT(BANK_SHA256), &boot, &file));
	boot_replay(&boot, BANK_SHA256, &booted);
	done(&boot, file);
	REQUIRE(predict(PHASE_SEPARATED, BANK_BIT(BANK_SHA256), &boot, &file));
	boot_replay(&boot, BANK_SHA256, &separated);
	REQUIRE(hex_decode(of_zeros, want, sizeof(want)));
	for (unsigned pcr = 12; pcr < 15; pcr++)
		CHECK_BYTES(separated.pcr[pcr], want, SHA256_LEN);
	REQUIRE(hex_decode(of_separator, want, sizeof(want)));
	CHECK_BYTES(separated.pcr[2], want, SHA256_LEN);
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		bool same = memcmp(separated.pcr[pcr], booted.pcr[pcr], SHA256_LEN) == 0;

		/* Not the kernel's 8 and 10, not the image's 11, not the cap. */
		CHECK(same == (pcr == 8 || pcr == 10 || pcr == 11 || pcr >= 15));
		bank_extend_text(BANK_SHA256, booted.pcr[pcr], "os-separator");
		CHECK(same || memcmp(separated.pcr[pcr], booted.pcr[pcr], SHA256_LEN) == 0);
	}
	done(&boot, file);
}

/* The seal goes to RTMR 3, and separator and seal to no other register of TDX. */
static void test_phases_of_tdx(void)
{
	static const char sealed[] =
		"90392125929c008c0954731d39dea1213188fa39b3cc8881b7384365d5906899"
		"b401b3f7e9846a7ab5462f99d8af2067";
	struct boot_image image = {.source = "u", .name = "u"};
	uint8_t *file = make_uki(&image.len), want[BOOT_CC_LEN] = {0}, rtmr2[BOOT_CC_LEN];

	image.data = file;
	for (enum boot_phase phase = PHASE_JOIN; phase <= PHASE_SEPARATED; phase++) {
		struct measure_request request = {
			.stub.dialect = STUB_PROTOSTAR, .cc.tdx = true, .phase = phase};
		struct boot boot;

		boot_init(&boot);
		REQUIRE(predict_images(&image, 1, &request, &boot));
		REQUIRE(phase == PHASE_JOIN || hex_decode(sealed, want, sizeof(want)));
		CHECK(boot.cc[BOOT_RTMR3].asked && !boot.cc[BOOT_RTMR3].unknown);
		CHECK(boot.cc[BOOT_RTMR3].events == (phase != PHASE_JOIN));
		CHECK_BYTES(boot.cc[BOOT_RTMR3].value, want, BOOT_CC_LEN);
		if (phase == PHASE_JOIN)
			memcpy(rtmr2, boot.cc[BOOT_RTMR2].value, sizeof(rtmr2));
		CHECK(boot.cc[BOOT_RTMR2].events > 0);
		CHECK_BYTES(boot.cc[BOOT_RTMR2].value, rtmr2, BOOT_CC_LEN);
		boot_free(&boot);
	}
	memset(want, 0, sizeof(want));
	bank_extend_text(BANK_SHA384, want, PCR15_SEALED);
	CHECK(hex_decode(sealed, rtmr2, sizeof(rtmr2)) && memcmp(want, rtmr2, BOOT_CC_LEN) == 0);
	free(file);
}

/* Whether a piece is that text as UTF-16, with a NUL. */
static bool is_widened(const struct boot_piece *piece, const uint8_t *text)
{
	bool is = strcmp(piece->form, "UTF-16") == 0 && piece->len == 2 * (piece->source_len + 1);

	for (size_t i = 0; is && i < piece->source_len; i++)
		is = piece->data[2 * i] == text[i] && !piece->data[2 * i + 1];
	return is;
}

/* Every value leads back to the bytes of the file that it came from. */
static void test_pieces_are_of_the_file(void)
{
	struct boot boot;
	uint8_t *file;
	unsigned of_file = 0;

	REQUIRE(predict(PHASE_JOIN, BANK_BIT(BANK_SHA256), &boot, &file));
	for (size_t i = 0; i < boot.count; i++) {
		for (size_t k = 0; k < boot.events[i].piece_count; k++) {
			const struct boot_piece *piece = &boot.events[i].pieces[k];

			if (!piece->source)
				continue;
			of_file++;
			CHECK(strcmp(piece->source, "uki.efi") == 0);
			if (!piece->form)
				CHECK(piece->data == file + piece->offset);
			else
				CHECK(is_widened(piece, file + piece->offset));
		}
	}
	/* Five sections, two of them again for the kernel, and the image in the parts that firmware
	 * hashes. */
	CHECK(of_file == 5 + 2 + 3 + 7);
	done(&boot, file);
}

static void test_json(void)
{
	static const char want[] = "{\"measurements\":{\"2\":{\"expected\":\"";
	struct bytes out = {0};
	struct boot boot;
	uint8_t *file;

	REQUIRE(predict(PHASE_JOIN, BANK_BIT(BANK_SHA256), &boot, &file));
	output_measurements(&boot, BANK_SHA256, 0, &out);
	REQUIRE(out.len > sizeof(want));
	CHECK_BYTES(out.data, want, sizeof(want) - 1);
	CHECK_BYTES(out.data + out.len - 3, "}}\n", 3);
	bytes_free(&out);
	done(&boot, file);
}

/* A UKI that another image starts: both are applications, and what the other measures matters. */
static bool predict_chain(const char *section, const char *text, struct boot *boot, uint8_t **out)
{
	struct pe_maker loader = {.section_count = 0};
	struct boot_image stages[2] = {{.source = "loader.efi", .name = "loader.efi"},
		{.source = "uki.efi", .name = "uki.efi"}};
	const struct measure_request request = {.stub.dialect = STUB_PROTOSTAR};
	bool fine;

	pe_maker_add(&loader, ".text", "code", 4, PE_RX);
	pe_maker_add(&loader, section, text, (uint32_t)strlen(text), PE_R);
	stages[0].data = out[0] = pe_make(&loader, &stages[0].len);
	stages[1].data = out[1] = make_uki(&stages[1].len);
	boot_init(boot);
	fine = predict_images(stages, 2, &request, boot);
	CHECK(count_of(boot, 4) == 4);
	return fine;
}

static void test_chains(void)
{
	static const struct measure_request nothing;
	struct boot boot;
	uint8_t *files[2];

	REQUIRE(predict_chain(".sdmagic", "#### LoaderInfo: systemd-boot 252 ####", &boot, files));
	CHECK(!boot.unknown[8] && !boot.unknown[9] && !boot.unknown[12] && !boot.unknown[14]);
	free(files[0]);
	done(&boot, files[1]);
	REQUIRE(predict_chain(".sbat", "sbat,1\ngrub,3\n", &boot, files));
	CHECK(boot.unknown[8] && boot.unknown[9] && boot.unknown[12] && boot.unknown[14]);
	CHECK(!boot.unknown[4] && !boot.unknown[11] && !boot.unknown[13]);
	free(files[0]);
	done(&boot, files[1]);
	boot_init(&boot);
	CHECK(!predict_boot(&nothing, &boot));
	boot_free(&boot);
}

static void hash_of(const uint8_t *file, size_t len, uint8_t out[BANK_DIGEST_MAX])
{
	struct flaw flaw;

	memset(out, 0, BANK_DIGEST_MAX);
	CHECK(authenticode(file, len, BANK_SHA256, out, &flaw));
}

/* Checksum and certificate slot are left out, everything else counts. */
static void test_authenticode_fields(void)
{
	const size_t checksum = PE_AT_OPTIONAL + 64, slot = PE_AT_OPTIONAL + 112 + 32;
	uint8_t before[BANK_DIGEST_MAX], after[BANK_DIGEST_MAX];
	size_t len;
	uint8_t *file = make_uki(&len);

	hash_of(file, len, before);
	memset(file + checksum, 0xff, 4);
	hash_of(file, len, after);
	CHECK_BYTES(before, after, SHA256_LEN);
	/* A slot without a table: an address, but no length. */
	put32(file + slot, 0x1234);
	hash_of(file, len, after);
	CHECK_BYTES(before, after, SHA256_LEN);
	put32(file + slot, 0);
	for (size_t at = 0; at < len; at += 97) {
		if (at >= PE_AT && at < PE_AT_SECTIONS + 10 * PE_ROW)
			continue;
		if ((at < 2) || (at >= 60 && at < 64))
			continue;
		file[at] ^= 1;
		hash_of(file, len, after);
		CHECK(memcmp(before, after, SHA256_LEN) != 0);
		file[at] ^= 1;
	}
	free(file);
}

/* A signature at the end is left out; bytes behind the last section count, odd sizes unpadded. */
static void test_authenticode_tail(void)
{
	const size_t slot = PE_AT_OPTIONAL + 112 + 32;
	uint8_t plain[BANK_DIGEST_MAX], other[BANK_DIGEST_MAX];
	size_t len;
	uint8_t *file = make_uki(&len), *longer = calloc(1, len + 16);
	struct flaw flaw;

	REQUIRE(longer != NULL);
	hash_of(file, len, plain);
	memcpy(longer, file, len);
	put32(longer + slot, (uint32_t)len);
	put32(longer + slot + 4, 16);
	hash_of(longer, len + 16, other);
	CHECK_BYTES(plain, other, SHA256_LEN);
	CHECK(!authenticode(longer, len + 15, BANK_SHA256, other, &flaw));
	CHECK(flaw.offset == slot);
	memcpy(longer, file, len);
	hash_of(longer, len + 3, other);
	CHECK(memcmp(plain, other, SHA256_LEN) != 0);
	CHECK(!authenticode(file, 100, BANK_SHA256, other, &flaw));
	free(file);
	free(longer);
}

/* " 2, 3": which of PCR 0 to 3 the platform lets be known when no file is given. */
static void add_known(const char *profile, struct bytes *out)
{
	size_t len, before = out->len;
	uint8_t *file = make_uki(&len);
	struct boot boot;

	boot_init(&boot);
	CHECK(predict_own_uki("u", file, len, profile, PHASE_JOIN, BANK_BIT(BANK_SHA256), &boot));
	for (unsigned pcr = 0; pcr < 4; pcr++)
		if (!boot.unknown[pcr])
			bytes_addf(out, "%s %u", out->len > before ? "," : "", pcr);
	if (out->len == before)
		bytes_add_text(out, " none");
	done(&boot, file);
}

/* --help says it of each platform, and ends what it says of one with a sign. */
static void test_help_says_what_platforms_tell(void)
{
	static const char *const profiles[] = {
#define PROFILE(name, ...) name,
#include "tools/measure/firmware/profiles.def"
#undef PROFILE
	};

	const char *help = NULL;

	for (size_t i = 0; request_machine_rows[i].name; i++)
		if (strcmp(request_machine_rows[i].name, "profile") == 0)
			help = request_machine_rows[i].help;
	REQUIRE(help);
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		struct bytes row = {0};
		const char *found;

		bytes_add_text(&row, profiles[i]);
		add_known(profiles[i], &row);
		bytes_add(&row, "", 1);
		found = strstr(help, (const char *)row.data);
		CHECK(found && strchr(";", found[row.len - 1])); /* or its end */
		bytes_free(&row);
	}
}

/* What a policy names where nobody says which: PCR 7 only when its keys were given. */
static void test_policy_registers(void)
{
	static const struct {
		const char *profile;
		uint32_t named;
	} rows[] = {
		{NULL, 0xba1c}, /* 2, 3, 4, 9, 11, 12, 13, 15 */
		{"aws", 0xba1c}, {"gcp", 0xba1c}, {"azure", 0xba1c},
		{"uefi", 0xba10}, /* without 2 and 3 */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len;
		uint8_t *file = make_uki(&len);
		struct boot boot;

		boot_init(&boot);
		REQUIRE(predict_own_uki(
			"u", file, len, rows[i].profile, PHASE_JOIN, BANK_BIT(BANK_SHA256), &boot));
		CHECK(output_known(&boot, 0) == rows[i].named);
		CHECK(!boot.secure_boot_keys);
		done(&boot, file);
	}
}

/* Stated to be off without keys: PCR 7 is known under a condition that no policy should rest on. */
static void test_policy_registers_with_keys(void)
{
	struct measure_request request = {
		.firmware.secure_boot = SECURE_BOOT_OFF, .stub.dialect = STUB_PROTOSTAR};
	struct boot_image image = {.source = "u", .name = "u"};
	uint8_t *file = make_uki(&image.len);
	struct boot boot;

	image.data = file;
	boot_init(&boot);
	REQUIRE(predict_images(&image, 1, &request, &boot));
	CHECK(!boot.unknown[7] && !boot.secure_boot_keys && !(output_known(&boot, 0) & 1u << 7));
	CHECK(output_known(&boot, 1u << 7) == 1u << 7);
	boot.secure_boot_keys = true;
	CHECK(output_known(&boot, 0) == (0xba1c | 1u << 7));
	done(&boot, file);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	RUN(test_captured_digests);
	printf("test_load_options_of_a_captured_boot\n");
	test_load_options_of_a_captured_boot(argv[1]);
	RUN(test_sha384_constants);
	RUN(test_phases);
	RUN(test_separated);
	RUN(test_phases_of_tdx);
	RUN(test_pieces_are_of_the_file);
	RUN(test_chains);
	RUN(test_json);
	RUN(test_authenticode_fields);
	RUN(test_authenticode_tail);
	RUN(test_help_says_what_platforms_tell);
	RUN(test_policy_registers);
	RUN(test_policy_registers_with_keys);
	return test_summary();
}
