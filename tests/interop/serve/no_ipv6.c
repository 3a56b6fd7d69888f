/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Preloaded into the service: a kernel that was started with ipv6.disable=1. */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int socket(int family, int type, int protocol)
{
	int (*real)(int, int, int);
	void *found = dlsym(RTLD_NEXT, "socket");

	if (family == AF_INET6) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	memcpy(&real, &found, sizeof(real));
	return real(family, type, protocol);
}
