/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One QEMU machine, as plain data, and the command lines that start it and its TPM. What the rows
 * are is decided here and nowhere else; nothing is opened, started or checked here.
 *
 * Both programs run in the TPM's folder and name their socket relative to it: a Unix socket's path
 * is at most 107 bytes, and swtpm cannot take a path with a comma in it.
 */
#ifndef TOOLS_RUN_MACHINE_H
#define TOOLS_RUN_MACHINE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include "tools/run/argv.h"

#define FORWARDS_MAX 16u
#define TPM_SOCKET   "tpm.sock"

/* A TCP port of this machine that leads to one of the guest's. */
struct forward {
	struct in_addr address; /* of this machine, network byte order */
	uint16_t host_port, guest_port;
};

/* QEMU's user network. */
struct guest_network {
	bool own_range;		/* false: QEMU's 10.0.2.0/24, where 10.0.2.2 is this machine */
	struct in_addr machine; /* the guest's address for this machine's 127.0.0.1 */
};

/* The disk of an image. */
struct system_disk {
	char *path;	    /* absolute */
	const char *format; /* QEMU's name of the file's form: "raw" or "qcow2" */
	uint64_t len;	    /* of the disk in bytes, when the file is longer; 0: all of it */
};

struct machine {
	const char *qemu, *swtpm; /* absolute paths of the programs */
	const char *accelerator;  /* "kvm" or "tcg" */
	uint64_t cpus, memory_mib;
	const char *code, *variables; /* the firmware's files, absolute */
	bool secure_boot;
	struct system_disk system;
	const char *state_disk; /* absolute */
	const char *serial;	/* of the state disk */
	const struct forward *forwards;
	size_t forward_count;
	struct guest_network network;
};

/* Appends the command line of QEMU, of the TPM; and of a QEMU with nothing but the firmware. */
void machine_qemu(const struct machine *machine, struct argv *out);
void machine_swtpm(const struct machine *machine, struct argv *out);
void machine_firmware_only(const struct machine *machine, struct argv *out);

#endif
