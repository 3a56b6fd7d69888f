/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whoever connects to a node, served side by side: GUESTS_MAX at most, each bounded in time and
 * memory, so that nobody who is silent or slow keeps others from an answer. Answers themselves are
 * made one after the other: there is one TPM.
 *
 * Each frame of a connection has ENDPOINT_TIMEOUT_MS. When all places are taken, the guest whose
 * time ends first makes room for the next one.
 */
#ifndef TOOLS_ATTEST_GUESTS_H
#define TOOLS_ATTEST_GUESTS_H

#include <signal.h>

#include "tools/attest/answer.h"

#define GUESTS_MAX 16u

/*
 * Serves until *stopped is set, by a handler of a signal that is blocked but for those of
 * `waiting`, the mask while nothing is to be done. The caller closes the listener.
 */
struct failure guests_serve(const struct answerer *a, int listener, const sigset_t *waiting,
	const volatile sig_atomic_t *stopped) MUST_CHECK;

#endif
