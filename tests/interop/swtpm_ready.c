/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/swtpm_ready.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define TRIES  6000
#define NAP_NS 20000000

static bool takes_connections(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good;

	if (fd < 0)
		return false;
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	good = connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
	close(fd);
	return good;
}

bool swtpm_ready(const char *path)
{
	char control[sizeof(((struct sockaddr_un *)0)->sun_path)];

	if (snprintf(control, sizeof(control), "%s.ctrl", path) >= (int)sizeof(control)) {
		fprintf(stderr, "%s: too long for a socket\n", path);
		return false;
	}
	for (int i = 0; i < TRIES; i++) {
		if (takes_connections(path) && takes_connections(control))
			return true;
		nanosleep(&(struct timespec){0, NAP_NS}, NULL);
	}
	fprintf(stderr, "no swtpm listens at %s\n", path);
	return false;
}
