/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/keys/key_link.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SELF	      "/proc/self/exe"
#define WORDS_MAX     16
#define PATIENCE_MS   1000 /* for a child that ends by itself */
#define LOOK_EVERY_MS 10

static struct failure connect_to(const char *path, struct key_link *out)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return refuse("%s: the path of a socket is too long", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return refuse("no socket: %s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address))) {
		struct failure f = refuse("%s: no key service listens: %s", path, strerror(errno));

		close(fd);
		return f;
	}
	*out = (struct key_link){.fd = fd};
	return failure_none();
}

static void add(const char *words[WORDS_MAX], size_t *count, const char *name, const char *value)
{
	if (!value)
		return;
	words[(*count)++] = name;
	words[(*count)++] = value;
}

static void command_line(const struct key_place *place, bool create, const char *words[WORDS_MAX])
{
	size_t count = 0;

	words[count++] = "protostar";
	words[count++] = "keys";
	words[count++] = "--connected";
	add(words, &count, "--kek", place->kek);
	add(words, &count, "--passphrase-file", place->passphrase_file);
	add(words, &count, "--tenant", place->tenant);
	if (create)
		words[count++] = "--create";
	if (place->token_network)
		words[count++] = "--token-network";
	words[count] = NULL;
}

/*
 * The connection is its standard input; its messages go where ours go. Signals that we read from a
 * descriptor are signals for it.
 */
static int spawn(const struct key_place *place, const char *const words[], int fd, pid_t *out_child)
{
	const char *program = place->program ? place->program : SELF;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int error;

	sigemptyset(&none);
	if (posix_spawn_file_actions_init(&actions) || posix_spawnattr_init(&attributes))
		return ENOMEM;
	error = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	if (!error)
		error = posix_spawnattr_setsigmask(&attributes, &none);
	if (!error)
		error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	if (!error)
		error = posix_spawn(out_child, program, &actions, &attributes,
			(char *const *)(uintptr_t)words, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static struct failure start_child(const struct key_place *place, bool create, struct key_link *out)
{
	const char *words[WORDS_MAX];
	int ends[2], error;
	pid_t child = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return refuse("no socket: %s", strerror(errno));
	command_line(place, create, words);
	error = spawn(place, words, ends[1], &child);
	close(ends[1]);
	if (error) {
		close(ends[0]);
		return refuse("the key service cannot be started: %s", strerror(error));
	}
	*out = (struct key_link){.fd = ends[0], .child = child};
	return failure_none();
}

struct failure key_link_open(const struct key_place *place, bool create, struct key_link *out)
{
	return place->socket ? connect_to(place->socket, out) : start_child(place, create, out);
}

/* Its connection is closed: it ends, unless a token keeps it. */
static void reap(pid_t child)
{
	const struct timespec while_ = {.tv_nsec = LOOK_EVERY_MS * 1000000L};

	for (int waited = 0; waited < PATIENCE_MS; waited += LOOK_EVERY_MS) {
		if (waitpid(child, NULL, WNOHANG) != 0)
			return;
		nanosleep(&while_, NULL);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

void key_link_close(struct key_link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	if (l->child)
		reap(l->child);
	*l = (struct key_link){.fd = -1};
}
