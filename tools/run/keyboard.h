/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal while it is the guest's: raw, so that every key reaches the guest, but for those
 * that follow Ctrl-A: X ends the machine, A or Ctrl-A is a Ctrl-A for the guest. The terminal is
 * put back as it was whichever way the program ends, a kill apart.
 */
#ifndef TOOLS_RUN_KEYBOARD_H
#define TOOLS_RUN_KEYBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether standard input is a terminal, and this program in front of it. */
bool keyboard_present(void);

/* Makes the terminal raw (again, after the program was stopped), and puts it back. */
void keyboard_open(void);
void keyboard_close(void);

struct keys {
	bool after_prefix; /* Ctrl-A came, what it is for did not yet */
};

/*
 * Reads len keys. What is the guest's goes to out, which has room for 2 * len bytes; the value is
 * how many that are. *quit: Ctrl-A X was among them, and what follows it is nobody's.
 */
size_t keys_read(struct keys *keys, const uint8_t *in, size_t len, uint8_t *out, bool *quit);

#endif
