/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_KEYS_SELF_TEST_H
#define TOOLS_KEYS_SELF_TEST_H

#include "tools/lib/failure.h"

/*
 * Seals to a fresh key by OpenSSL and opens it by BearSSL. It shows that both work here, and
 * whatever OpenSSL loads at its first use is loaded before the process is closed.
 */
struct failure self_test(void) MUST_CHECK;

#endif
