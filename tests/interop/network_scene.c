/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/network_scene.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 32

void scene_run(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command)) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

bool scene_shows(const char *command, const char *text)
{
	char output[4096];
	FILE *f = popen(command, "r");
	size_t n;

	if (!f)
		return false;
	n = fread(output, 1, sizeof(output) - 1, f);
	output[n] = '\0';
	pclose(f);
	if (!strstr(output, text))
		fprintf(stderr, "%s: no \"%s\" in:\n%s", command, text, output);
	return strstr(output, text) != NULL;
}

static pid_t start_server(void (*body)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		body();
		_exit(1);
	}
	return pid;
}

static void stop_server(pid_t pid)
{
	if (pid > 0) {
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
	}
}

void scene_link(pid_t node, const char *name)
{
	scene_run("ip link add v0 type veth peer name %s netns %d", name, (int)node);
	scene_run("ip addr add 10.9.0.1/24 dev v0");
	scene_run("ip -6 addr add fd00:9::1/64 dev v0 nodad");
	scene_run("ip link set v0 up");
}

static void make_links(const struct scene *s, pid_t node)
{
	if (s->links)
		s->links(node);
	else
		scene_link(node, "eth0");
}

void scene_delay(unsigned ms)
{
	(void)poll(NULL, 0, (int)ms);
}

/* The node's process: says that its namespace is there, and waits for the network to be made. */
static void play_node(const struct scene *s, int ready, int go)
{
	char byte = 0;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNET) || write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1)
		_exit(2);
	*s->failures = 0;
	_exit(s->node() && !*s->failures ? 0 : 1);
}

bool scene_play(const struct scene *s)
{
	int ready[2], go[2], status = -1;
	pid_t node, server = -1;
	char byte = 0;

	if (pipe(ready) || pipe(go))
		return false;
	node = fork();
	if (node == 0)
		play_node(s, ready[1], go[0]);
	if (read(ready[0], &byte, 1) != 1)
		return false;
	if (!s->no_link && !s->link_delay_ms)
		make_links(s, node);
	if (s->server && !s->server_delay_ms && !s->link_delay_ms)
		server = start_server(s->server);
	if (write(go[1], &byte, 1) != 1)
		return false;
	if (s->link_delay_ms) {
		scene_delay(s->link_delay_ms);
		make_links(s, node);
	}
	if (s->server_delay_ms || s->link_delay_ms) {
		scene_delay(s->server_delay_ms);
		server = start_server(s->server);
	}
	waitpid(node, &status, 0);
	stop_server(server);
	(void)!system("for l in v0 q0 q1; do ip link del $l; done 2>/dev/null");
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(go[i]);
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool scene_reaches(const char *address)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(1)};
	struct timeval limit = {.tv_sec = 3};
	int fd = socket(AF_INET6, SOCK_STREAM, 0), r;

	(void)inet_pton(AF_INET6, address, &to.sin6_addr);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	r = connect(fd, (struct sockaddr *)&to, sizeof(to));
	close(fd);
	return r < 0 && errno == ECONNREFUSED;
}

void scene_namespace(void)
{
	if (unshare(CLONE_NEWNET)) {
		perror("a network namespace of our own");
		exit(1);
	}
}

void scene_dnsmasq(const char *const *words)
{
	static const char *const common[] = {"dnsmasq", "--no-daemon", "--conf-file=/dev/null",
		"--port=0", "--interface=v0", "--bind-interfaces", "--user=root", "--leasefile-ro",
		"--no-ping", "--log-facility=-"};
	const char *all[WORDS_MAX + 1] = {NULL};
	size_t count = sizeof(common) / sizeof(common[0]);

	memcpy(all, common, sizeof(common));
	while (*words && count < WORDS_MAX)
		all[count++] = *words++;
	if (!freopen("/dev/null", "w", stderr))
		_exit(1);
	/* execvp() takes pointers to what it does not change. */
	execvp(all[0], (char *const *)(uintptr_t)all);
}
