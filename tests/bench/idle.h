/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What connections cost in memory that begin a TLS handshake and go silent, and such as have their
 * HELLO and wait. OpenSSL with the same first bytes, without sockets, stands beside it.
 */
#ifndef TESTS_BENCH_IDLE_H
#define TESTS_BENCH_IDLE_H

#include "tests/interop/serve/service_process.h"

#define IDLE_COUNT 1000u

/* KiB a connection of the service; its limits must allow IDLE_COUNT connections from here. */
double idle_service(const struct service_process *s);
/* MB of the whole service while IDLE_COUNT connections wait for their evidence. */
double idle_open(const struct service_process *s);
/* KiB a connection of OpenSSL's server side, in a child process. */
double idle_openssl(void);

#endif
