/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into the service and its key service: they stay dumpable, so that a test of the same
 * user can read their memory. All else that they ask of prctl() is done.
 */
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int prctl(int option, ...)
{
	unsigned long args[4];
	va_list list;

	va_start(list, option);
	for (int i = 0; i < 4; i++)
		args[i] = va_arg(list, unsigned long);
	va_end(list);
	if (option == PR_SET_DUMPABLE)
		return 0;
	return (int)syscall(SYS_prctl, option, args[0], args[1], args[2], args[3]);
}
