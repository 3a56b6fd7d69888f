/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console's beginning and end, for init.c, mounts.c and halt.c alone. Before console_open()
 * lines go to descriptor 2, which the kernel opened when the initrd has a /dev/console; a machine
 * without a console is no failure.
 */
#ifndef EARLY_CONSOLE_OPEN_H
#define EARLY_CONSOLE_OPEN_H

/*
 * Makes `console` descriptors 0, 1 and 2 (`null` where there is no console) and opens `kmsg`. In
 * the guest: /dev/console, /dev/kmsg and /dev/null.
 */
void console_open(const char *console, const char *kmsg, const char *null);
/* Waits until all lines are on the screen, or sent on the serial line. */
void console_drain(void);

#endif
