/*
 * A very small rtnetlink(7): one request and its acknowledgement, or one dump, at a time. The
 * kernel is trusted, its answers are bounds-checked all the same.
 */
#ifndef EARLY_NETLINK_H
#define EARLY_NETLINK_H

#include <stddef.h>
#include "crypto/status.h"

#define NETLINK_MESSAGE_MAX 256u /* bytes of a request: a header and a few addresses */

/* A request under construction. Caller-owned; a field that does not fit makes it fail when sent. */
struct netlink_request {
	_Alignas(4) uint8_t data[NETLINK_MESSAGE_MAX];
	size_t len;
	bool failed;
};

/* Starts a request of an RTM_ type: flags are NLM_F_..., fixed is the type's own header. */
void netlink_start(struct netlink_request *r, uint16_t type, uint16_t flags, const void *fixed,
	size_t fixed_len);
void netlink_put(struct netlink_request *r, uint16_t attribute, const void *value, size_t len);

/* Sends it on a socket of netlink_open() and waits for the kernel's word, at most 5 s. */
struct status netlink_call(int fd, struct netlink_request *r) MUST_CHECK;
/*
 * Sends it with NLM_F_DUMP and hands each answer's payload (the type's own header, then
 * attributes) to `each`.
 */
struct status netlink_dump(int fd, struct netlink_request *r,
	void (*each)(void *context, const uint8_t *payload, size_t len), void *context) MUST_CHECK;

/*
 * The value of an attribute among those at attributes: *out borrows. False when it is not there or
 * shorter than min bytes.
 */
bool netlink_get(
	const uint8_t *attributes, size_t len, uint16_t attribute, size_t min, const uint8_t **out);

/* A route socket for the two calls above; the caller closes it. */
struct status netlink_open(int *out_fd) MUST_CHECK;

/*
 * Announcements: a socket of `protocol` (NETLINK_ROUTE, NETLINK_KOBJECT_UEVENT) that hears
 * `groups`. They are never read for what they say, only taken as the hint to look again, so a
 * lost or a false one costs nothing. The caller closes it. Failures carry the caller's `code`.
 */
struct status watch_open(int protocol, uint32_t groups, uint16_t code, int *out_fd) MUST_CHECK;
/*
 * Returns when something was announced, when a second has passed or at the deadline (clock.h); all
 * announcements that are due are taken.
 */
struct status watch_wait(int fd, uint64_t deadline, uint16_t code) MUST_CHECK;

#endif
