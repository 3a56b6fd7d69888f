/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t mark;

static void set_mark(int number)
{
	(void)number;
	mark = 1;
}

void interrupt_watch(void)
{
	struct sigaction action = {.sa_handler = set_mark};

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

bool interrupted(void)
{
	return mark;
}
