/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers on command lines. */
#ifndef TOOLS_LIB_NUMBER_H
#define TOOLS_LIB_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* A whole number in base 10 or 16 without sign, from min to max. False leaves *out alone. */
bool number_read(const char *text, int base, uint64_t min, uint64_t max, uint64_t *out);

#endif
