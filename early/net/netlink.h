/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A very small rtnetlink(7): one request and its acknowledgement, or one dump, at a time. The
 * kernel is trusted, its answers are bounds-checked all the same.
 */
#ifndef EARLY_NET_NETLINK_H
#define EARLY_NET_NETLINK_H

#include <stddef.h>
#include "efi/base/status.h"

#define NETLINK_MESSAGE_MAX 256u /* bytes of a request: a header and a few addresses */

/* A request under construction. Caller-owned; what does not fit is a fault of ours, and traps. */
struct netlink_request {
	_Alignas(4) uint8_t data[NETLINK_MESSAGE_MAX];
	size_t len;
};

/* Starts a request of an RTM_ type: flags are NLM_F_..., fixed is the type's own header. */
void netlink_start(struct netlink_request *r, uint16_t type, uint16_t flags, const void *fixed,
	size_t fixed_len);
void netlink_put(struct netlink_request *r, uint16_t attribute, const void *value, size_t len);

/* Sends it on a socket of netlink_open() and waits for the kernel's word, at most 5 s. */
struct status netlink_call(int fd, struct netlink_request *r) MUST_CHECK;
/* The same for a request that the kernel may refuse: *out_error is its errno value, or 0. */
struct status netlink_ask(int fd, struct netlink_request *r, int *out_error) MUST_CHECK;
/* Attributes one after the other, or the value of one of them. */
struct netlink_span {
	const uint8_t *data;
	size_t len; /* bytes */
};

/*
 * Sends it with NLM_F_DUMP and hands each answer's payload (the type's own header, then
 * attributes) to `each`.
 */
struct status netlink_dump(int fd, struct netlink_request *r,
	void (*each)(void *context, struct netlink_span payload), void *context) MUST_CHECK;

/*
 * The value of the first attribute of this number: *out borrows, and may lie where `in` lies. False
 * when it is not there or shorter than min bytes.
 */
bool netlink_get(struct netlink_span in, uint16_t attribute, size_t min, struct netlink_span *out);

/* A route socket for the two calls above; the caller closes it. */
struct status netlink_open(int *out_fd) MUST_CHECK;

/*
 * Announcements: a socket of `protocol` (NETLINK_ROUTE, NETLINK_KOBJECT_UEVENT) that hears
 * `groups`. Their contents are not read: each is a hint to look again. So a lost or a false one
 * does no harm. The caller closes it. Failures carry the caller's `code`.
 */
struct status watch_open(int protocol, uint32_t groups, uint16_t code, int *out_fd) MUST_CHECK;
/*
 * Returns when something was announced, when a second has passed or at the deadline (clock.h); all
 * announcements that are due are taken.
 */
struct status watch_wait(int fd, uint64_t deadline, uint16_t code) MUST_CHECK;
/* Takes all announcements that are due, without waiting. */
void watch_take(int fd);

#endif
