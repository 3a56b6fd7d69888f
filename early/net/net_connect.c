/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/net/net_connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "early/console.h"
#include "early/contract/config_text.h"
#include "early/contract/errors.h"

/* v4-mapped addresses as plain IPv4, everything else as it is. */
static socklen_t real_address(const struct sockaddr_in6 *in, struct sockaddr_storage *out)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = in->sin6_port};

	memset(out, 0, sizeof(*out));
	if (!IN6_IS_ADDR_V4MAPPED(&in->sin6_addr)) {
		memcpy(out, in, sizeof(*in));
		return sizeof(*in);
	}
	memcpy(&v4.sin_addr, in->sin6_addr.s6_addr + 12, 4);
	memcpy(out, &v4, sizeof(v4));
	return sizeof(v4);
}

struct status net_connect_start(const struct sockaddr_in6 *to, int *out_fd)
{
	struct sockaddr_storage address;
	socklen_t len = real_address(to, &address);
	int one = 1, segment;
	struct status s;
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return system_failure("socket", errno, E_JOIN_SOCKET);
	/* Small messages that wait for answers: Nagle's algorithm would only add delay. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	segment = address.ss_family == AF_INET ? SEGMENT_MAX_IPV4 : SEGMENT_MAX_IPV6;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment));
	if (connect(fd, (struct sockaddr *)&address, len) && errno != EINPROGRESS) {
		s = system_failure("connect", errno, E_JOIN_CONNECT);
		close(fd);
		return s;
	}
	*out_fd = fd;
	return OK;
}

struct status net_connect_finish(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	return error ? system_failure("connect", error, E_JOIN_REFUSED) : OK;
}

void endpoint_text(const struct sockaddr_in6 *a, char out[ENDPOINT_TEXT_MAX])
{
	char text[INET6_ADDRSTRLEN];

	host_text(&a->sin6_addr, text);
	(void)snprintf(out, ENDPOINT_TEXT_MAX,
		IN6_IS_ADDR_V4MAPPED(&a->sin6_addr) ? "%s:%u" : "[%s]:%u", text,
		ntohs(a->sin6_port));
}
