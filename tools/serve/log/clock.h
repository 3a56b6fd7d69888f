/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_SERVE_LOG_CLOCK_H
#define TOOLS_SERVE_LOG_CLOCK_H

#include <stdint.h>

/* Milliseconds of the monotonic clock. */
uint64_t now_ms(void);

#endif
