/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command lines of QEMU and swtpm: what is in them, and that no path can add to them. */
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include "tools/run/machine.h"

static struct machine sample(void)
{
	static char disk[] = "/i/disk.img";
	struct machine m = {.qemu = "/bin/qemu",
		.swtpm = "/bin/swtpm",
		.accelerator = "tcg",
		.cpus = 3,
		.memory_mib = 1536,
		.code = "/f/code.fd",
		.variables = "/s/vars.fd",
		.system = {.path = disk, .format = "raw"},
		.state_disk = "/s/state.img",
		.serial = "state-1"};

	return m;
}

/* Whether this option with this value is there. */
static bool has(const struct argv *argv, const char *option, const char *value)
{
	for (size_t i = 0; i + 1 < argv->count; i++)
		if (strcmp(argv->items[i], option) == 0 && strcmp(argv->items[i + 1], value) == 0)
			return true;
	return false;
}

static bool names(const struct argv *argv, const char *text)
{
	for (size_t i = 0; i < argv->count; i++)
		if (strstr(argv->items[i], text))
			return true;
	return false;
}

static void test_plain(void)
{
	struct machine m = sample();
	struct argv argv = {0};

	machine_qemu(&m, &argv);
	CHECK(strcmp(argv.items[0], "/bin/qemu") == 0 && !argv.items[argv.count]);
	CHECK(has(&argv, "-accel", "tcg,thread=multi") && has(&argv, "-machine", "q35"));
	CHECK(has(&argv, "-smp", "3") && has(&argv, "-m", "1536"));
	CHECK(has(&argv, "-drive", "if=pflash,format=raw,unit=0,readonly=on,file=/f/code.fd"));
	CHECK(has(&argv, "-drive", "if=pflash,format=raw,unit=1,file=/s/vars.fd"));
	CHECK(has(&argv, "-drive", "if=none,id=system,format=raw,readonly=on,file=/i/disk.img"));
	CHECK(has(&argv, "-drive", "if=none,id=state,format=raw,file=/s/state.img"));
	CHECK(has(&argv, "-device", "virtio-blk-pci,drive=state,serial=state-1"));
	CHECK(has(&argv, "-netdev", "user,id=net"));
	CHECK(has(&argv, "-device", "virtio-net-pci,netdev=net,romfile="));
	CHECK(has(&argv, "-device", "tpm-crb,tpmdev=tpm0"));
	CHECK(!names(&argv, "secure"));
	argv_free(&argv);
	CHECK(!argv.items && !argv.count);
}

static void test_secure_boot(void)
{
	struct machine m = sample();
	struct argv argv = {0};

	m.secure_boot = true;
	m.accelerator = "kvm";
	machine_qemu(&m, &argv);
	CHECK(has(&argv, "-machine", "q35,smm=on") && has(&argv, "-accel", "kvm"));
	CHECK(has(&argv, "-global", "driver=cfi.pflash01,property=secure,value=on"));
	argv_free(&argv);
}

/* A comma in a path would begin another option of the drive, such as a backing file. */
static void test_commas(void)
{
	struct machine m = sample();
	struct argv argv = {0};

	m.code = "/f,readonly=off/code.fd";
	m.variables = "/v,a/vars.fd";
	m.system.path = (char[]){"/i,format=qcow2/disk.img"};
	m.state_disk = "/s,,x/state.img";
	machine_qemu(&m, &argv);
	CHECK(has(&argv, "-drive",
		"if=pflash,format=raw,unit=0,readonly=on,file=/f,,readonly=off/code.fd"));
	CHECK(has(&argv, "-drive", "if=pflash,format=raw,unit=1,file=/v,,a/vars.fd"));
	CHECK(has(&argv, "-drive",
		"if=none,id=system,format=raw,readonly=on,file=/i,,format=qcow2/disk.img"));
	CHECK(has(&argv, "-drive", "if=none,id=state,format=raw,file=/s,,,,x/state.img"));
	argv_free(&argv);
}

/* A VHD is the disk with a footer behind it, which is not the guest's. */
static void test_forms(void)
{
	struct machine m = sample();
	struct argv argv = {0};

	m.system.len = 1048576;
	machine_qemu(&m, &argv);
	CHECK(has(&argv, "-drive",
		"if=none,id=system,format=raw,size=1048576,readonly=on,file=/i/disk.img"));
	argv_free(&argv);
	m.system = (struct system_disk){.path = (char[]){"/i/disk.qcow2"}, .format = "qcow2"};
	machine_qemu(&m, &argv);
	CHECK(has(
		&argv, "-drive", "if=none,id=system,format=qcow2,readonly=on,file=/i/disk.qcow2"));
	argv_free(&argv);
}

static void test_network(void)
{
	const struct forward forwards[] = {
		{.address.s_addr = htonl(INADDR_LOOPBACK), .host_port = 8022, .guest_port = 22},
		{.address.s_addr = INADDR_ANY, .host_port = 80, .guest_port = 8080},
	};
	struct machine m = sample();
	struct argv argv = {0};

	m.forwards = forwards;
	m.forward_count = 2;
	machine_qemu(&m, &argv);
	CHECK(has(&argv, "-netdev",
		"user,id=net,hostfwd=tcp:127.0.0.1:8022-:22,hostfwd=tcp:0.0.0.0:80-:8080"));
	argv_free(&argv);
	m.forward_count = 0;
	m.network = (struct guest_network){.own_range = true};
	inet_pton(AF_INET, "192.0.2.7", &m.network.machine);
	machine_qemu(&m, &argv);
	CHECK(has(&argv, "-netdev",
		"user,id=net,net=192.0.2.0/24,host=192.0.2.7,dns=192.0.2.131,"
		"dhcpstart=192.0.2.143"));
	argv_free(&argv);
	inet_pton(AF_INET, "192.0.2.200", &m.network.machine);
	machine_qemu(&m, &argv);
	CHECK(has(&argv, "-netdev",
		"user,id=net,net=192.0.2.0/24,host=192.0.2.200,dns=192.0.2.3,"
		"dhcpstart=192.0.2.15"));
	argv_free(&argv);
}

static void test_others(void)
{
	struct machine m = sample();
	struct argv argv = {0};

	machine_swtpm(&m, &argv);
	CHECK(strcmp(argv.items[0], "/bin/swtpm") == 0);
	CHECK(has(&argv, "--tpmstate", "dir=.") && names(&argv, "--terminate"));
	argv_free(&argv);
	machine_firmware_only(&m, &argv);
	CHECK(has(&argv, "-drive", "if=pflash,format=raw,unit=1,snapshot=on,file=/s/vars.fd"));
	CHECK(!names(&argv, "state.img") && !names(&argv, "netdev") && !names(&argv, "tpm"));
	argv_free(&argv);
}

/* What is printed for a shell is what is given to the program. */
static void test_shell(void)
{
	static const struct {
		const char *text, *quoted;
	} rows[] = {
		{"a", "a"},
		{"-drive", "-drive"},
		{"file=/a,b:c@d_e+f%g", "file=/a,b:c@d_e+f%g"},
		{"", "''"},
		{"two words", "'two words'"},
		{"it's", "'it'\\''s'"},
		{"$(reboot)", "'$(reboot)'"},
		{"a\nb", "'a\nb'"},
		{"~", "'~'"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *quoted = shell_quoted(rows[i].text);

		CHECK(strcmp(quoted, rows[i].quoted) == 0);
		free(quoted);
	}
}

int main(void)
{
	RUN(test_plain);
	RUN(test_secure_boot);
	RUN(test_commas);
	RUN(test_forms);
	RUN(test_network);
	RUN(test_others);
	RUN(test_shell);
	return test_summary();
}
