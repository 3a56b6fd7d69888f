/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When to ask again: growing waits with a random part, so that machines that started together do
 * not ask together.
 */
#ifndef EARLY_NET_BACKOFF_H
#define EARLY_NET_BACKOFF_H

#include <stdint.h>

/* Random enough to tell machines apart; no secret depends on it. */
uint32_t backoff_chance(void);
/* A time (clock.h) between wait_ms, at least 2, and half as much again from now. */
uint64_t backoff_until(unsigned wait_ms);

#endif
