/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/net/listener.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/serve/net/address.h"

#define BACKLOG 1024

union any_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static void to_v6(const union any_address *from, struct sockaddr_in6 *out)
{
	if (from->any.sa_family == AF_INET6) {
		*out = from->v6;
		return;
	}
	*out = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = from->v4.sin_port};
	out->sin6_addr.s6_addr[10] = out->sin6_addr.s6_addr[11] = 0xff;
	memcpy(out->sin6_addr.s6_addr + 12, &from->v4.sin_addr, 4);
}

static socklen_t from_v6(const struct sockaddr_in6 *from, union any_address *out)
{
	memset(out, 0, sizeof(*out));
	if (!IN6_IS_ADDR_V4MAPPED(&from->sin6_addr)) {
		out->v6 = *from;
		return sizeof(out->v6);
	}
	out->v4.sin_family = AF_INET;
	out->v4.sin_port = from->sin6_port;
	memcpy(&out->v4.sin_addr, from->sin6_addr.s6_addr + 12, 4);
	return sizeof(out->v4);
}

/* -1 with errno. */
static int listen_on(const struct sockaddr_in6 *address)
{
	union any_address a;
	socklen_t len = from_v6(address, &a);
	int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, off = 0;
	bool v6 = a.any.sa_family == AF_INET6;

	if (fd < 0)
		return -1;
	if ((v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off))) ||
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
		bind(fd, &a.any, len) || listen(fd, BACKLOG)) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* What an operator can do about it. */
static const char *remedy(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "; another program listens there: stop it, or give another --listen";
	case EADDRNOTAVAIL:
		return "; no interface of this machine has that address: give --listen one that "
		       "has, or [::] for all";
	case EAFNOSUPPORT:
		return "; the kernel has no IPv6: give --listen an IPv4 address";
	case EACCES:
		return "; ports below 1024 take CAP_NET_BIND_SERVICE: give --listen a higher one";
	default:
		return "";
	}
}

struct failure listener_open(const struct sockaddr_in6 *address, int *out_socket)
{
	char text[ADDRESS_TEXT_MAX];
	int fd = listen_on(address);

	if (fd < 0 && errno == EAFNOSUPPORT && IN6_IS_ADDR_UNSPECIFIED(&address->sin6_addr)) {
		union any_address all = {.v4 = {AF_INET, address->sin6_port, {INADDR_ANY}, {0}}};
		struct sockaddr_in6 mapped;

		to_v6(&all, &mapped);
		fd = listen_on(&mapped);
	}
	address_text(address, text);
	if (fd < 0)
		return refuse("cannot listen on %s: %s%s", text, strerror(errno), remedy(errno));
	*out_socket = fd;
	return failure_none();
}

int listener_accept(int listener, struct sockaddr_in6 *out_from)
{
	union any_address from = {0};
	socklen_t len = sizeof(from);
	int fd = accept4(listener, &from.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0)
		to_v6(&from, out_from);
	return fd;
}

void listener_address(int listener, struct sockaddr_in6 *out)
{
	union any_address a = {0};
	socklen_t len = sizeof(a);

	getsockname(listener, &a.any, &len);
	to_v6(&a, out);
}

int listener_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}
