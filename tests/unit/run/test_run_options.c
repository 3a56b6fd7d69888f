/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of `protostar run`: what is taken, what is refused, and where the guest looks. */
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include "tools/lib/report.h"
#include "tools/run/run_options.h"
#include "tools/run/service_address.h"

#define ROOT_HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_sizes(void)
{
	static const struct {
		const char *text;
		uint64_t mib; /* 0: refused */
	} rows[] = {
		{"32", 32},
		{"512M", 512},
		{"2g", 2048},
		{"1T", 1048576},
		{"", 0},
		{"M", 0},
		{"31M", 0},
		{"2T", 0},
		{"1K", 0},
		{"1.5G", 0},
		{"1GB", 0},
		{"-1", 0},
		{" 64", 0},
		{"64 ", 0},
		{"0x40", 0},
		{"99999999999999999999G", 0},
		{"18446744073709551615", 0},
		{"999999999T", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t mib = 0;

		CHECK(size_parse(rows[i].text, 32, 1048576, &mib) == (rows[i].mib != 0));
		CHECK(mib == rows[i].mib);
	}
}

static void test_forwards(void)
{
	static const char *const refused[] = {"", ":", "22", "22:", ":22", "0:22", "22:0",
		"65536:22", "22:65536", "a:22", "22:b", "1:2:3", "host:1:2", "::1:1:2", "[::1]:1:2",
		"1.2.3:4:5", "1.2.3.4:5:6:7", "22:22 ", "+22:22", "-1:22",
		"8080:80,guestfwd=tcp:10.0.2.9:1-cmd:sh", "1.2.3.4,5.6.7.8:1:2", "000022:22"};
	struct forward f;

	CHECK(forward_parse("8022:22", &f) && f.host_port == 8022 && f.guest_port == 22);
	CHECK(f.address.s_addr == htonl(INADDR_LOOPBACK));
	CHECK(forward_parse("0.0.0.0:80:65535", &f) && f.host_port == 80 && f.guest_port == 65535);
	CHECK(f.address.s_addr == INADDR_ANY);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		CHECK(!forward_parse(refused[i], &f));
}

static void test_serials(void)
{
	CHECK(serial_fits("state-1") && serial_fits("A.b_c") &&
		serial_fits("12345678901234567890"));
	CHECK(!serial_fits("") && !serial_fits("123456789012345678901"));
	CHECK(!serial_fits("a,b") && !serial_fits("a b") && !serial_fits("state*"));
}

/* The image's command line with these services. */
static struct config config_with(const char *services)
{
	struct config config;
	char line[512], bad[CONFIG_TEXT_MAX];

	snprintf(line, sizeof(line),
		"roothash=" ROOT_HASH " protostar.service=%s protostar.pin=" ROOT_HASH, services);
	if (config_parse(line, strlen(line), &config, bad).code) {
		printf("config: %s\n", bad);
		config.service_count = 0;
	}
	return config;
}

static void test_service(void)
{
	static const struct {
		const char *image, *wanted, *machine; /* machine NULL: refused */
		uint16_t port;
		bool own_range;
	} rows[] = {
		{"10.0.2.2:7443", NULL, "10.0.2.2", 7443, false},
		{"10.0.2.2:7443", "127.0.0.1:7443", "10.0.2.2", 7443, false},
		/* It may be anywhere; QEMU's network leads there. */
		{"192.0.2.1:9000", NULL, "10.0.2.2", 0, false},
		{"[2001:db8::1]:9000", NULL, "10.0.2.2", 0, false},
		{"192.0.2.1:9000", "127.0.0.1:9000", "192.0.2.1", 9000, true},
		{"192.0.2.1:9000,198.51.100.7:7443", "127.0.0.1:7443", "198.51.100.7", 7443, true},
		{"[2001:db8::1]:9000,10.0.2.2:7443", NULL, "10.0.2.2", 7443, false},
		{"10.0.2.2:7443", "127.0.0.1:7444", NULL, 0, false},
		{"10.0.2.2:7443", "192.0.2.1:7443", NULL, 0, false},
		{"10.0.2.2:7443", "127.0.0.1", NULL, 0, false},
		{"10.0.2.2:7443", "127.0.0.1:", NULL, 0, false},
		{"10.0.2.2:7443", "127.0.0.1:0", NULL, 0, false},
		{"10.0.2.2:7443", "7443", NULL, 0, false},
		{"10.0.2.2:7443", "", NULL, 0, false},
		{"10.0.2.2:7443", "[::1]:7443", NULL, 0, false},
		{"[2001:db8::1]:9000", "127.0.0.1:9000", NULL, 0, false},
		{"192.0.2.255:9000", "127.0.0.1:9000", NULL, 0, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config config = config_with(rows[i].image);
		struct guest_network network;
		struct in_addr machine;
		uint16_t port = 1;

		REQUIRE(config.service_count);
		CHECK(service_locate(&config, rows[i].wanted, &network, &port) ==
			(rows[i].machine != NULL));
		if (!rows[i].machine)
			continue;
		inet_pton(AF_INET, rows[i].machine, &machine);
		CHECK(network.machine.s_addr == machine.s_addr);
		CHECK(network.own_range == rows[i].own_range && port == rows[i].port);
	}
}

int main(void)
{
	report_silence();
	RUN(test_sizes);
	RUN(test_forwards);
	RUN(test_serials);
	RUN(test_service);
	return test_summary();
}
