/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/tpm_socket.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "tools/run/machine.h"

bool tpm_socket_listens(int folder)
{
	/* By way of its folder: the socket's own path may be longer than connect() takes. */
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool listens;

	snprintf(at.sun_path, sizeof(at.sun_path), "/proc/self/fd/%d/" TPM_SOCKET, folder);
	listens = fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
	if (fd >= 0)
		close(fd);
	return listens;
}

void tpm_socket_remove(int folder)
{
	unlinkat(folder, TPM_SOCKET, 0);
}
