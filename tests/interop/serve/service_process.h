/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `protostar serve` as a process of its own, with a folder of its own, on a free port of the
 * loopback interface.
 */
#ifndef TESTS_INTEROP_SERVE_SERVICE_PROCESS_H
#define TESTS_INTEROP_SERVE_SERVICE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct service_process {
	const char *program; /* the protostar command */
	char folder[128], state[160], policy[160], log[160];
	pid_t pid;
	uint16_t port;
	uint8_t pin[32];
	unsigned reloads; /* since it started; counted by who asks for them */
};

/* Where things lie; nothing is started. */
void service_at(struct service_process *s, const char *program, const char *folder);
void service_policy(const struct service_process *s, const char *json);
/*
 * Starts and waits until it listens; extra is NULL-terminated further options, or NULL. False when
 * it ended instead. With --json its log can be searched by service_logged().
 */
bool service_start(struct service_process *s, const char *const *extra);
/* The same with these arguments alone, NULL-terminated. */
bool service_spawn(struct service_process *s, const char *const *args);
/* The same, and whatever there is of a state folder stays as it is. */
bool service_spawn_as_it_is(struct service_process *s, const char *const *args);
/* Sends a signal and waits for the end; the exit code, or -1 when a signal ended it. */
int service_stop(struct service_process *s, int signal);
/* True once the log holds the text; waits for it up to 5 s. */
bool service_logged(const struct service_process *s, const char *text);
/* True when it holds it already. */
bool service_logged_now(const struct service_process *s, const char *text);
/* Runs protostar with NULL-terminated arguments, output to a file; its exit code. */
int service_run(const struct service_process *s, const char *output, const char *const *args);
/* The same in two steps: the process that was started, and its exit code, -1 after a signal. */
pid_t service_launch(const struct service_process *s, const char *output, const char *const *args);
int service_wait(pid_t pid);
/* How often a file of the state folder holds the text. */
unsigned service_count(const struct service_process *s, const char *file, const char *text);
/* Kibibytes of memory in use. */
unsigned long service_memory(const struct service_process *s);
/* A port of the loopback that nobody listened on a moment ago. */
uint16_t service_free_port(void);

#endif
