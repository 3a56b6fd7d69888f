/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/failure.h"

#include <stdarg.h>
#include <stdio.h>

struct failure refuse(const char *format, ...)
{
	struct failure f = {.happened = true};
	va_list args;

	va_start(args, format);
	vsnprintf(f.text, sizeof(f.text), format, args);
	va_end(args);
	return f;
}
