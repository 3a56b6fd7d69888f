/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `protostar run DIR`: boots the output of `protostar build` in QEMU, as a person would try it.
 *
 * The room, in the order in which a run uses it: run_options reads the command line; image_folder
 * checks what build wrote; service_address finds the guest's way to the join service; programs and
 * firmware_files find QEMU, swtpm and OVMF; state_folder holds what lasts from one run to the next
 * (secure_variables makes the keys in it); accelerator tries KVM; machine turns all of it into
 * command lines; session starts them (child), carries the console (keyboard) and hears from it how
 * the boot went (guest_report); the command says so.
 */
#ifndef TOOLS_RUN_RUN_COMMAND_H
#define TOOLS_RUN_RUN_COMMAND_H

#include "tools/lib/command.h"

extern const struct command run_command;

#endif
