/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG	      8
#define SYSTEMD_FIRST 3 /* sd_listen_fds(3) */

static bool is_unix_stream(int fd, int listens)
{
	int domain = 0, type = 0, listening = 0;
	socklen_t len = sizeof(int);

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) && domain == AF_UNIX &&
	       !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) && type == SOCK_STREAM &&
	       !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) &&
	       listening == listens && !fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) &&
	       !fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* A socket where nobody answers: it was left behind. What is no socket refuses connections, too. */
static bool left_behind(const struct sockaddr_un *address)
{
	struct stat st;
	bool refused;
	int fd;

	if (lstat(address->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	refused = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) &&
		  errno == ECONNREFUSED;
	if (fd >= 0)
		close(fd);
	return refused;
}

static bool bind_to(int fd, const struct sockaddr_un *address)
{
	const struct sockaddr *at = (const struct sockaddr *)address;

	if (!bind(fd, at, sizeof(*address)))
		return true;
	if (errno != EADDRINUSE || !left_behind(address) || unlink(address->sun_path))
		return false;
	return !bind(fd, at, sizeof(*address));
}

/* Others can come in only where another user than this one is named, and who they are is looked at.
 */
static struct failure listen_at(const struct keys_options *o, int fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask = umask(o->users.count > 1 ? 0111 : 0177);
	bool bound;

	if (strlen(o->socket) >= sizeof(address.sun_path)) {
		umask(mask);
		return refuse("%s: the path of a socket is too long", o->socket);
	}
	memcpy(address.sun_path, o->socket, strlen(o->socket) + 1);
	bound = bind_to(fd, &address);
	umask(mask);
	if (!bound || listen(fd, BACKLOG))
		return refuse("%s: cannot be listened on: %s", o->socket, strerror(errno));
	return failure_none();
}

static struct failure own_listener(const struct keys_options *o, int *out)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct failure f;

	if (fd < 0)
		return refuse("no socket: %s", strerror(errno));
	f = listen_at(o, fd);
	if (f.happened)
		close(fd);
	else
		*out = fd;
	return f;
}

/* The one socket that systemd's unit has (protostar-keys.socket). */
static struct failure systemd_listener(int *out)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");

	if (!pid || !count || strtol(pid, NULL, 10) != getpid())
		return refuse("give --socket: systemd hands over none");
	if (strcmp(count, "1") != 0 || !is_unix_stream(SYSTEMD_FIRST, 1))
		return refuse("systemd must hand over one Unix socket that listens "
			      "(ListenStream=, Accept=no)");
	*out = SYSTEMD_FIRST;
	return failure_none();
}

struct failure keys_socket_open(const struct keys_options *o, struct keys_socket *out)
{
	*out = (struct keys_socket){-1, -1};
	if (!o->connected)
		return o->socket ? own_listener(o, &out->listener)
				 : systemd_listener(&out->listener);
	if (!is_unix_stream(STDIN_FILENO, 0))
		return refuse("standard input is no connection: protostar serve starts it so");
	out->connected = STDIN_FILENO;
	/* It ends with its connection, after what a terminal or systemd says to the whole group. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	return failure_none();
}
