/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <stdlib.h>
#include "early/contract/config.h"
#include "early/contract/config_text.h"
#include "early/contract/errors.h"
#include "tests/unit/test.h"

#define HASH "00112233445566778899aabbccddeeff0123456789abcdef0123456789ABCDEF"
#define PIN  "1111111111111111111111111111111111111111111111111111111111111111"
#define PIN2 "2222222222222222222222222222222222222222222222222222222222222222"
#define BASE "roothash=" HASH " protostar.service=10.0.2.2:7000 protostar.pin=" PIN
#define UUID "00112233-4455-6677-8899-aabbccddeeff"

static char bad[CONFIG_TEXT_MAX];

static uint16_t parse(const char *line, struct config *c)
{
	size_t len = strlen(line);
	/* An exact-size copy, so that a read past the end is seen. */
	char *copy = malloc(len ? len : 1);
	uint16_t code;

	if (!copy)
		abort();
	memcpy(copy, line, len);
	bad[0] = '\0';
	code = config_parse(copy, len, c, bad).code;
	free(copy);
	return code;
}

static void test_defaults(void)
{
	static const uint8_t root[16] = {0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99,
		0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
	static const uint8_t verity[16] = {0x67, 0x45, 0x23, 0x01, 0xab, 0x89, 0xef, 0xcd, 0x01,
		0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
	static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 10, [14] = 2, [15] = 2};
	struct config c;

	REQUIRE(parse("quiet " BASE "  panic=1 rd.break init=/bin/sh\n", &c) == 0);
	CHECK(c.root_hash[1] == 0x11 && c.root_hash[31] == 0xef);
	CHECK(c.root.kind == SELECT_PARTUUID && c.verity.kind == SELECT_PARTUUID);
	CHECK_BYTES(c.root.guid, root, 16);
	CHECK_BYTES(c.verity.guid, verity, 16);
	CHECK(!c.verity_eio);
	CHECK(c.state.kind == SELECT_SERIAL && strcmp(c.state.text, "state*") == 0);
	CHECK(strcmp(c.state_mount, "/run/state") == 0);
	CHECK(c.state_cipher == CIPHER_AEGIS128 && c.net == NET_DHCP);
	CHECK(c.failure == FAILURE_POWEROFF && c.join_timeout_s == 300 && c.tee_privlevel == 0);
	CHECK(!c.service_wanted.given);
	CHECK(!c.net_interface.given && !c.net_keep);
	CHECK(strcmp(c.init, "/sbin/init") == 0);
	CHECK(c.service_count == 1 && c.pin_count == 1 && c.pins[0][31] == 0x11);
	CHECK(c.services[0].sin6_family == AF_INET6 && ntohs(c.services[0].sin6_port) == 7000);
	CHECK_BYTES(&c.services[0].sin6_addr, mapped, 16);
}

static void test_every_key(void)
{
	static const uint8_t guid[16] = {0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99,
		0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
	struct config c;
	char text[INET6_ADDRSTRLEN];

	REQUIRE(parse("roothash=" HASH " protostar.service=192.0.2.1:1,[2001:db8::7]:65535"
		      " protostar.pin=" PIN "," PIN2 " protostar.root=parttype:" UUID
		      " protostar.verity=partuuid:" UUID " protostar.state=partlabel:my_state"
		      " protostar.state.mount=/var/lib/x protostar.net=static"
		      " protostar.state.cipher=aes-xts-hmac-sha256"
		      " protostar.net.address=2001:db8::1/64 protostar.net.gateway=2001:db8::2"
		      " protostar.join.timeout=86400 protostar.failure=reboot"
		      " protostar.tee.privlevel=3"
		      " protostar.net.keep=yes protostar.init=/usr/lib/systemd/systemd",
			&c) == 0);
	CHECK(c.service_count == 2 && c.pin_count == 2 && c.pins[1][0] == 0x22);
	CHECK(ntohs(c.services[1].sin6_port) == 65535);
	CHECK(inet_ntop(AF_INET6, &c.services[1].sin6_addr, text, sizeof(text)) &&
		strcmp(text, "2001:db8::7") == 0);
	CHECK(c.root.kind == SELECT_PARTTYPE && c.verity.kind == SELECT_PARTUUID);
	CHECK_BYTES(c.root.guid, guid, 16);
	CHECK(c.state.kind == SELECT_PARTLABEL && strcmp(c.state.text, "my_state") == 0);
	CHECK(strcmp(c.state_mount, "/var/lib/x") == 0);
	CHECK(c.state_cipher == CIPHER_AES_XTS_HMAC && c.net == NET_STATIC);
	CHECK(c.net_prefix == 64 && c.join_timeout_s == 86400 && c.net_keep);
	CHECK(c.failure == FAILURE_REBOOT && c.tee_privlevel == 3);
	CHECK(strcmp(c.init, "/usr/lib/systemd/systemd") == 0);
	REQUIRE(parse(BASE " protostar.net.keep=no", &c) == 0);
	CHECK(!c.net_keep);
}

/* The word eio and a selector each stand alone, or together; neither changes the other. */
static void test_verity(void)
{
	struct config none, c;

	REQUIRE(parse(BASE, &none) == 0);
	REQUIRE(parse(BASE " protostar.verity=eio", &c) == 0);
	CHECK(c.verity_eio && c.verity.kind == SELECT_PARTUUID);
	CHECK_BYTES(c.verity.guid, none.verity.guid, 16);
	REQUIRE(parse(BASE " protostar.verity=eio,partlabel:a,b", &c) == 0);
	CHECK(c.verity_eio && c.verity.kind == SELECT_PARTLABEL);
	CHECK(strcmp(c.verity.text, "a,b") == 0);
	REQUIRE(parse(BASE " protostar.verity=partlabel:eio", &c) == 0);
	CHECK(!c.verity_eio && strcmp(c.verity.text, "eio") == 0);
	REQUIRE(parse(BASE " protostar.verity=partlabel:x,eio", &c) == 0);
	CHECK(!c.verity_eio && strcmp(c.verity.text, "x,eio") == 0);
}

/* By MAC address, hex digits of either case, or by name; the longest name has 15 characters. */
static void test_interface(void)
{
	static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0xab, 0xcd, 0xef};
	char text[MAC_TEXT_MAX];
	struct config c;

	REQUIRE(parse(BASE " protostar.net.interface=52:54:00:aB:Cd:ef", &c) == 0);
	CHECK(c.net_interface.given && !c.net_interface.name[0]);
	CHECK_BYTES(c.net_interface.mac, mac, 6);
	mac_text(mac, text);
	CHECK(strcmp(text, "52:54:00:ab:cd:ef") == 0);
	REQUIRE(parse(BASE " protostar.net.interface=enP1p0s3f0-n.1_", &c) == 0);
	CHECK(c.net_interface.given && strcmp(c.net_interface.name, "enP1p0s3f0-n.1_") == 0);
	REQUIRE(parse(BASE " protostar.net.interface=e protostar.net=ra", &c) == 0);
	CHECK(strcmp(c.net_interface.name, "e") == 0 && c.net == NET_RA);
}

/* A line that must be refused: what is added to BASE, the code, and the word that is shown. */
static const struct {
	const char *more;
	uint16_t code;
	const char *bad;
} refused[] = {
	{"protostar.debug", E_CONFIG_UNKNOWN, "protostar.debug"},
	{"protostar.debug=1", E_CONFIG_UNKNOWN, "protostar.debug=1"},
	{"protostar.", E_CONFIG_UNKNOWN, "protostar."},
	{"protostar.roothash=" HASH, E_CONFIG_UNKNOWN, NULL},
	{"protostar.pin=" PIN, E_CONFIG_TWICE, "protostar.pin=" PIN},
	{"roothash=" HASH, E_CONFIG_TWICE, NULL},
	{"protostar.net=dhcp protostar.net=dhcp", E_CONFIG_TWICE, "protostar.net=dhcp"},
	{"protostar.net=", E_CONFIG_CHOICE, "protostar.net="},
	{"protostar.net", E_CONFIG_CHOICE, "protostar.net"},
	{"protostar.net=DHCP", E_CONFIG_CHOICE, NULL},
	{"protostar.net=static", E_CONFIG_STATIC, NULL},
	{"protostar.net.keep", E_CONFIG_CHOICE, "protostar.net.keep"},
	{"protostar.net.keep=1", E_CONFIG_CHOICE, NULL},
	{"protostar.net.keep=no protostar.net.keep=no", E_CONFIG_TWICE, NULL},
	{"protostar.net.address=10.0.0.2/24", E_CONFIG_STATIC, NULL},
	{"protostar.net.gateway=10.0.0.1", E_CONFIG_FAMILY, NULL},
	{"protostar.net=static protostar.net.address=10.0.0.2/24 protostar.net.gateway=2001::1",
		E_CONFIG_FAMILY, NULL},
	{"protostar.net=static protostar.net.address=10.0.0.2", E_CONFIG_ADDRESS, NULL},
	{"protostar.net=static protostar.net.address=10.0.0.2/33", E_CONFIG_ADDRESS, NULL},
	{"protostar.net=static protostar.net.address=10.0.0.2/0", E_CONFIG_ADDRESS, NULL},
	{"protostar.net=static protostar.net.address=10.0.0.2/024", E_CONFIG_ADDRESS, NULL},
	{"protostar.net=static protostar.net.address=2001::1/129", E_CONFIG_ADDRESS, NULL},
	{"protostar.net=static protostar.net.address=224.0.0.1/24", E_CONFIG_ADDRESS, NULL},
	{"protostar.net=static protostar.net.address=127.0.0.1/8", E_CONFIG_ADDRESS, NULL},
	{"protostar.net=static protostar.net.address=::ffff:1.2.3.4/24", E_CONFIG_ADDRESS, NULL},
	{"protostar.net.gateway=0.0.0.0", E_CONFIG_GATEWAY, NULL},
	{"protostar.net.gateway=fe80::1", E_CONFIG_GATEWAY, NULL},
	{"protostar.net.interface=", E_CONFIG_INTERFACE, "protostar.net.interface="},
	{"protostar.net.interface", E_CONFIG_INTERFACE, NULL},
	{"protostar.net.interface=.", E_CONFIG_INTERFACE, NULL},
	{"protostar.net.interface=..", E_CONFIG_INTERFACE, NULL},
	{"protostar.net.interface=a/b", E_CONFIG_INTERFACE, NULL},
	{"protostar.net.interface=1234567890123456", E_CONFIG_INTERFACE, NULL},
	{"protostar.net.interface=52:54:00:12:34", E_CONFIG_INTERFACE, NULL},
	{"protostar.net.interface=52:54:00:12:34:5g", E_CONFIG_INTERFACE, NULL},
	{"protostar.net.interface=52-54-00-12-34-56", E_CONFIG_INTERFACE, NULL},
	{"protostar.net.interface=52:54:00:12:34:56:", E_CONFIG_INTERFACE, NULL},
	{"protostar.net.interface=01:54:00:12:34:56", E_CONFIG_INTERFACE, NULL},
	{"protostar.net.interface=00:00:00:00:00:00", E_CONFIG_INTERFACE, NULL},
	{"protostar.net.interface=eth0,eth1", E_CONFIG_INTERFACE, NULL},
	{"protostar.net.interface=a protostar.net.interface=a", E_CONFIG_TWICE, NULL},
	{"protostar.root=/dev/sda", E_CONFIG_SELECTOR, NULL},
	{"protostar.root=partuuid:", E_CONFIG_SELECTOR, NULL},
	{"protostar.root=partuuid:" UUID "0", E_CONFIG_SELECTOR, NULL},
	{"protostar.root=partuuid:00112233-4455-6677-8899aabbccddeeff0", E_CONFIG_SELECTOR, NULL},
	{"protostar.root=parttype:g0112233-4455-6677-8899-aabbccddeeff", E_CONFIG_SELECTOR, NULL},
	{"protostar.verity=partlabel:", E_CONFIG_SELECTOR, NULL},
	{"protostar.verity=partlabel:1234567890123456789012345678901234567", E_CONFIG_SELECTOR,
		NULL},
	{"protostar.verity=", E_CONFIG_SELECTOR, NULL},
	{"protostar.verity", E_CONFIG_SELECTOR, NULL},
	{"protostar.verity=EIO", E_CONFIG_SELECTOR, NULL},
	{"protostar.verity=eio,", E_CONFIG_SELECTOR, NULL},
	{"protostar.verity=eio,eio", E_CONFIG_SELECTOR, NULL},
	{"protostar.verity=eio protostar.verity=partlabel:x", E_CONFIG_TWICE, NULL},
	{"protostar.verity=panic", E_CONFIG_SELECTOR, NULL},
	{"protostar.verity=ignore", E_CONFIG_SELECTOR, NULL},
	{"protostar.root=eio", E_CONFIG_SELECTOR, NULL},
	{"protostar.state=serial:123456789012345678901", E_CONFIG_SELECTOR, NULL},
	{"protostar.state=\"serial:x\"", E_CONFIG_SELECTOR, NULL},
	{"protostar.state=uuid:" UUID, E_CONFIG_SELECTOR, NULL},
	{"protostar.state.mount=run/state", E_CONFIG_PATH, NULL},
	{"protostar.state.mount=/", E_CONFIG_PATH, NULL},
	{"protostar.state.mount=/a/../b", E_CONFIG_PATH, NULL},
	{"protostar.state.mount=/a//b", E_CONFIG_PATH, NULL},
	{"protostar.state.mount=/a/", E_CONFIG_PATH, NULL},
	{"protostar.init=/./init", E_CONFIG_PATH, NULL},
	{"protostar.state.cipher=null", E_CONFIG_CHOICE, NULL},
	{"protostar.state.cipher=aegis128-rando", E_CONFIG_CHOICE, NULL},
	{"protostar.failure=shell", E_CONFIG_CHOICE, NULL},
	{"protostar.service.evidence=sha256:" PIN ":000001:" PIN "1", E_CONFIG_EVIDENCE, NULL},
	{"protostar.service.evidence=sha384:" PIN ":000001:" PIN, E_CONFIG_EVIDENCE, NULL},
	{"protostar.service.evidence=sha256:" PIN ":0001:" PIN, E_CONFIG_EVIDENCE, NULL},
	{"protostar.service.evidence=sha256:" PIN ":01000001:" PIN, E_CONFIG_EVIDENCE, NULL},
	{"protostar.service.evidence=sha256:" PIN ":000001", E_CONFIG_EVIDENCE, NULL},
	{"protostar.service.evidence=sha256:" PIN "::" PIN, E_CONFIG_EVIDENCE, NULL},
	{"protostar.service.evidence=sha256:" PIN ":000001:" PIN ":", E_CONFIG_EVIDENCE, NULL},
	{"protostar.service.evidence=", E_CONFIG_EVIDENCE, NULL},
	{"protostar.service.evidence=sha256:" PIN ":000000:" PIN, E_CONFIG_EVIDENCE_PCRS, NULL},
	{"protostar.tee.privlevel=4", E_CONFIG_CHOICE, NULL},
	{"protostar.tee.privlevel=", E_CONFIG_CHOICE, NULL},
	{"protostar.join.timeout=0", E_CONFIG_TIMEOUT, NULL},
	{"protostar.join.timeout=86401", E_CONFIG_TIMEOUT, NULL},
	{"protostar.join.timeout=01", E_CONFIG_TIMEOUT, NULL},
	{"protostar.join.timeout=-1", E_CONFIG_TIMEOUT, NULL},
	{"protostar.join.timeout=4294967597", E_CONFIG_TIMEOUT, NULL},
	{"console=\"ttyS0 protostar.net=dhcp", E_CMDLINE_QUOTE, NULL},
	{"a\tb", E_CMDLINE_BYTE, "?"},
	{"a\nb", E_CMDLINE_BYTE, "?"},
	{"\xff", E_CMDLINE_BYTE, "?"},
};

static void test_refusals(void)
{
	char line[1024];
	struct config c;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct config before;
		uint16_t code;

		memset(&c, 0x5a, sizeof(c));
		before = c;
		(void)snprintf(line, sizeof(line), BASE " %s", refused[i].more);
		code = parse(line, &c);
		if (code != refused[i].code)
			fprintf(stderr, "%s: E%u, not E%u\n", refused[i].more, code,
				refused[i].code);
		CHECK(code == refused[i].code);
		CHECK(memcmp(&c, &before, sizeof(c)) == 0);
		if (refused[i].bad)
			CHECK(strcmp(bad, refused[i].bad) == 0);
	}
}

static void test_mandatory(void)
{
	struct config c;

	CHECK(parse("", &c) == E_CONFIG_MISSING && strcmp(bad, "roothash") == 0);
	CHECK(parse("roothash=" HASH, &c) == E_CONFIG_MISSING);
	CHECK(strcmp(bad, "protostar.service") == 0);
	CHECK(parse("roothash=" HASH " protostar.service=1.2.3.4:5", &c) == E_CONFIG_MISSING);
	CHECK(strcmp(bad, "protostar.pin") == 0);
	CHECK(parse("roothash=" HASH " protostar.service=1.2.3.4:5"
		    " protostar.service.evidence=sha256:" PIN ":800095:" PIN2,
		      &c) == 0);
	CHECK(c.pin_count == 0 && c.service_wanted.given);
	CHECK(c.service_wanted.pcr_mask == 0x800095 && c.service_wanted.ak[31] == 0x11);
	CHECK(c.service_wanted.pcr_digest[31] == 0x22);
	CHECK(parse("roothash=" PIN "1", &c) == E_CONFIG_ROOTHASH);
	CHECK(parse("roothash", &c) == E_CONFIG_ROOTHASH);
	CHECK(parse("protostar.pin=" PIN "," PIN "," PIN, &c) == E_CONFIG_PIN);
	CHECK(parse("protostar.pin=" PIN ",", &c) == E_CONFIG_PIN);
}

static void test_services(void)
{
	static const char *const wrong[] = {"", "1.2.3.4", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536",
		"1.2.3.4:1,", ",1.2.3.4:1", "[1.2.3.4]:1", "2001:db8::1:80", "[2001:db8::1]",
		"[2001:db8::1]80", "[fe80::1]:80", "[ff02::1]:80", "[::1]:80", "[::]:80",
		"[::ffff:1.2.3.4]:80", "host.example:80", "1.2.3.4:80x", "127.0.0.1:80",
		"255.255.255.255:80", "1.2.3:80", "[2001:db8::1:80"};
	char line[512];
	struct config c;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		(void)snprintf(line, sizeof(line), "protostar.service=%s", wrong[i]);
		CHECK(parse(line, &c) == E_CONFIG_SERVICE);
	}
	(void)snprintf(line, sizeof(line),
		"protostar.pin=" PIN " roothash=" HASH
		" protostar.service=1.1.1.1:1,1.1.1.1:2,1.1.1.1:3,1.1.1.1:4,1.1.1.1:5,1.1.1.1:6,"
		"1.1.1.1:7,1.1.1.1:8");
	CHECK(parse(line, &c) == 0 && c.service_count == CONFIG_SERVICES_MAX);
	strcat(line, ",1.1.1.1:9");
	CHECK(parse(line, &c) == E_CONFIG_SERVICE);
}

#define OPERATOR "protostar.operator=" PIN2 " protostar.listen=7443"

/* A node has a service, an operator to wait for, or both. */
static void test_operators(void)
{
	struct config c;

	REQUIRE(parse(BASE, &c) == 0);
	CHECK(c.operator_count == 0 && c.listen_port == 0);
	REQUIRE(parse(BASE " " OPERATOR, &c) == 0);
	CHECK(c.operator_count == 1 && c.operators[0][31] == 0x22 && c.pins[0][31] == 0x11);
	CHECK(c.listen_port == 7443 && c.listen_after_s == 30 && c.service_count == 1);
	REQUIRE(parse(BASE " protostar.operator=" PIN "," PIN2
			   " protostar.listen=65535 protostar.listen.after=299",
			&c) == 0);
	CHECK(c.operator_count == 2 && c.operators[1][0] == 0x22 && c.listen_after_s == 299);
	REQUIRE(parse(BASE " " OPERATOR " protostar.listen.after=0", &c) == 0);
	CHECK(c.listen_after_s == 0);
	REQUIRE(parse("roothash=" HASH " " OPERATOR " protostar.join.timeout=1", &c) == 0);
	CHECK(c.service_count == 0 && c.pin_count == 0 && !c.service_wanted.given);
}

/* Each wrong combination, and the word that is shown. */
static void test_operators_refused(void)
{
	static const struct {
		const char *line;
		uint16_t code;
		const char *bad;
	} wrong[] = {
		{BASE " protostar.operator=" PIN, E_CONFIG_MISSING, "protostar.listen"},
		{BASE " protostar.listen=1", E_CONFIG_MISSING, "protostar.operator"},
		{BASE " protostar.listen.after=1", E_CONFIG_MISSING, "protostar.listen"},
		{"roothash=" HASH " protostar.operator=" PIN, E_CONFIG_MISSING,
			"protostar.service"},
		{"roothash=" HASH " protostar.listen=1", E_CONFIG_MISSING, "protostar.operator"},
		{"roothash=" HASH " protostar.pin=" PIN " " OPERATOR, E_CONFIG_MISSING,
			"protostar.service"},
		{"roothash=" HASH " protostar.service.evidence=sha256:" PIN ":000001:" PIN
		 " " OPERATOR,
			E_CONFIG_MISSING, "protostar.service"},
		{"roothash=" HASH " protostar.listen.after=1 " OPERATOR, E_CONFIG_MISSING,
			"protostar.service"},
		{"roothash=" HASH " protostar.service=1.2.3.4:5 " OPERATOR, E_CONFIG_MISSING,
			"protostar.pin"},
		{OPERATOR, E_CONFIG_MISSING, "roothash"},
		{BASE " " OPERATOR " protostar.listen.after=300", E_CONFIG_LISTEN_LATE,
			"protostar.listen.after"},
		{BASE " " OPERATOR " protostar.join.timeout=30", E_CONFIG_LISTEN_LATE,
			"protostar.listen.after"},
		{BASE " protostar.operator=" PIN "1", E_CONFIG_OPERATOR,
			"protostar.operator=" PIN "1"},
		{BASE " protostar.operator=", E_CONFIG_OPERATOR, "protostar.operator="},
		{BASE " protostar.operator=" PIN "," PIN "," PIN, E_CONFIG_OPERATOR, NULL},
		{BASE " protostar.listen=0", E_CONFIG_LISTEN, "protostar.listen=0"},
		{BASE " protostar.listen=65536", E_CONFIG_LISTEN, NULL},
		{BASE " protostar.listen=0.0.0.0:1", E_CONFIG_LISTEN, NULL},
		{BASE " protostar.listen", E_CONFIG_LISTEN, "protostar.listen"},
		{BASE " protostar.listen.after=86401", E_CONFIG_LISTEN_AFTER, NULL},
		{BASE " protostar.listen.after=", E_CONFIG_LISTEN_AFTER, NULL},
		{BASE " " OPERATOR " protostar.listen=7443", E_CONFIG_TWICE,
			"protostar.listen=7443"},
	};
	struct config c;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint16_t code = parse(wrong[i].line, &c);

		CHECK(code == wrong[i].code);
		if (code == wrong[i].code && wrong[i].bad)
			CHECK(strcmp(bad, wrong[i].bad) == 0);
		if (code != wrong[i].code)
			fprintf(stderr, "case %zu: E%u at %s\n", i, code, bad);
	}
}

/* What belongs to others is theirs, quotes included. */
static void test_foreign_words(void)
{
	struct config c;

	CHECK(parse(BASE " dyndbg=\"file x +p protostar.bad=1\" protosta=1 xprotostar.a=b", &c) ==
		0);
	CHECK(parse(BASE " roothashx=1 ROOTHASH=2 single emergency rd.shell", &c) == 0);
}

static void test_length(void)
{
	char line[CONFIG_LINE_MAX + 3];
	struct config c;

	memset(line, 'x', sizeof(line));
	memcpy(line, BASE " ", strlen(BASE " "));
	line[CONFIG_LINE_MAX] = '\0';
	CHECK(parse(line, &c) == 0);
	line[CONFIG_LINE_MAX] = 'x';
	line[CONFIG_LINE_MAX + 1] = '\0';
	CHECK(parse(line, &c) == E_CMDLINE_LONG);
	(void)snprintf(line, sizeof(line), BASE " protostar.init=/%0200d", 1);
	CHECK(parse(line, &c) == E_CONFIG_PATH);
	CHECK(strlen(bad) == CONFIG_TEXT_MAX - 1);
}

/* Each cut either parses as something complete or is refused; ASan watches the reads. */
static void test_truncation(void)
{
	static const char line[] = BASE " protostar.net=static protostar.net.address=10.1.2.3/24";
	struct config c;
	size_t good = 0;

	for (size_t len = 0; len < sizeof(line); len++) {
		char *copy = strndup(line, len);

		if (!copy)
			abort();
		good += parse(copy, &c) == 0;
		free(copy);
	}
	/* BASE, with its space, with 1 to 9 letters of "protostar" (a foreign word); "/2", "/24".
	 */
	CHECK(good == 13);
}

int main(void)
{
	RUN(test_defaults);
	RUN(test_every_key);
	RUN(test_verity);
	RUN(test_interface);
	RUN(test_refusals);
	RUN(test_mandatory);
	RUN(test_services);
	RUN(test_operators);
	RUN(test_operators_refused);
	RUN(test_foreign_words);
	RUN(test_length);
	RUN(test_truncation);
	return test_summary();
}
