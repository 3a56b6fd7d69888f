/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of an image: what is refused, and that PID 1 reads what the builder wrote. */
#include <stdlib.h>
#include "early/contract/config.h"
#include "tests/unit/test.h"
#include "tools/build/cmdline.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static bool make(const char *const *settings, size_t count, const char *words, struct bytes *out)
{
	const struct cmdline_request request = {.root_hash = HASH,
		.service = "10.0.2.2:9000",
		.pin = HASH,
		.settings = settings,
		.setting_count = count,
		.words = words};

	return cmdline_make(&request, out);
}

static void test_refused_words(void)
{
	static const char *const bad[] = {"init=/bin/sh", "rdinit=/x", "rd.break", "rd.shell=1",
		"single", "s", "S", "1", "emergency", "rescue", "-s", "-b", "break", "break=init",
		"initrd=/x", "systemd.debug-shell", "systemd.debug_shell=1",
		"systemd.debug-shell=1", "systemd.unit=rescue.target",
		"systemd.wants=debug-shell.service", "systemd.run=/bin/sh",
		"systemd.run_success_action=none", "systemd.setenv=A=B",
		"systemd.set_credential=a:b", "systemd.import_credentials=yes",
		"systemd.gpt_auto=yes", "systemd.crash_shell", "SYSTEMD_SULOGIN_FORCE=1",
		("roothash=" HASH), "root=/dev/vda", "protostar.init=/bin/sh", "resume=/dev/vda",
		"kgdboc=ttyS0", "kgdbwait", "kdb", "sysrq-always-enabled", "sysrq_always_enabled",
		"sysctl.kernel.sysrq=1", "sysctl.kernel.core_pattern=|/x", "efivar_ssdt=x",
		"bootconfig", "--", "a=\"b", "noinitrd", "efi=runtime", "efi=debug",
		"systemd.firstboot=yes", "systemd.ssh_auto=yes", "systemd.getty=yes"};
	static const char *const good[] = {"console=ttyS0,115200", "quiet", "panic=5", "loglevel=7",
		"systemd.log_level=debug", "systemd.show_status=1", "net.ifnames=0",
		"mitigations=auto", "earlycon", "swiotlb=65536",
		"systemd.journald.forward_to_console=1", "systemd.getty_auto=yes"};
	struct bytes out = {0};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(cmdline_word_refused(bad[i]) != NULL);
		CHECK(!make(NULL, 0, bad[i], &out));
	}
	CHECK(out.len == 0);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK(cmdline_word_refused(good[i]) == NULL);
}

/* What init would otherwise take from the host: each closes a way in that is not measured. */
static void test_closes_ways_in(void)
{
	static const char *const words[] = {" nohibernate ", " sysctl.kernel.sysrq=0 ",
		" systemd.gpt_auto=no ", " systemd.import_credentials=no ",
		" systemd.firstboot=no ", " systemd.getty_auto=no ", " systemd.ssh_auto=no ",
		" efi=noruntime "};
	struct bytes out = {0};

	REQUIRE(make(NULL, 0, "quiet", &out));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		CHECK(memmem(out.data, out.len, words[i], strlen(words[i])) != NULL);
	bytes_free(&out);
}

static void test_spaces_and_characters(void)
{
	struct bytes out = {0};

	REQUIRE(make(NULL, 0, "  quiet   console=ttyS0 ", &out));
	CHECK(memmem(out.data, out.len, "  ", 2) == NULL);
	CHECK(out.data[out.len - 1] == '0');
	CHECK(memmem(out.data, out.len, " quiet console=ttyS0", 20) != NULL);
	bytes_free(&out);
	CHECK(!make(NULL, 0, "a\tb", &out));
	CHECK(!make(NULL, 0, "a\nb", &out));
	CHECK(!make(NULL, 0, "caf\xc3\xa9", &out));
	CHECK(!make((const char *const[]){"protostar.state=serial:a b"}, 1, NULL, &out));
	CHECK(out.len == 0);
}

#define LINE_MAX_LEN (CONFIG_LINE_MAX - 1) /* without the NUL */

/* Exactly the kernel's limit passes, one more does not. */
static void test_length(void)
{
	struct bytes out = {0};
	char words[CONFIG_LINE_MAX + 1];
	size_t room;

	REQUIRE(make(NULL, 0, NULL, &out));
	room = LINE_MAX_LEN - out.len - 1;
	bytes_free(&out);
	memset(words, 'a', sizeof(words));
	words[room] = '\0';
	words[0] = 'x';
	words[1] = '=';
	CHECK(make(NULL, 0, words, &out));
	CHECK(out.len == LINE_MAX_LEN);
	bytes_free(&out);
	words[room] = 'a';
	words[room + 1] = '\0';
	CHECK(!make(NULL, 0, words, &out));
}

static const char *const tried[][2] = {
	{"protostar.root", "partuuid:4f68bce3-e8cd-4db1-96e7-fbcaf984b709"},
	{"protostar.root", "partuuid:4f68bce3"},
	{"protostar.root", "/dev/vda"},
	{"protostar.verity", "partlabel:root-verity"},
	{"protostar.verity", "partlabel:"},
	{"protostar.verity", "eio"},
	{"protostar.verity", "eio,partlabel:root-verity"},
	{"protostar.verity", "eio,"},
	{"protostar.state", "serial:state"},
	{"protostar.state", "serial:state*"},
	{"protostar.state", "parttype:4f68bce3-e8cd-4db1-96e7-fbcaf984b709"},
	{"protostar.state", "uuid:1"},
	{"protostar.state.mount", "/var/lib"},
	{"protostar.state.mount", "var"},
	{"protostar.state.mount", "/a/../b"},
	{"protostar.state.mount", "/a//b"},
	{"protostar.state.mount", "/a/"},
	{"protostar.state.mount", "/a/."},
	{"protostar.state.cipher", "aegis128-random"},
	{"protostar.state.cipher", "aes-xts-hmac-sha256"},
	{"protostar.state.cipher", "null"},
	{"protostar.net", "dhcp"},
	{"protostar.net", "ra"},
	{"protostar.net", "none"},
	{"protostar.net", "static"},
	{"protostar.net.address", "10.0.0.1"},
	{"protostar.net.address", "10.0.0.1/24"},
	{"protostar.net.gateway", "10.0.0.1"},
	{"protostar.state", "serial:12345678901234567890"},
	{"protostar.state", "serial:123456789012345678901"},
	{"protostar.state", "partlabel:123456789012345678901234567890123456"},
	{"protostar.state", "partlabel:1234567890123456789012345678901234567"},
	{"protostar.net.address", "10.0.0.1/33"},
	{"protostar.join.timeout", "1"},
	{"protostar.join.timeout", "86400"},
	{"protostar.join.timeout", "86401"},
	{"protostar.join.timeout", "0"},
	{"protostar.join.timeout", "+5"},
	{"protostar.join.timeout", ""},
	{"protostar.failure", "reboot"},
	{"protostar.failure", "shell"},
	{"protostar.init", "/usr/lib/systemd/systemd"},
	{"protostar.init", "init"},
	{"protostar.unknown", "1"},
	{"protostar.", "1"},
};

/* PID 1's own parser is the judge: the builder takes exactly what it takes. */
static bool agrees(const char *const *settings, size_t count)
{
	struct bytes line = {0};
	char bad[CONFIG_TEXT_MAX];
	struct config config;
	bool built = make(settings, count, NULL, &line), taken;

	bytes_free(&line);
	bytes_add_text(
		&line, "roothash=" HASH " protostar.service=10.0.2.2:9000 protostar.pin=" HASH);
	for (size_t i = 0; i < count; i++)
		bytes_addf(&line, " %s", settings[i]);
	taken = !failed(config_parse((const char *)line.data, line.len, &config, bad));
	bytes_free(&line);
	if (built != taken)
		fprintf(stderr, "%s: builder %d, PID 1 %d\n", settings[0], built, taken);
	return built == taken;
}

static void test_agrees_with_pid_1(void)
{
	char setting[256];
	const char *const settings[] = {setting};

	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		snprintf(setting, sizeof(setting), "%s=%s", tried[i][0], tried[i][1]);
		CHECK(agrees(settings, 1));
	}
}

static void test_networks_agree(void)
{
	static const char *const networks[][3] = {
		{"protostar.net=static", "protostar.net.address=10.0.0.2/24", NULL},
		{"protostar.net=static", "protostar.net.address=10.0.0.2/24",
			"protostar.net.gateway=10.0.0.1"},
		{"protostar.net=static", "protostar.net.address=10.0.0.2/0", NULL},
		{"protostar.net=static", "protostar.net.address=10.0.0.2/33", NULL},
		{"protostar.net=static", "protostar.net.address=127.0.0.1/8", NULL},
		{"protostar.net=static", "protostar.net.address=2001:db8::2/64",
			"protostar.net.gateway=2001:db8::1"},
		{"protostar.net=static", "protostar.net.address=2001:db8::2/129", NULL},
		{"protostar.net=static", "protostar.net.address=2001:db8::2/64",
			"protostar.net.gateway=10.0.0.1"},
		{"protostar.net=dhcp", "protostar.net.address=10.0.0.2/24", NULL},
		{"protostar.net=dhcp", "protostar.net.gateway=10.0.0.1", NULL},
	};

	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
		CHECK(agrees(networks[i], networks[i][2] ? 3 : 2));
}

#define EIGHT "1.1.1.1:1,1.1.1.1:2,1.1.1.1:3,1.1.1.1:4,1.1.1.1:5,1.1.1.1:6,1.1.1.1:7,1.1.1.1:8"

static void test_service_and_pin_agree(void)
{
	static const char *const services[] = {"10.0.2.2:9000", "[::1]:1", "10.0.2.2", "host:1",
		"10.0.2.2:0", "10.0.2.2:65536", "10.0.2.2:09", "[::1]", "::1:1", "1.2.3.4:1,",
		"[2001:db8::1]:1", "[fe80::1]:1", "127.0.0.1:1", "224.0.0.1:1", "0.0.0.0:1",
		"[::ffff:1.2.3.4]:1", "[10.0.0.1]:1", "[::]:1", "[ff02::1]:1", "1.2.3:1", (EIGHT),
		(EIGHT ",1.1.1.1:9")};
	static const char *const pins[] = {
		HASH, (HASH "," HASH), (HASH "," HASH "," HASH), "", "00", (HASH "0"), (HASH ",")};
	struct config config;
	char bad[CONFIG_TEXT_MAX];

	for (size_t i = 0;
		i < sizeof(services) / sizeof(services[0]) + sizeof(pins) / sizeof(pins[0]); i++) {
		size_t n = sizeof(services) / sizeof(services[0]);
		const char *service = i < n ? services[i] : services[0];
		const char *pin = i < n ? pins[0] : pins[i - n];
		const struct cmdline_request request = {
			.root_hash = HASH, .service = service, .pin = pin};
		struct bytes line = {0};
		bool built = cmdline_make(&request, &line), taken;

		bytes_free(&line);
		bytes_addf(&line, "roothash=%s protostar.service=%s protostar.pin=%s", HASH,
			service, pin);
		taken = !failed(config_parse((const char *)line.data, line.len, &config, bad));
		CHECK(built == taken);
		if (built != taken)
			fprintf(stderr, "%s %s: builder %d, PID 1 %d\n", service, pin, built,
				taken);
		bytes_free(&line);
	}
}

#define EVIDENCE "protostar.service.evidence=sha256:" HASH ":000094:" HASH

/* What tells the service from a stranger: its pin, its machine's evidence, or both; never nothing.
 */
static void test_pin_or_evidence(void)
{
	static const char *const evidence[] = {EVIDENCE};
	static const char *const others[] = {"protostar.service.evidenc=1",
		"protostar.service.evidence=", "protostar.service.evidence", "protostar.net=ra"};
	char bad[CONFIG_TEXT_MAX];

	for (unsigned i = 0; i < 4; i++) {
		const struct cmdline_request request = {.root_hash = HASH,
			.service = "10.0.2.2:9000",
			.pin = i & 1 ? HASH : NULL,
			.settings = evidence,
			.setting_count = i >> 1};
		struct config config;
		struct bytes line = {0};

		CHECK(cmdline_knows_service(&request) == (i != 0));
		CHECK(cmdline_make(&request, &line) == (i != 0));
		if (i != 0) {
			REQUIRE(!failed(
				config_parse((const char *)line.data, line.len, &config, bad)));
			CHECK(config.pin_count == (i & 1));
			CHECK(config.service_wanted.given == (i >> 1));
		}
		bytes_free(&line);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const struct cmdline_request request = {.root_hash = HASH,
			.service = "10.0.2.2:9000",
			.settings = others + i,
			.setting_count = 1};
		struct bytes line = {0};

		CHECK(!cmdline_make(&request, &line));
		bytes_free(&line);
	}
}

/* An operator in the service's place, and beside it; the builder takes exactly what PID 1 takes. */
static void test_operator(void)
{
	static const char *const words[] = {"protostar.operator=" HASH, "protostar.listen=7443",
		"protostar.listen.after=5", "protostar.operator=" HASH "," HASH "," HASH,
		"protostar.listen=0"};
	unsigned taken_count = 0;

	for (unsigned set = 0; set < 64; set++) {
		struct cmdline_request request = {.root_hash = HASH,
			.service = set & 1 ? "10.0.2.2:9000" : NULL,
			.pin = set & 1 ? HASH : NULL};
		const char *settings[5];
		char bad[CONFIG_TEXT_MAX];
		struct config config;
		struct bytes line = {0};
		bool built, taken;

		for (unsigned i = 0; i < 5; i++)
			if (set & 2u << i)
				settings[request.setting_count++] = words[i];
		request.settings = settings;
		built = cmdline_make(&request, &line);
		bytes_free(&line);
		bytes_addf(&line, "roothash=%s", HASH);
		if (set & 1)
			bytes_add_text(
				&line, " protostar.service=10.0.2.2:9000 protostar.pin=" HASH);
		for (size_t i = 0; i < request.setting_count; i++)
			bytes_addf(&line, " %s", settings[i]);
		taken = !failed(config_parse((const char *)line.data, line.len, &config, bad));
		CHECK(built == taken);
		taken_count += taken;
		bytes_free(&line);
	}
	/* A service alone; an operator alone; both, with or without the time. */
	CHECK(taken_count == 4);
}

static void test_whole_line(void)
{
	static const char *const settings[] = {
		"protostar.state=serial:disk", "protostar.failure=reboot"};
	struct config config;
	char bad[CONFIG_TEXT_MAX];
	struct bytes out = {0};

	REQUIRE(make(settings, 2, "console=ttyS0", &out));
	CHECK(!failed(config_parse((const char *)out.data, out.len, &config, bad)));
	CHECK(config.failure == FAILURE_REBOOT && config.service_count == 1);
	bytes_free(&out);
	CHECK(!make(
		(const char *const[]){"protostar.net=ra", "protostar.net=dhcp"}, 2, NULL, &out));
	CHECK(!make((const char *const[]){"protostar.pin=" HASH}, 1, NULL, &out));
	CHECK(!make((const char *const[]){"protostar.net"}, 1, NULL, &out));
}

int main(void)
{
	RUN(test_refused_words);
	RUN(test_closes_ways_in);
	RUN(test_spaces_and_characters);
	RUN(test_length);
	RUN(test_agrees_with_pid_1);
	RUN(test_networks_agree);
	RUN(test_service_and_pin_agree);
	RUN(test_pin_or_evidence);
	RUN(test_operator);
	RUN(test_whole_line);
	return test_summary();
}
