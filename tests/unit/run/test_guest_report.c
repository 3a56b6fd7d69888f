/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is heard from a console, whole or in pieces, painted over or hostile; and its keys. */
#include "tests/unit/test.h"

#include "tools/lib/report.h"
#include "tools/run/keyboard.h"
#include "tools/run/verdict.h"

/* Hears the text in pieces of so many bytes. */
static struct guest_report hear(const char *text, size_t len, size_t piece)
{
	struct guest_report r = {0};

	for (size_t at = 0; at < len; at += piece)
		guest_report_add(
			&r, (const uint8_t *)text + at, len - at < piece ? len - at : piece);
	return r;
}

static void test_boots(void)
{
	static const char good[] =
		"\x1b[2J\x1b[01;01HBdsDxe: starting Boot0001\r\n"
		"protostar-stub: measured\r\n"
		"[    1.25] protostar: retry E492 the service cannot be reached\r\n"
		"protostar: joined\r\nprotostar: starting /sbin/init\r\n";
	static const char refused[] = "[    3.141592] protostar: E608 phase=join no allowed set\r\n"
				      "protostar: E608 phase=join no allowed set\r\n"
				      "protostar: E302 phase=join later\r\n";

	for (size_t piece = 1; piece < 9; piece++) {
		struct guest_report r = hear(good, sizeof(good) - 1, piece);

		CHECK(r.spoke && r.started && !r.code && !r.panicked);
		r = hear(refused, sizeof(refused) - 1, piece);
		CHECK(r.spoke && !r.started && r.code == 608);
		CHECK(strcmp(r.text, "E608 phase=join no allowed set") == 0);
	}
}

static void test_lines(void)
{
	static const struct {
		const char *text;
		unsigned code;
		bool started, panicked;
	} rows[] = {
		{"protostar-stub: E104 no TPM\n", 104, false, false},
		{"protostar: E608\n", 608, false, false},
		{"\x1b[0m\x1b[1mprotostar: \x1b[31mE608 x\n", 608, false, false},
		{"protostar: starting /sbin/in", 0, false, false},
		{"protostar: starting something\n", 0, false, false},
		{"protostar-stub: starting Linux\n", 0, false, false},
		{"protostar: E60\n", 0, false, false},
		{"protostar: E6080\n", 0, false, false},
		{"protostar: E608x\n", 0, false, false},
		{"protostar: retry E492 x\n", 0, false, false},
		{" protostar: E608 x\n", 0, false, false},
		{"[ x ] protostar: E608 x\n", 0, false, false},
		{"[ 1.2]protostar: E608 x\n", 0, false, false},
		{"log: protostar: E608 x\n", 0, false, false},
		{"[    1.0] Kernel panic - not syncing: x\n", 0, false, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guest_report r = hear(rows[i].text, strlen(rows[i].text), 64);

		CHECK(r.code == rows[i].code);
		CHECK(r.started == rows[i].started && r.panicked == rows[i].panicked);
	}
}

/* A line without an end is cut, and nothing unprintable comes out. */
static void test_hostile(void)
{
	static char text[3 * GUEST_LINE_MAX + 1];
	struct guest_report r = {0};

	memset(text, 'A', sizeof(text) - 1);
	memcpy(text, "protostar: E608 ", 16);
	text[20] = '\x07';
	text[21] = '\x9b';
	text[sizeof(text) - 2] = '\n';
	guest_report_add(&r, (const uint8_t *)text, sizeof(text) - 1);
	CHECK(r.code == 608 && strlen(r.text) <= GUEST_LINE_MAX);
	for (const char *c = r.text; *c; c++)
		CHECK(*c >= ' ' && *c < 0x7f);
	/* What follows is read again. */
	guest_report_add(&r, (const uint8_t *)"protostar: starting /x\n", 23);
	CHECK(r.started);
}

static int verdict(enum session_end end, const char *text)
{
	struct session_result result = {.end = end, .signal = 15};

	guest_report_add(&result.report, (const uint8_t *)text, strlen(text));
	return run_verdict(&result, "/nonexistent", "/nonexistent");
}

static void test_verdicts(void)
{
	static const char started[] = "protostar: starting /sbin/init\n";
	static const char refused[] = "protostar: E608 x\n";

	CHECK(verdict(SESSION_OFF, started) == EXIT_DONE);
	CHECK(verdict(SESSION_QUIT, started) == EXIT_DONE);
	CHECK(verdict(SESSION_OFF, "") == EXIT_REFUSED);
	CHECK(verdict(SESSION_OFF, "protostar: joined\n") == EXIT_REFUSED);
	CHECK(verdict(SESSION_QUIT, "") == EXIT_REFUSED);
	CHECK(verdict(SESSION_SIGNAL, started) == EXIT_REFUSED);
	CHECK(verdict(SESSION_NO_TPM, started) == EXIT_REFUSED);
	CHECK(verdict(SESSION_NO_QEMU, started) == EXIT_REFUSED);
	CHECK(verdict(SESSION_NO_OUTPUT, started) == EXIT_REFUSED);
	CHECK(verdict(SESSION_OFF, refused) == EXIT_REFUSED);
	CHECK(verdict(SESSION_OFF, "protostar: starting /sbin/init\nprotostar: E430 x\n") ==
		EXIT_REFUSED);
	CHECK(verdict(SESSION_OFF,
		      "protostar: starting /sbin/init\nKernel panic - not syncing\n") ==
		EXIT_REFUSED);
}

static void test_keys(void)
{
	static const struct {
		const char *in, *out;
		bool quit, waits;
	} rows[] = {
		{"ls\r", "ls\r", false, false},
		{"\x03\x1a", "\x03\x1a", false, false},
		{"a\x01x rest", "a", true, true},
		{"\x01X", "", true, true},
		{"\x01", "", false, true},
		{"\x01\x01", "\x01", false, false},
		{"\x01"
		 "a",
			"\x01", false, false},
		{"\x01"
		 "A",
			"\x01", false, false},
		{"\x01"
		 "b",
			"\x01"
			"b",
			false, false},
		{"xX", "xX", false, false},
		{"\x01\x01x", "\x01x", false, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct keys keys = {0};
		uint8_t out[32];
		bool quit = false;
		size_t len = keys_read(
			&keys, (const uint8_t *)rows[i].in, strlen(rows[i].in), out, &quit);

		CHECK(len == strlen(rows[i].out) && memcmp(out, rows[i].out, len) == 0);
		CHECK(quit == rows[i].quit && keys.after_prefix == rows[i].waits);
	}
}

int main(void)
{
	report_silence();
	RUN(test_boots);
	RUN(test_lines);
	RUN(test_hostile);
	RUN(test_verdicts);
	RUN(test_keys);
	return test_summary();
}
