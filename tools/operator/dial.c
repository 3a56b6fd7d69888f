/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/operator/dial.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tools/lib/report.h"
#include "tools/serve/log/clock.h"
#include "tools/serve/net/address.h"

#define CONNECT_MS 5000
#define PAUSE_MS   1000

/* IPv4 as such: the operator's kernel may have no IPv6. */
static int connect_to(int family, const struct sockaddr *to, socklen_t len)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd >= 0 && (connect(fd, to, len) == 0 || errno == EINPROGRESS))
		return fd;
	error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

static int begin(const struct sockaddr_in6 *to)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = to->sin6_port};

	if (!IN6_IS_ADDR_V4MAPPED(&to->sin6_addr))
		return connect_to(AF_INET6, (const struct sockaddr *)to, sizeof(*to));
	memcpy(&four.sin_addr, to->sin6_addr.s6_addr + 12, sizeof(four.sin_addr));
	return connect_to(AF_INET, (const struct sockaddr *)&four, sizeof(four));
}

/* 0, or what the connect came to. */
static int finish(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t len = sizeof(error);

	if (poll(&p, 1, CONNECT_MS) != 1)
		return ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
		return errno;
	return error;
}

static int try_once(const struct sockaddr_in6 *to, int *out_error)
{
	int fd = begin(to), on = 1;

	*out_error = fd < 0 ? errno : finish(fd);
	if (fd < 0)
		return -1;
	if (*out_error) {
		close(fd);
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static void pause_until(uint64_t ms)
{
	uint64_t now = now_ms(), left = ms > now ? ms - now : 0;
	const struct timespec nap = {
		.tv_sec = (time_t)(left / 1000), .tv_nsec = (long)(left % 1000) * 1000000};

	nanosleep(&nap, NULL);
}

struct failure dial(const struct sockaddr_in6 *to, uint64_t until_ms, int *out_socket)
{
	char address[ADDRESS_TEXT_MAX];
	bool told = false;
	int error = 0;

	address_text(to, address);
	for (;;) {
		uint64_t began = now_ms();
		int fd = try_once(to, &error);

		if (fd >= 0) {
			*out_socket = fd;
			return failure_none();
		}
		if (began + PAUSE_MS >= until_ms)
			break;
		if (!told)
			progress("%s: %s; trying again until it listens", address, strerror(error));
		told = true;
		pause_until(began + PAUSE_MS);
	}
	return refuse("%s: %s. A node listens when it was booted with protostar.operator= and "
		      "protostar.listen=, and no service has answered it",
		address, strerror(error));
}
