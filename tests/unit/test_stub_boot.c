/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stub's whole path on the mock of its port: the good boot, every image that must be refused,
 * and each call to the firmware failing in turn.
 */
#include "tests/mock/stub_bench.h"

static void test_good_boot(void)
{
	struct bench b;

	bench_open(&b);
	bench_run(&b);
	CHECK(b.mock.started == 1 && b.mock.event_count == 10);
	CHECK(!strcmp(b.mock.console,
		"protostar-stub: measured\nprotostar-stub: starting Linux\n"
		"protostar-stub: E148 the kernel came back instead of starting\n"));
	CHECK(b.mock.initrd_len == strlen(UKI_INITRD));
	CHECK_BYTES(b.mock.initrd_copy, UKI_INITRD, strlen(UKI_INITRD));
	REQUIRE(b.mock.options_len == 2 * sizeof(UKI_CMDLINE));
	for (size_t i = 0; i < sizeof(UKI_CMDLINE); i++)
		CHECK(b.mock.options[2 * i] == (uint8_t)UKI_CMDLINE[i] &&
			!b.mock.options[2 * i + 1]);
	bench_close(&b);
}

static void test_events(void)
{
	static const char *const order[] = {".linux", ".osrel", ".cmdline", ".initrd", ".sbat"};
	struct bench b;

	bench_open(&b);
	bench_run(&b);
	REQUIRE(b.mock.event_count == 2 * COUNT(order));
	for (unsigned i = 0; i < b.mock.event_count; i++) {
		const struct mock_event *e = &b.mock.events[i];
		const char *name = order[i / 2];
		const struct pe_maker_section *s = uki_maker_section(&b.image, name);

		CHECK(e->measurer == MEASURER_TCG2 && e->pcr == 11 && e->type == EV_IPL);
		REQUIRE(e->text_len == 2 * (strlen(name) + 1));
		for (size_t n = 0; n <= strlen(name); n++)
			CHECK(e->text[2 * n] == (uint8_t)name[n] && !e->text[2 * n + 1]);
		REQUIRE(e->len == (i % 2 ? s->len : strlen(name) + 1));
		CHECK_BYTES(e->data, i % 2 ? s->data : name, e->len);
		/* The very bytes that are used later, not a copy. */
		CHECK(!(i % 2) || (e->data > b.loaded && e->data < b.loaded + b.mock.image_len));
	}
	bench_close(&b);
}

static void test_both_measurers(void)
{
	struct bench b;

	bench_open(&b);
	b.mock.measurers = MEASURER_TCG2 | MEASURER_CC;
	bench_run(&b);
	CHECK(b.mock.event_count == 20 && b.mock.started == 1);
	for (unsigned i = 0; i + 1 < b.mock.event_count; i += 2) {
		const struct mock_event *cc = &b.mock.events[i], *tpm = cc + 1;

		CHECK(cc->measurer == MEASURER_CC && tpm->measurer == MEASURER_TCG2);
		CHECK(cc->data == tpm->data && cc->len == tpm->len && cc->pcr == tpm->pcr);
	}
	bench_close(&b);
	bench_open(&b);
	b.mock.measurers = MEASURER_CC;
	bench_run(&b);
	CHECK(b.mock.event_count == 10 && b.mock.started == 1);
	bench_close(&b);
	bench_open(&b);
	b.mock.measurers = 0;
	expect_refusal(&b, "E110", 0);
}

static void test_refused_images(void)
{
	static const char *const mandatory[] = {".linux", ".cmdline", ".initrd"};
	static const char *const unwanted[] = {
		".ucode", ".splash", ".dtb", ".profile", ".dtbauto", ".hwids", ".efifw"};
	struct bench b;

	for (unsigned i = 0; i < COUNT(mandatory); i++) {
		bench_open(&b);
		uki_maker_section(&b.image, mandatory[i])->name = ".absent";
		expect_refusal(&b, "E103", 0);
	}
	for (unsigned i = 0; i < COUNT(unwanted); i++) {
		bench_open(&b);
		pe_maker_add(&b.image, unwanted[i], "x", 1, PE_R);
		expect_refusal(&b, "E104", 0);
	}
	bench_open(&b);
	pe_maker_add(&b.image, ".linux", "x", 1, PE_R);
	expect_refusal(&b, "E102", 0);
}

static void test_refused_command_lines(void)
{
	static const char *const lines[] = {
		" a", "a ", "a\n", "a\tb", "a\x7f", "caf\xc3\xa9", "a\rb", " "};
	static char longest[CMDLINE_MAX + 1];
	struct bench b;

	for (unsigned i = 0; i < COUNT(lines); i++) {
		bench_open(&b);
		uki_maker_section(&b.image, ".cmdline")->data = lines[i];
		uki_maker_section(&b.image, ".cmdline")->len = (uint32_t)strlen(lines[i]);
		expect_refusal(&b, "E105", 0);
	}
	memset(longest, 'a', sizeof(longest));
	for (uint32_t over = 0; over < 2; over++) {
		bench_open(&b);
		uki_maker_section(&b.image, ".cmdline")->data = longest;
		uki_maker_section(&b.image, ".cmdline")->len = CMDLINE_MAX + over;
		if (over) {
			expect_refusal(&b, "E105", 0);
			continue;
		}
		bench_run(&b);
		CHECK(b.mock.started == 1 && b.mock.options_len == FIRMWARE_PAGE);
		CHECK(!b.mock.options[FIRMWARE_PAGE - 1] && !b.mock.options[FIRMWARE_PAGE - 2]);
		bench_close(&b);
	}
	/* A section longer than its text ends in zeros, which are no printable characters. */
	bench_open(&b);
	uki_maker_section(&b.image, ".cmdline")->virtual_size = sizeof(UKI_CMDLINE);
	expect_refusal(&b, "E105", 0);
}

static void test_foreign_initrd(void)
{
	struct bench b;

	bench_open(&b);
	b.mock.initrd_offered = true;
	expect_refusal(&b, "E130", 0);
}

/* The image as firmware laid it out, but for one broken field: refused before anything is done. */
static void test_damaged_headers(void)
{
	struct bench b;
	struct firmware fw;

	bench_open(&b);
	bench_run(&b);
	firmware_mock_close(&b.mock);
	put32(b.loaded + PE_AT_SIZE_OF_IMAGE, (uint32_t)b.mock.image_len + 1);
	fw = firmware_mock_open(&b.mock);
	stub_run(&fw);
	CHECK(says(&b, "E102") && !b.mock.started && !b.mock.event_count);
	bench_close(&b);
}

/* For every call that can fail: it fails, and no kernel runs that was not fully measured. */
static void test_every_call_fails_in_turn(void)
{
	struct bench b;
	unsigned calls;

	bench_open(&b);
	b.mock.measurers = MEASURER_TCG2 | MEASURER_CC;
	bench_run(&b);
	calls = b.mock.calls;
	CHECK(calls > 30);
	firmware_mock_close(&b.mock);
	for (unsigned n = 1; n <= calls; n++) {
		b.mock.fail_at = n;
		bench_run(&b);
		CHECK(b.mock.calls >= n && b.mock.power_offs == 1);
		CHECK(says(&b, "protostar-stub: E"));
		CHECK(!b.mock.started);
		CHECK(says(&b, "measured") == (b.mock.event_count == 20));
		firmware_mock_close(&b.mock);
	}
	b.mock.fail_at = 0;
	bench_run(&b);
	bench_close(&b);
}

static void test_load_file_calls(void)
{
	struct initrd initrd = {.bytes = {(const uint8_t *)"initrd", 6}};
	uint8_t buffer[8] = "--------";
	uint64_t size = 0;

	CHECK(initrd_serve(&initrd, false, NULL, buffer) == INITRD_INVALID);
	CHECK(initrd_serve(&initrd, true, &size, buffer) == INITRD_UNSUPPORTED && !size);
	CHECK(initrd_serve(&initrd, false, &size, NULL) == INITRD_BUFFER_TOO_SMALL && size == 6);
	CHECK(initrd_serve(&initrd, false, &size, NULL) == INITRD_BUFFER_TOO_SMALL && size == 6);
	size = 5;
	CHECK(initrd_serve(&initrd, false, &size, buffer) == INITRD_BUFFER_TOO_SMALL && size == 6);
	CHECK_BYTES(buffer, "--------", 8);
	size = 8;
	CHECK(initrd_serve(&initrd, false, &size, buffer) == INITRD_SERVED && size == 6);
	CHECK_BYTES(buffer, "initrd--", 8);
}

static void test_unknown_code_has_a_text(void)
{
	struct firmware_mock mock = {0};
	struct firmware fw = firmware_mock_open(&mock);

	stop(&fw, fail(199));
	CHECK(!strcmp(mock.console, "protostar-stub: E199 the stub failed\n"));
	CHECK(mock.power_offs == 1);
	firmware_mock_close(&mock);
}

int main(void)
{
	RUN(test_good_boot);
	RUN(test_events);
	RUN(test_both_measurers);
	RUN(test_refused_images);
	RUN(test_refused_command_lines);
	RUN(test_foreign_initrd);
	RUN(test_damaged_headers);
	RUN(test_every_call_fails_in_turn);
	RUN(test_load_file_calls);
	RUN(test_unknown_code_has_a_text);
	return test_summary();
}
