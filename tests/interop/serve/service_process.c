/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/serve/service_process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/lib/hex.h"

#define ARGS_MAX 24

static void nap(void)
{
	nanosleep(&(struct timespec){0, 20000000}, NULL);
}

void service_at(struct service_process *s, const char *program, const char *folder)
{
	memset(s, 0, sizeof(*s));
	s->program = program;
	snprintf(s->folder, sizeof(s->folder), "%s", folder);
	snprintf(s->state, sizeof(s->state), "%s/state", folder);
	snprintf(s->policy, sizeof(s->policy), "%s/policy.json", folder);
	snprintf(s->log, sizeof(s->log), "%s/log", folder);
}

void service_policy(const struct service_process *s, const char *json)
{
	FILE *f = fopen(s->policy, "w");

	if (!f || fputs(json, f) < 0 || fclose(f) || chmod(s->policy, 0644)) {
		perror(s->policy);
		exit(1);
	}
}

/*
 * The address sanitizer's leak check cannot trace a process that forbids core dumps, and it wants
 * to be loaded before anything preloaded.
 */
static void become(const char *program, const char *const *args, const char *output)
{
	char *argv[ARGS_MAX + 2] = {strdup(program)};
	int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (size_t i = 0; args[i] && i < ARGS_MAX; i++)
		argv[i + 1] = strdup(args[i]);
	/* It ends with the test, whatever ends that. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		_exit(126);
	setenv("ASAN_OPTIONS", "detect_leaks=0:verify_asan_link_order=0", 1);
	execv(program, argv);
	_exit(127);
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 1 << 22);

	if (f && text)
		text[fread(text, 1, (1 << 22) - 1, f)] = 0;
	if (f)
		fclose(f);
	return text;
}

/* {"event":"started","address":"127.0.0.1:PORT","pin":"..."} */
static bool read_start(struct service_process *s)
{
	static const char key[] = "\"event\":\"started\",\"address\":\"";
	char *text = read_file(s->log);
	char *address = text ? strstr(text, key) : NULL;
	char *pin = address ? strstr(address, "\"pin\":\"") : NULL;
	bool good = pin && strchr(pin, '\n');

	if (good) {
		address[strlen(key) + strcspn(address + strlen(key), "\"")] = 0;
		s->port = (uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10);
		good = hex_decode_text(pin + 7, 64, s->pin, 32);
	}
	free(text);
	return good;
}

/* The state folder of a first start. */
static void init(const struct service_process *s)
{
	const char *const args[] = {"serve", "--state", s->state, "--init", NULL};
	struct stat st;

	if (stat(s->state, &st))
		(void)service_run(s, s->log, args);
}

bool service_spawn(struct service_process *s, const char *const *args)
{
	init(s);
	return service_spawn_as_it_is(s, args);
}

bool service_spawn_as_it_is(struct service_process *s, const char *const *args)
{
	s->reloads = 0;
	unlink(s->log); /* an earlier run's start must not be taken for this one's */
	s->pid = fork();
	if (s->pid == 0)
		become(s->program, args, s->log);
	for (int i = 0; i < 1500; i++) {
		if (read_start(s))
			return true;
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid)
			break;
		nap();
	}
	s->pid = 0;
	return false;
}

bool service_start(struct service_process *s, const char *const *extra)
{
	const char *args[ARGS_MAX] = {"serve", "--state", s->state, "--policy", s->policy,
		"--listen", "127.0.0.1:0", "--json"};
	size_t n = 8;

	while (extra && *extra && n < ARGS_MAX - 1)
		args[n++] = *extra++;
	return service_spawn(s, args);
}

static int exit_code(int how)
{
	return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

int service_stop(struct service_process *s, int signal)
{
	int how = 0;

	if (s->pid <= 0)
		return -1;
	kill(s->pid, signal);
	waitpid(s->pid, &how, 0);
	s->pid = 0;
	return exit_code(how);
}

bool service_logged_now(const struct service_process *s, const char *text)
{
	char *log = read_file(s->log);
	bool found = log && strstr(log, text);

	free(log);
	return found;
}

bool service_logged(const struct service_process *s, const char *text)
{
	for (int i = 0; i < 250; i++) {
		if (service_logged_now(s, text))
			return true;
		nap();
	}
	return false;
}

pid_t service_launch(const struct service_process *s, const char *output, const char *const *args)
{
	pid_t pid = fork();

	if (pid == 0)
		become(s->program, args, output);
	return pid;
}

int service_wait(pid_t pid)
{
	int how = 0;

	waitpid(pid, &how, 0);
	return exit_code(how);
}

int service_run(const struct service_process *s, const char *output, const char *const *args)
{
	return service_wait(service_launch(s, output, args));
}

unsigned service_count(const struct service_process *s, const char *file, const char *text)
{
	char path[256];
	char *all;
	unsigned n = 0;

	snprintf(path, sizeof(path), "%s/%s", s->state, file);
	all = read_file(path);
	for (const char *at = all; at && (at = strstr(at, text)); at++)
		n++;
	free(all);
	return n;
}

unsigned long service_memory(const struct service_process *s)
{
	char path[64];
	char *text, *line;
	unsigned long kib = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", s->pid);
	text = read_file(path);
	line = text ? strstr(text, "VmRSS:") : NULL;
	if (line)
		kib = strtoul(line + 6, NULL, 10);
	free(text);
	return kib;
}

uint16_t service_free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) ||
		getsockname(fd, (struct sockaddr *)&a, &len))
		exit(1);
	close(fd);
	return ntohs(a.sin_port);
}
