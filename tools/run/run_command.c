/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/run_command.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/lib/report.h"
#include "tools/run/accelerator.h"
#include "tools/run/dry_run.h"
#include "tools/run/firmware_files.h"
#include "tools/run/image_folder.h"
#include "tools/run/keyboard.h"
#include "tools/run/programs.h"
#include "tools/run/service_address.h"
#include "tools/run/state_folder.h"
#include "tools/run/tpm_setup.h"
#include "tools/run/verdict.h"

#define SERIAL_DEFAULT "state"

struct run {
	struct run_options options;
	struct image_folder image;
	struct programs programs;
	struct firmware_files firmware;
	struct state_folder state;
	struct machine machine;
	struct argv qemu, swtpm, setup;
	char *serial, *tpm_config; /* NULL: nobody certifies the TPM */
	uint16_t service_port;	   /* of 127.0.0.1, where the guest looks for it; 0: elsewhere */
};

/* The firmware that was named, or the installed one. */
static bool find_firmware(struct run *r)
{
	const struct run_options *o = &r->options;

	if (!o->code)
		return firmware_find("", o->secure_boot, &r->firmware) ||
		       complain("there is no OVMF%s: apt-get install " FIRMWARE_PACKAGE,
			       o->secure_boot ? " for Secure Boot" : "");
	r->firmware.code = realpath(o->code, NULL);
	r->firmware.variables = realpath(o->variables, NULL);
	if (!r->firmware.code || access(r->firmware.code, R_OK))
		return complain("--firmware %s: %s", o->code, strerror(errno));
	if (!r->firmware.variables || access(r->firmware.variables, R_OK))
		return complain("--vars %s: %s", o->variables, strerror(errno));
	return true;
}

/* Absolute, since the program that reads it runs in another folder. */
static bool find_tpm_config(struct run *r)
{
	const char *given = r->options.tpm_setup;

	if (given)
		r->tpm_config = realpath(given, NULL);
	if (given && (!r->tpm_config || access(r->tpm_config, R_OK)))
		return complain("--tpm-setup %s: %s", given, strerror(errno));
	return true;
}

/* The serial by which the image will find its state disk, and the join service tell it apart. */
static bool choose_serial(struct run *r)
{
	const struct selector *state = &r->image.config.state;
	size_t len = strlen(state->text);

	if (r->options.serial)
		r->serial = must_dup(r->options.serial);
	else if (state->kind != SELECT_SERIAL)
		r->serial = must_format("%s-%s", SERIAL_DEFAULT, r->state.id);
	else if (len && state->text[len - 1] == '*')
		r->serial = must_format("%.*s-%s", (int)len - 1, state->text, r->state.id);
	else
		r->serial = must_dup(state->text);
	return serial_fits(r->serial) ||
	       complain("a disk here cannot have the serial \"%s\", which the image looks for: "
			"--serial gives another",
		       r->serial);
}

static void tell_of_image(const struct run *r)
{
	if (!r->image.console)
		report_error("warning: the kernel's console is not the serial port, so nothing "
			     "will be seen of it here: build with --cmdline console=ttyS0");
	if (r->service_port) {
		char at[INET_ADDRSTRLEN];

		inet_ntop(AF_INET, &r->machine.network.machine, at, sizeof(at));
		progress("join service: the guest finds 127.0.0.1:%u at %s:%u", r->service_port, at,
			r->service_port);
		if (!r->options.dry_run)
			service_warn_if_silent(r->service_port);
	}
}

static bool check_image(struct run *r)
{
	if (!image_folder_open(r->options.image, &r->image))
		return false;
	if (r->options.secure_boot && !r->image.is_signed)
		return complain("the image is not signed, so Secure Boot would not start it: build "
				"it with --sign-key");
	if (r->image.config.state.kind != SELECT_SERIAL && !r->options.disk)
		return complain("the image looks for its state disk by a partition "
				"(protostar.state): make a file with such a partition and give it "
				"with --disk");
	return service_locate(
		&r->image.config, r->options.service, &r->machine.network, &r->service_port);
}

/* What kind of file QEMU is given. It reads VHD otherwise than those who import it, GCP's not. */
static void choose_system(struct run *r)
{
	struct system_disk *system = &r->machine.system;

	*system = (struct system_disk){.path = r->image.disk, .format = "raw"};
	if (r->image.form == DISK_QCOW2)
		system->format = "qcow2";
	else if (r->image.form == DISK_VHD)
		system->len = r->image.uki.disk_len;
	else if (r->image.form == DISK_GCP)
		system->path = r->state.system;
}

static void plan(struct run *r)
{
	const struct run_options *o = &r->options;
	struct machine *m = &r->machine;

	m->qemu = r->programs.qemu;
	m->swtpm = r->programs.swtpm;
	m->cpus = o->cpus;
	m->memory_mib = o->memory_mib;
	m->code = r->firmware.code;
	/* The probe reads what a machine begins with: its own variables may not be there yet. */
	m->variables = r->firmware.variables;
	m->secure_boot = o->secure_boot;
	m->accelerator = o->accelerator;
	if (strcmp(o->accelerator, "auto") == 0)
		m->accelerator = accelerator_choose(m, o->dry_run ? NULL : r->state.accelerator);
	m->variables = r->state.variables;
	choose_system(r);
	m->state_disk = r->state.disk;
	m->serial = r->serial;
	m->forwards = o->forwards;
	m->forward_count = o->forward_count;
	machine_qemu(m, &r->qemu);
	machine_swtpm(m, &r->swtpm);
	if (r->tpm_config)
		tpm_setup_command(r->programs.swtpm_setup, r->tpm_config, &r->setup);
}

static int open_copy(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		complain("--log %s: %s", path, strerror(errno));
	return fd;
}

static int start(struct run *r)
{
	struct session_request request = {.qemu = &r->qemu,
		.swtpm = &r->swtpm,
		.tpm_folder = r->state.tpm_lock,
		.tpm_path = r->state.tpm,
		.qemu_log = r->state.qemu_log,
		.tpm_log = r->state.tpm_log,
		.copy = -1};
	struct session_result result;
	bool fine;

	if (r->options.log && (request.copy = open_copy(r->options.log)) < 0)
		return EXIT_MISUSE;
	if (keyboard_present())
		report_error("console of %s, %s: Ctrl-A X ends the machine", r->image.path,
			r->machine.accelerator);
	fine = session_run(&request, &result);
	if (request.copy >= 0)
		close(request.copy);
	return fine ? run_verdict(&result, r->state.qemu_log, r->state.tpm_log) : EXIT_REFUSED;
}

static int boot(struct run *r)
{
	if (!state_folder_name(&r->options, r->image.path, &r->state) || !choose_serial(r))
		return EXIT_REFUSED;
	if (!r->options.dry_run && !state_folder_make(&r->options, &r->firmware, &r->state))
		return EXIT_REFUSED;
	plan(r);
	if (r->options.dry_run) {
		const struct dry_run dry = {.options = &r->options,
			.image = &r->image,
			.firmware = &r->firmware,
			.state = &r->state,
			.qemu = &r->qemu,
			.swtpm = &r->swtpm,
			.setup = r->tpm_config ? &r->setup : NULL};

		dry_run_print(stdout, &dry);
		return EXIT_DONE;
	}
	if (r->tpm_config &&
		!tpm_setup_run(&r->setup, r->state.tpm_lock, r->state.tpm, r->state.tpm_log))
		return EXIT_REFUSED;
	if (r->image.form == DISK_GCP && !image_folder_unpack(&r->image, r->state.system))
		return EXIT_REFUSED;
	return start(r);
}

static void release(struct run *r)
{
	state_folder_close(&r->state);
	firmware_files_free(&r->firmware);
	programs_free(&r->programs);
	image_folder_close(&r->image);
	argv_free(&r->qemu);
	argv_free(&r->swtpm);
	argv_free(&r->setup);
	free(r->tpm_config);
	free(r->serial);
}

static int run_image(int argc, char **argv)
{
	struct run r = {.state = {.lock = -1, .tpm_lock = -1}};
	int code = run_options_read(&run_command, argc, argv, &r.options);
	bool found;

	if (code >= 0)
		return code;
	/* Whoever started this may have left it ignored, and then no child's end would be seen. */
	signal(SIGCHLD, SIG_DFL);
	if (!check_image(&r)) {
		code = EXIT_REFUSED;
	} else {
		/* Both are looked for, so that one command installs all that is missing. */
		found = programs_find(r.options.tpm_setup, &r.programs);
		found = find_firmware(&r) && find_tpm_config(&r) && found;
		if (found)
			tell_of_image(&r);
		code = found ? boot(&r) : EXIT_MISUSE;
	}
	release(&r);
	return code;
}

const struct command run_command = {
	.name = "run",
	.summary = "boot an image in QEMU, with a TPM and a state disk",
	.about =
		"Boots the image that protostar build left in DIR: QEMU with OVMF, a TPM (swtpm), "
		"a state disk and a user network. The console is this terminal's; Ctrl-A X ends "
		"the machine. TPM, state disk and firmware variables are kept, so that a second "
		"run is the same machine. The TPM proves nothing: this is for trying an image, not "
		"for production.",
	.groups = {{.rows = run_machine_rows}, {.heading = "What is kept", .rows = run_state_rows},
		{.heading = "Firmware", .rows = run_firmware_rows}, {.rows = verbose_rows}},
	.operands = {{"DIR", OPTION_FOLDER, OPTION_INTO(struct run_options, image)}},
	.notes = "Exit codes: 0 the guest started its init and is off, or was ended from the "
		 "keyboard after that; 1 it was refused (its error code is named), failed, or was "
		 "ended before; 2 misuse, or a program is missing.",
	.run = run_image,
};
