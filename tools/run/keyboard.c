/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/keyboard.h"

#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define PREFIX 0x01u /* Ctrl-A */

static struct termios before;
static bool raw, known;

bool keyboard_present(void)
{
	return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void keyboard_open(void)
{
	struct termios mode;

	if (!known) {
		if (tcgetattr(STDIN_FILENO, &before))
			return;
		known = true;
		atexit(keyboard_close);
	}
	mode = before;
	cfmakeraw(&mode);
	/* What this program says itself ends its lines with a newline alone. */
	mode.c_oflag |= OPOST;
	raw = tcsetattr(STDIN_FILENO, TCSANOW, &mode) == 0;
}

void keyboard_close(void)
{
	if (raw)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	raw = false;
}

size_t keys_read(struct keys *keys, const uint8_t *in, size_t len, uint8_t *out, bool *quit)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t key = in[i];

		if (!keys->after_prefix && key == PREFIX) {
			keys->after_prefix = true;
			continue;
		}
		if (keys->after_prefix && (key == 'x' || key == 'X')) {
			*quit = true;
			return count;
		}
		if (keys->after_prefix)
			out[count++] = PREFIX;
		if (!keys->after_prefix || (key != PREFIX && key != 'a' && key != 'A'))
			out[count++] = key;
		keys->after_prefix = false;
	}
	return count;
}
