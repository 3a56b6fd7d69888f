/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The smallest program for PID 1's place: shows that the guest's start-up code works by itself. */
#include <stdio.h>

int main(void)
{
	return puts("hello from the guest") < 0;
}
