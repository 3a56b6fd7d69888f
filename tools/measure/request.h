/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a person asks to be predicted, as options of the command line: the same rows for every
 * command that predicts.
 *
 * Order: command_read() of a command with REQUEST_GROUPS, into a struct that holds a zeroed
 * measure_request; request_image() with the image that is named last of all; then predict_boot().
 */
#ifndef TOOLS_MEASURE_REQUEST_H
#define TOOLS_MEASURE_REQUEST_H

#include "tools/lib/command.h"
#include "tools/measure/cc/cc.h"
#include "tools/measure/firmware/firmware.h"
#include "tools/measure/stub/stub.h"

#define REQUEST_STAGES_MAX 8u

/*
 * When the registers are read: as the node joins; once init runs and PCR 15 is capped; or once a
 * systemd of 261 or later has separated itself from the boot, too (tools/lib/os_separator.h).
 */
enum boot_phase { PHASE_JOIN, PHASE_BOOTED, PHASE_SEPARATED };

struct measure_request {
	/* Images in the order in which they are started; the last one is the UKI. */
	const char *stages[REQUEST_STAGES_MAX];
	size_t stage_count;
	struct firmware_request firmware;
	struct stub_inputs stub; /* dialect may be STUB_AUTO */
	struct cc_request cc;
	enum boot_phase phase;
	unsigned banks; /* BANK_BIT; 0: the default, SHA-256 */
};

/* The options that ask for a prediction, into a struct measure_request. */
extern const struct option_row request_boot_rows[], request_machine_rows[];
/* The groups of all of them, for a command whose struct has a measure_request as this member. */
#define REQUEST_GROUPS(type, member)                                                              \
	{"What boots", request_boot_rows, offsetof(type, member)},                                \
		{"On what it boots", request_machine_rows, offsetof(type, member)},               \
	{                                                                                         \
		"Confidential VMs (launch registers need --firmware, the whole image as the VMM " \
		"has it)",                                                                        \
			cc_rows, offsetof(type, member) + offsetof(struct measure_request, cc)    \
	}

/*
 * For --bank, of a row whose place is an unsigned: adds one or more bank names with commas between,
 * or "all".
 */
extern const char *const request_bank_names[];
bool request_take_banks(void *into, const struct option_use *use);

/* The image that is started first, or the only one. Texts are borrowed, as with all options. */
void request_image(struct measure_request *request, const char *path);

#endif
