/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where statements are asked for: TCP ("192.0.2.1:7444", "[2001:db8::1]:7444") or a VM's socket to
 * its host ("vsock:PORT" to listen, "vsock:CID:PORT" to connect). Literals only. And frames over
 * either, with one deadline for all of a frame, so that a slow peer cannot hold a side up.
 */
#ifndef TOOLS_ATTEST_ENDPOINT_H
#define TOOLS_ATTEST_ENDPOINT_H

#include "tools/attest/statement.h"
#include "tools/lib/failure.h"

#define ENDPOINT_TIMEOUT_MS 10000

/* Of a clock that nobody sets. */
int64_t endpoint_now_ms(void);

/* The caller closes the descriptor. What listens does not block. */
struct failure endpoint_listen(const char *text, int *out_fd) MUST_CHECK;
struct failure endpoint_connect(const char *text, int *out_fd) MUST_CHECK;

/* Within ENDPOINT_TIMEOUT_MS. */
struct failure endpoint_send(int fd, const uint8_t *frame, size_t len) MUST_CHECK;
/*
 * Reads a frame whose body is at most cap bytes into buf. *out_type 0: the peer closed the
 * connection before a frame began.
 */
struct failure endpoint_receive(
	int fd, uint8_t *buf, size_t cap, uint8_t *out_type, struct span *out_body) MUST_CHECK;

#endif
