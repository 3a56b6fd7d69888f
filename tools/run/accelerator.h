/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM or TCG, by trying. That /dev/kvm exists says nothing: where the machine under us emulates it
 * badly, guests hang in the middle of the firmware. So the firmware is booted to its boot manager,
 * within a bound, and KVM is believed only when that worked. TCG always works, and is slow.
 */
#ifndef TOOLS_RUN_ACCELERATOR_H
#define TOOLS_RUN_ACCELERATOR_H

#include "tools/run/machine.h"

/*
 * "kvm" or "tcg", a constant. Only the firmware, its variables and QEMU's path are used of the
 * machine. The answer is kept in the file `kept` (NULL: it is not), for as long as this machine
 * runs.
 */
const char *accelerator_choose(const struct machine *machine, const char *kept);

#endif
