/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Non-blocking TCP towards one address. The caller polls the socket for POLLOUT, then asks how the
 * connect went; it owns the socket and closes it.
 */
#ifndef EARLY_NET_NET_CONNECT_H
#define EARLY_NET_NET_CONNECT_H

#include <netinet/in.h>
#include "efi/base/status.h"

/*
 * Bytes of a TCP segment, in both directions: what the smallest path of either family must carry.
 * One that drops larger packets without a word is then none that the join hangs on, and the
 * exchange is too short to gain from larger ones.
 */
#define SEGMENT_MAX_IPV4 (576 - 40)
#define SEGMENT_MAX_IPV6 (1280 - 60)

#define ENDPOINT_TEXT_MAX 64u /* "[address]:port" with NUL */

/*
 * Begins a connect. IPv4 comes as v4-mapped IPv6 and uses an IPv4 socket, so that a kernel without
 * IPv6 will do. *out_fd is non-blocking and close-on-exec. E_JOIN_SOCKET, E_JOIN_CONNECT.
 */
struct status net_connect_start(const struct sockaddr_in6 *to, int *out_fd) MUST_CHECK;
/* After POLLOUT or POLLERR: OK when connected, E_JOIN_REFUSED otherwise. */
struct status net_connect_finish(int fd) MUST_CHECK;

/* The address as a person writes it. */
void endpoint_text(const struct sockaddr_in6 *a, char out[ENDPOINT_TEXT_MAX]);

#endif
