/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/machine.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"

static void add_row(struct argv *out, const char *option, const char *value)
{
	argv_add(out, option);
	argv_add(out, value);
}

/* Processor, memory, and no device that was not asked for. */
static void add_board(const struct machine *m, struct argv *out)
{
	argv_add(out, m->qemu);
	add_row(out, "-accel",
		strcmp(m->accelerator, "tcg") == 0 ? "tcg,thread=multi" : m->accelerator);
	add_row(out, "-machine", m->secure_boot ? "q35,smm=on" : "q35");
	add_row(out, "-cpu", "max");
	argv_add(out, "-smp");
	argv_addf(out, "%llu", (unsigned long long)m->cpus);
	argv_add(out, "-m");
	argv_addf(out, "%llu", (unsigned long long)m->memory_mib);
	argv_add(out, "-no-user-config");
	argv_add(out, "-nodefaults");
	argv_add(out, "-no-reboot");
	add_row(out, "-display", "none");
	add_row(out, "-serial", "stdio");
}

/* snapshot: what the firmware writes is thrown away. */
static void add_firmware(const struct machine *m, bool snapshot, struct argv *out)
{
	char *code = qemu_value(m->code), *variables = qemu_value(m->variables);

	argv_add(out, "-drive");
	argv_addf(out, "if=pflash,format=raw,unit=0,readonly=on,file=%s", code);
	argv_add(out, "-drive");
	argv_addf(out, "if=pflash,format=raw,unit=1%s,file=%s", snapshot ? ",snapshot=on" : "",
		variables);
	/* With it, only the firmware itself can write its variables. */
	if (m->secure_boot)
		add_row(out, "-global", "driver=cfi.pflash01,property=secure,value=on");
	free(code);
	free(variables);
}

static void add_disks(const struct machine *m, struct argv *out)
{
	char *system = qemu_value(m->system.path), *state = qemu_value(m->state_disk);

	argv_add(out, "-drive");
	if (m->system.len)
		argv_addf(out, "if=none,id=system,format=%s,size=%llu,readonly=on,file=%s",
			m->system.format, (unsigned long long)m->system.len, system);
	else
		argv_addf(out, "if=none,id=system,format=%s,readonly=on,file=%s", m->system.format,
			system);
	add_row(out, "-device", "virtio-blk-pci,drive=system,serial=system,bootindex=0");
	argv_add(out, "-drive");
	argv_addf(out, "if=none,id=state,format=raw,file=%s", state);
	argv_add(out, "-device");
	argv_addf(out, "virtio-blk-pci,drive=state,serial=%s", m->serial);
	free(system);
	free(state);
}

static void add_tpm(struct argv *out)
{
	add_row(out, "-chardev", "socket,id=tpm,path=" TPM_SOCKET);
	add_row(out, "-tpmdev", "emulator,id=tpm0,chardev=tpm");
	add_row(out, "-device", "tpm-crb,tpmdev=tpm0");
}

/*
 * A network around the address that this machine has in it. Those of the name server and of the
 * guest are ours to choose: the other half of the network from it.
 */
static void add_range(struct bytes *text, struct in_addr machine)
{
	uint32_t address = ntohl(machine.s_addr), base = address & ~0xffu;
	unsigned free_from = (address & 0xff) < 128 ? 128 : 0;
	char name[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &machine, name, sizeof(name));
	bytes_addf(text, ",net=%u.%u.%u.0/24,host=%s", base >> 24, base >> 16 & 0xff,
		base >> 8 & 0xff, name);
	bytes_addf(text, ",dns=%u.%u.%u.%u,dhcpstart=%u.%u.%u.%u", base >> 24, base >> 16 & 0xff,
		base >> 8 & 0xff, free_from + 3, base >> 24, base >> 16 & 0xff, base >> 8 & 0xff,
		free_from + 15);
}

static void add_network(const struct machine *m, struct argv *out)
{
	struct bytes text = {0};

	bytes_add_text(&text, "user,id=net");
	if (m->network.own_range)
		add_range(&text, m->network.machine);
	for (size_t i = 0; i < m->forward_count; i++) {
		const struct forward *f = &m->forwards[i];
		char name[INET_ADDRSTRLEN];

		inet_ntop(AF_INET, &f->address, name, sizeof(name));
		bytes_addf(&text, ",hostfwd=tcp:%s:%u-:%u", name, f->host_port, f->guest_port);
	}
	bytes_add(&text, "", 1);
	add_row(out, "-netdev", (const char *)text.data);
	bytes_free(&text);
	/* An option ROM would run before the stub and change PCR 2. */
	add_row(out, "-device", "virtio-net-pci,netdev=net,romfile=");
}

void machine_qemu(const struct machine *m, struct argv *out)
{
	add_board(m, out);
	add_firmware(m, false, out);
	add_disks(m, out);
	add_tpm(out);
	add_network(m, out);
}

void machine_swtpm(const struct machine *m, struct argv *out)
{
	argv_add(out, m->swtpm);
	argv_add(out, "socket");
	argv_add(out, "--tpm2");
	add_row(out, "--tpmstate", "dir=.");
	add_row(out, "--ctrl", "type=unixio,path=" TPM_SOCKET);
	argv_add(out, "--terminate");
}

void machine_firmware_only(const struct machine *m, struct argv *out)
{
	add_board(m, out);
	add_firmware(m, true, out);
}
