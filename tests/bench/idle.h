/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What connections cost that begin a TLS handshake and go silent: memory of a process a connection,
 * in KiB. The peer is OpenSSL with the same bytes, without sockets.
 */
#ifndef TESTS_BENCH_IDLE_H
#define TESTS_BENCH_IDLE_H

#include "tests/interop/serve/service_process.h"

#define IDLE_COUNT 1000u

/* Of the running service; its limits must allow IDLE_COUNT connections from here. */
double idle_service(const struct service_process *s);
/* Of OpenSSL's server side, in a child process. */
double idle_openssl(void);

#endif
